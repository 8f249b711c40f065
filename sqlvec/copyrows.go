package sqlvec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/formats/copytext"
	"driftdb/internal/formats/textin"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/plan"
)

// copyRows is the data of a COPY FROM in text or csv, as rows of the table's columns. It can be
// scanned once. It implements bind.Source, plan.Rows and plan.Streamer.
type copyRows struct {
	open  func() (io.Reader, error)
	again bool // open gives the text from its beginning each time
	o     *copyOptions
	table *colstore.Table
	cols  []*colstore.Column
	ctx   types.Context
	spec  colstore.ScanSpec

	scanning   context.Context // of the scan
	blockBytes int             // that the fast reader takes at a time, 0 for the usual number
	order      []int           // which field each column is, nil for their order
}

// Columns implements bind.Source.
func (c *copyRows) Columns() []files.Column {
	out := make([]files.Column, len(c.cols))
	for i, col := range c.cols {
		out[i] = files.Column{Name: col.Name, Type: col.Type}
	}
	return out
}

// Open implements plan.Source.
func (c *copyRows) Open(ctx context.Context, spec colstore.ScanSpec) (plan.Rows, error) {
	c.spec, c.scanning = spec, ctx
	return c, nil
}

// Groups implements plan.Rows.
func (c *copyRows) Groups() int { return 1 }

// GroupRows implements plan.Rows. The number is not known.
func (c *copyRows) GroupRows(int) int { return 1 << 20 }

// Load implements plan.Rows: the rows are streamed.
func (c *copyRows) Load(int, *colstore.Group) error { return dberr.Bug("COPY data are streamed") }

// Close implements plan.Rows.
func (c *copyRows) Close() {}

// Stream implements plan.Streamer.
func (c *copyRows) Stream(_ int, fn func(*colstore.Group) error) error {
	skip, done, err := c.streamFast(fn)
	if done || err != nil {
		return err
	}
	return c.streamExact(skip, fn)
}

// streamExact reads by the rules of PostgreSQL, whatever the data are. The first skip rows are not handed on.
func (c *copyRows) streamExact(skip int64, fn func(*colstore.Group) error) error {
	in, err := c.text()
	if err != nil {
		return err
	}
	rd := copytext.NewReader(in, c.o.Options)
	fields, err := c.begin(rd)
	for ; err == nil && skip > 0; skip-- {
		fields, err = rd.Next()
	}
	ts := make([]types.Type, len(c.spec.Columns))
	for i, id := range c.spec.Columns {
		ts[i] = c.cols[id].Type
	}
	set, values, all := newRowSet(ts), make([]types.Value, len(ts)), make([]types.Value, len(c.cols))
	for ; err == nil; fields, err = rd.Next() {
		if err := c.parse(rd, fields, all); err != nil {
			return err
		}
		for i, id := range c.spec.Columns {
			values[i] = all[id]
		}
		if err := set.appendValues(values); err != nil {
			return c.place(err, rd, "", nil)
		}
		if set.n == vec.BatchRows {
			b := set.batch()
			if err := fn(&colstore.Group{N: b.N, Cols: b.Cols}); err != nil {
				return err
			}
			set = newRowSet(ts)
		}
	}
	if err != io.EOF {
		return c.place(err, rd, "", nil)
	}
	b := set.batch()
	if b.N == 0 {
		return nil
	}
	return fn(&colstore.Group{N: b.N, Cols: b.Cols})
}

// begin returns the fields of the first row, which stands behind the header if there is one.
func (c *copyRows) begin(rd *copytext.Reader) ([]copytext.Field, error) {
	if err := c.header(rd); err != nil {
		return nil, err
	}
	fields, err := rd.Next()
	if err != nil || !c.o.mayHaveHeader() {
		return fields, err
	}
	texts, names := make([]string, len(fields)), make([]string, len(c.cols))
	for i, f := range fields {
		texts[i] = string(f.Text)
	}
	for i, col := range c.cols {
		names[i] = col.Name
	}
	if c.order = textin.HeaderOrder(texts, names); c.order == nil {
		return fields, nil
	}
	return rd.Next()
}

