// Package term reads what a person types at a terminal.
//
// An Editor edits one entry of one or several lines, with history, completion and colours. There are
// two: New gives the full one where the terminal can do it, and a plain one for terminals without
// cursor movement (TERM=dumb) or whose output goes elsewhere.
//
// Ctrl-C gives up the entry (ErrInterrupted), Ctrl-D on an empty entry ends the input (io.EOF). The terminal is
// in raw mode only while an entry is typed.
package term
