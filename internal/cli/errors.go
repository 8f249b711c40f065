package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"driftdb/internal/dberr"
)

// statementError is an error of a statement, with the text its position points into.
type statementError struct {
	err  error
	text string // the statement
	line int    // line of the script on which text begins, from 1
	file string // "" when not from a file
}

func (s *statementError) Error() string { return s.err.Error() }
func (s *statementError) Unwrap() error { return s.err }

func writeUsage(w io.Writer, err error) {
	fmt.Fprintf(w, "driftdb: %s\nTry 'driftdb help'.\n", usageText(err))
}

// usageText is an error's text, in which what strconv says of numbers is said for people.
func usageText(err error) string {
	text := strings.TrimRight(err.Error(), "\n")
	var number *strconv.NumError
	if !errors.As(err, &number) {
		return text
	}
	what := "is no whole number"
	if errors.Is(number.Err, strconv.ErrRange) {
		what = "is out of range"
	}
	return strings.Replace(text, number.Error(), fmt.Sprintf("%q %s", number.Num, what), 1)
}

// report writes an error as psql does and returns the exit status it means.
func report(w io.Writer, err error) int {
	var in *statementError
	if errors.As(err, &in) && in.file != "" {
		fmt.Fprintf(w, "%s:%d: ", in.file, in.line)
	}
	var e *dberr.Error
	if !errors.As(err, &e) {
		fmt.Fprintf(w, "ERROR:  %v\n", plain(err))
		return exitFailed
	}
	fmt.Fprintf(w, "ERROR:  %s\n", e.Error())
	if in != nil && e.Pos > 0 {
		io.WriteString(w, pointAt(in.text, e.Pos, in.line))
	}
	for _, part := range []struct{ name, text string }{{"DETAIL", e.Detail}, {"HINT", e.Hint}, {"CONTEXT", contextOf(err, e)}, {"SQLSTATE", e.Code}} {
		if part.text != "" {
			fmt.Fprintf(w, "%s:  %s\n", part.name, part.text)
		}
	}
	if dberr.IsCorruption(err) {
		return exitDamaged
	}
	return exitFailed
}

// reportColored is report for a terminal: what went wrong is red, what may help is cyan.
func reportColored(w io.Writer, err error, color bool) {
	if !color {
		report(w, err)
		return
	}
	var text strings.Builder
	report(&text, err)
	for _, line := range strings.SplitAfter(text.String(), "\n") {
		head, rest, ok := strings.Cut(line, ":  ")
		sgr := map[string]string{"ERROR": "31;1", "HINT": "36", "DETAIL": "1", "SQLSTATE": "90", "CONTEXT": "90"}[head]
		if ok && sgr != "" {
			line = "\x1b[" + sgr + "m" + head + ":\x1b[0m  " + rest
		}
		io.WriteString(w, line)
	}
}

// plain is the error without the wrapping that only says which statement it came from.
func plain(err error) error {
	var in *statementError
	if errors.As(err, &in) {
		err = in.err
	}
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
}

// contextOf says where in an imported file an error is.
func contextOf(err error, e *dberr.Error) string {
	var in *importError
	if !errors.As(err, &in) {
		return e.Context
	}
	where := in.file
	if where == "-" {
		where = "standard input"
	}
	if e.Line > 0 {
		where += fmt.Sprintf(", line %d", e.Line)
	}
	if e.Line > 0 && e.Column != "" {
		where += ", column " + e.Column
	}
	return where
}

// maxShown is how many columns of a statement's line are shown around a position.
const maxShown = 100

// pointAt returns the line of text that the 1-based byte position pos stands on, and a caret below
// the position. firstLine is the number of text's first line.
func pointAt(text string, pos, firstLine int) string {
	at := min(pos-1, len(text))
	start := strings.LastIndexByte(text[:at], '\n') + 1
	end := len(text)
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		end = at + n
	}
	line := firstLine + strings.Count(text[:start], "\n")
	before, after := clean(text[start:at]), clean(text[at:end])
	if over := utf8.RuneCountInString(before) - maxShown*2/3; over > 0 {
		before = "..." + string([]rune(before)[over+3:])
	}
	if runes := []rune(after); len(runes) > maxShown/2 {
		after = string(runes[:maxShown/2]) + "..."
	}
	head := fmt.Sprintf("LINE %d: ", line)
	return head + before + after + "\n" + strings.Repeat(" ", len(head)+runewidth.StringWidth(before)) + "^\n"
}

// clean makes text safe to show on a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}