// header passes the first line, and compares it where the statement says so.
func (c *copyRows) header(rd *copytext.Reader) error {
	if !c.o.header {
		return nil
	}
	fields, err := rd.Next()
	if err == io.EOF {
		fields, err = make([]copytext.Field, 1), nil // nothing is one empty field
	}
	if err != nil || !c.o.match {
		return err
	}
	if len(fields) != len(c.cols) {
		return dberr.Newf(dberr.BadCopyFileFormat, "wrong number of fields in header line: got %d, expected %d", len(fields), len(c.cols))
	}
	for i, f := range fields {
		switch {
		case f.Null:
			return dberr.Newf(dberr.BadCopyFileFormat, "column name mismatch in header line field %d: got null value (\"%s\"), expected \"%s\"", i+1, c.o.Null, c.cols[i].Name)
		case string(f.Text) != c.cols[i].Name:
			return dberr.Newf(dberr.BadCopyFileFormat, "column name mismatch in header line field %d: got \"%s\", expected \"%s\"", i+1, f.Text, c.cols[i].Name)
		}
	}
	return nil
}

// parse makes values of a row's fields.
func (c *copyRows) parse(rd *copytext.Reader, fields []copytext.Field, values []types.Value) error {
	if raw, _ := rd.Raw(); !utf8.Valid(raw) {
		return c.place(checkEncoding(raw), rd, "", nil)
	}
	if len(fields) > len(c.cols) {
		return c.place(dberr.New(dberr.BadCopyFileFormat, "extra data after last expected column"), rd, "", nil)
	}
	for i, col := range c.cols {
		if i >= len(fields) {
			return c.place(dberr.Newf(dberr.BadCopyFileFormat, "missing data for column \"%s\"", col.Name), rd, "", nil)
		}
		f := fields[c.field(i)]
		switch {
		case f.Null:
			f.Null = !c.o.forceText[col.Name]
		case c.o.forceNull[col.Name]:
			f.Null = string(f.Text) == c.o.Null
		}
		if f.Null {
			values[i] = types.NullOf(col.Type)
			continue
		}
		if err := checkEncoding(f.Text); err != nil {
			return c.place(err, rd, "", nil)
		}
		v, err := c.ctx.Parse(string(f.Text), col.Type)
		if err != nil {
			return c.place(err, rd, col.Name, f.Text)
		}
		values[i] = v
	}
	return nil
}

// checkEncoding refuses bytes that are not UTF-8.
func checkEncoding(text []byte) error {
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return nil
	}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if text[at] == 0 || r == utf8.RuneError && size == 1 {
			return dberr.Newf(dberr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x%02x", text[at])
		}
		at += size
	}
	return nil
}

// maxShownData is how many bytes of a value or line an error shows.
const maxShownData = 100

// place is an error with COPY's context: the line, and the column and its text or the line's text.
func (c *copyRows) place(err error, rd *copytext.Reader, column string, text []byte) error {
	var e *dberr.Error
	if !errors.As(err, &e) || e.Context != "" {
		return err
	}
	at := *e
	at.Context = fmt.Sprintf("COPY %s, line %d", c.table.Name, rd.Line())
	switch raw, ok := rd.Raw(); {
	case column != "":
		at.Context += ", column " + column + ": \"" + shorten(text) + "\""
	case ok && utf8.Valid(raw):
		at.Context += ": \"" + shorten(raw) + "\""
	}
	return &at
}

// shorten cuts text for an error, between characters.
func shorten(text []byte) string {
	if len(text) <= maxShownData {
		return string(bytes.ToValidUTF8(text, []byte("?")))
	}
	n := maxShownData
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return string(bytes.ToValidUTF8(text[:n], []byte("?"))) + "..."
}
