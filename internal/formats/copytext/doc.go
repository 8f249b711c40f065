// Package copytext reads and writes rows in the text and CSV formats of PostgreSQL's COPY, to the
// letter: its escapes, its rules of quotes and NULLs, its errors.
//
// Text: a line a row, fields separated by Options.Delim (tab), NULL as Options.Null (\N).
// Backslash begins \b \f \n \r \t \v, up to three octal digits, x and up to two hexadecimal
// digits; before any other character it stands for that one. A line \. ends the data.
//
// CSV: fields may stand between Options.Quote; inside, Options.Escape before a quote or an escape
// stands for it. Line breaks inside quotes are data. NULL is Options.Null (nothing), unquoted.
//
// It is for COPY, whose users compare with PostgreSQL; internal/formats/textin is the fast reader
// of files that imports and read_csv stand on, and is stricter.
//
// A Reader and a Writer belong to one goroutine.
package copytext
