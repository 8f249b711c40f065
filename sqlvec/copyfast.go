package sqlvec

import (
	"io"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/formats/charset"
	"driftdb/internal/formats/copytext"
	"driftdb/internal/formats/textin"
	"driftdb/internal/vec"
)

// text opens the data and decodes them.
func (c *copyRows) text() (io.Reader, error) {
	in, err := c.open()
	if err == nil && c.o.encoding != "" {
		in = charset.Reader(in, c.o.encoding)
	}
	return in, err
}

// fast reports whether the reader of import can begin: it gives PostgreSQL's answer for text and CSV in their usual
// forms, and an error where those end.
func (c *copyRows) fast() bool {
	o := c.o
	return c.again && len(c.cols) > 0 && !strings.ContainsRune(`\.`, rune(o.Delim)) && (!o.CSV || o.Escape == o.Quote && !strings.ContainsRune(`\.`, rune(o.Quote)))
}

// streamFast reads with several goroutines, as import does, and returns how many rows it has handed on. done says that
// these are all; else the exact reader goes on behind them, or says what is wrong there.
func (c *copyRows) streamFast(fn func(*colstore.Group) error) (rows int64, done bool, err error) {
	if !c.fast() {
		return 0, false, nil
	}
	header, err := c.probe()
	if err != nil {
		return 0, false, nil // the exact reader meets it again, and says where
	}
	in, err := c.text()
	if err != nil {
		return 0, false, err
	}
	cols := make([]textin.Column, len(c.cols))
	for i, col := range c.cols {
		cols[c.field(i)] = textin.Column{Name: col.Name, Type: col.Type}
	}
	f, err := textin.Open(in, c.textOptions(header, cols))
	if err != nil {
		return 0, false, nil
	}
	defer f.Close()
	if err := f.Read(c.scanning, cols); err != nil {
		return 0, false, err
	}
	for {
		b, err := f.Next()
		switch {
		case err == io.EOF:
			return rows, true, nil
		case c.scanning.Err() != nil:
			return rows, false, err
		case err != nil:
			return rows, false, nil
		}
		rows += int64(b.N)
		g := &colstore.Group{N: b.N, Cols: make([]vec.Vec, len(c.spec.Columns))}
		for i, id := range c.spec.Columns {
			g.Cols[i] = b.Cols[c.field(int(id))]
		}
		if err := fn(g); err != nil {
			return rows, false, err
		}
		b.Release()
	}
}

// field is which field of a row a column is.
func (c *copyRows) field(col int) int {
	if c.order == nil {
		return col
	}
	return c.order[col]
}

// probe looks whether the first line is a header, and checks one that must have the names of the columns.
func (c *copyRows) probe() (header bool, err error) {
	if !c.o.match && !c.o.mayHaveHeader() {
		return c.o.header, nil
	}
	in, err := c.text()
	if err != nil {
		return false, err
	}
	rd := copytext.NewReader(in, c.o.Options)
	if c.o.match {
		return true, c.header(rd)
	}
	if _, err := c.begin(rd); err != nil && err != io.EOF {
		return false, err
	}
	return c.order != nil, nil
}

// textOptions are the options of the fast reader, for the columns in the order of the fields.
func (c *copyRows) textOptions(header bool, cols []textin.Column) textin.Options {
	rules := &textin.CopyRules{Header: header}
	for _, col := range cols {
		rules.Names = append(rules.Names, col.Name)
		rules.ForceNull = append(rules.ForceNull, c.o.forceNull[col.Name])
		rules.NotNull = append(rules.NotNull, c.o.forceText[col.Name])
	}
	if !c.o.CSV {
		rules.Unescape = copytext.Unescape
	}
	return textin.Options{
		NoQuote: !c.o.CSV,
		Format:  textin.CSV, Delim: c.o.Delim, Quote: c.o.Quote, Null: &c.o.Null, NoHeader: true, Encoding: charset.UTF8,
		Types: c.ctx, Copy: rules, BlockBytes: c.blockBytes,
	}
}
