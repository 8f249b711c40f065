package textin

import (
	"bytes"
	"errors"
	"fmt"

	"driftdb/internal/dberr"
)

// errorf returns an error about the record that begins at offset at of b.
func (b *block) errorf(at int, column, code, format string, args ...any) *dberr.Error {
	e := dberr.Newf(code, format, args...)
	e.Line = b.lineAt(at)
	e.Column = column
	return e
}

// lineAt is the line of the file that offset at stands on.
func (b *block) lineAt(at int) int { return b.line + bytes.Count(b.data()[:at], []byte{'\n'}) }

// locate returns err with the line and column it is about.
func (b *block) locate(err error, at int, column string) error {
	var e *dberr.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("line %d, column %s: %w", b.lineAt(at), column, err)
	}
	c := *e
	c.Line, c.Column = b.lineAt(at), column
	return &c
}
