package sqlvec

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/formats/arrowio"
	"driftdb/internal/formats/charset"
	"driftdb/internal/formats/copytext"
	"driftdb/internal/formats/parquetio"
	"driftdb/internal/formats/rowtext"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/exec"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/opt"
	"driftdb/sqlvec/parse"
)

// copyTo runs COPY TO.
func (r *run) copyTo(st *parse.Copy, o *copyOptions) error {
	q, err := r.copyQuery(st)
	if err != nil {
		return err
	}
	node, err := r.binder().Query(q)
	if err != nil {
		if st.Table != nil {
			err = withoutPos(err)
		}
		return err
	}
	cols := resultColumns(node)
	if o.partition != nil {
		return r.copyParts(st, o, node, cols)
	}
	if node, err = opt.Optimize(node, r.env); err != nil {
		return err
	}
	rows := int64(0)
	err = r.copyOutput(st, o, func(w io.Writer) error {
		w, end := o.encoded(w)
		out, err := o.writer(w, cols, r.s.Zone(), r.s.set.threads)
		if err != nil {
			return err
		}
		err = exec.Run(r.ctx, node, r.execOptions(), func(b *vec.Batch) error {
			rows += int64(b.Count())
			return out.Write(b)
		})
		if err != nil {
			return err
		}
		if err := out.Close(); err != nil {
			return err
		}
		return end()
	})
	r.result.rows = rows
	r.result.tag = fmt.Sprintf("COPY %d", rows)
	return err
}

// encoded returns a writer of text to w in the encoding of the options, and what ends it.
func (o *copyOptions) encoded(w io.Writer) (io.Writer, func() error) {
	if o.encoding == "" || o.encoding == charset.UTF8 {
		return w, func() error { return nil }
	}
	out := charset.Writer(w, o.encoding)
	return out, out.Close
}

// copyQuery is the query whose rows COPY TO writes.
func (r *run) copyQuery(st *parse.Copy) (*parse.Query, error) {
	if st.Table == nil {
		q, ok := st.Query.(*parse.Query)
		if !ok {
			return nil, dberr.New(dberr.FeatureNotSupported, "COPY of a statement that is not a query is not supported").At(int(st.Position()))
		}
		return q, nil
	}
	sel := &parse.Select{Pos: st.Pos, From: []parse.TableExpr{&parse.TableRef{Pos: st.Table.Pos, Name: *st.Table}}}
	names, err := r.copyColumns(st)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		sel.Items = append(sel.Items, parse.SelectItem{Pos: st.Pos, Expr: &parse.ColumnRef{Pos: st.Pos, Parts: []string{n}}})
	}
	return &parse.Query{Pos: st.Pos, Body: sel}, nil
}

// copyColumns are the columns that COPY TO writes, of the table as the session sees it.
func (r *run) copyColumns(st *parse.Copy) (names []string, err error) {
	err = r.withView(func(v *colstore.View) error {
		t, err := v.Table(r.names().Name(*st.Table))
		if own, ok := r.relation(*st.Table); ok && isTemporary(own) {
			t, err = r.table(*st.Table)
		}
		if dberr.CodeOf(err) == dberr.UndefinedTable {
			err = r.names().NotFound(*st.Table)
		}
		if err != nil {
			return err
		}
		if t.Materialized() {
			return dberr.Newf(dberr.WrongObjectType, "cannot copy from materialized view \"%s\"", t.Name).WithHint("Try the COPY (SELECT ...) TO variant.")
		}
		if t.Kind != colstore.KindTable {
			return dberr.Newf(dberr.WrongObjectType, "cannot copy from view \"%s\"", t.Name).WithHint("Try the COPY (SELECT ...) TO variant.")
		}
		if len(st.Columns) == 0 {
			for _, c := range t.Shown() {
				names = append(names, c.Name)
			}
			return nil
		}
		for _, id := range st.Columns {
			if _, ok := t.ColumnByName(id.Name); !ok {
				return dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", id.Name, t.Name)
			}
			names = append(names, id.Name)
		}
		return nil
	})
	return names, err
}

// copyOutput calls fn with the place that COPY TO writes to. A file is there only when fn succeeds.
func (r *run) copyOutput(st *parse.Copy, o *copyOptions, fn func(w io.Writer) error) error {
	switch {
	case st.Stdio:
	case o.file == files.Parquet || o.file == files.Arrow:
		return files.Create(st.File, fn)
	default:
		return files.CreateText(st.File, o.packing, fn)
	}
	if r.s.copyOut == nil {
		return dberr.New(dberr.FeatureNotSupported, "COPY TO STDOUT has nowhere to write here")
	}
	return fn(r.s.copyOut)
}

// rowWriter writes the rows of a COPY TO.
type rowWriter interface {
	Write(b *vec.Batch) error
	Close() error
}

// writer returns the writer of the COPY's format, which may use so many threads.
func (o *copyOptions) writer(w io.Writer, cols []Column, ctx types.Context, threads int) (rowWriter, error) {
	switch o.file {
	case files.Parquet:
		list := make([]parquetio.Column, len(cols))
		for i, c := range cols {
			list[i] = parquetio.Column{Name: c.Name, Type: c.Type}
		}
		return parquetio.NewWriter(w, list, parquetio.Options{Compression: o.compression, Threads: threads})
	case files.Arrow:
		list := make([]arrowio.Column, len(cols))
		for i, c := range cols {
			list[i] = arrowio.Column{Name: c.Name, Type: c.Type}
		}
		return arrowio.NewFile(w, list)
	case files.JSON:
		return newCopyJSON(w, cols, ctx)
	}
	return o.textWriter(w, cols, ctx)
}

// copyJSON writes an object a line.
type copyJSON struct {
	rowtext.Writer
	buf *bufio.Writer
}

func newCopyJSON(w io.Writer, cols []Column, ctx types.Context) (rowWriter, error) {
	buf := bufio.NewWriterSize(w, 64<<10)
	text, err := rowtext.New("ndjson", buf, ctx)
	if err != nil {
		return nil, err
	}
	list := make([]rowtext.Column, len(cols))
	for i, c := range cols {
		list[i] = rowtext.Column{Name: c.Name, Type: c.Type}
	}
	return copyJSON{text, buf}, text.Begin(list)
}

// Close implements rowWriter.
func (c copyJSON) Close() error {
	if err := c.End(); err != nil {
		return err
	}
	return c.buf.Flush()
}

// copyText writes text or csv.
type copyText struct {
	out   *copytext.Writer
	cols  []Column
	force []bool
	ctx   types.Context
	text  []byte
}

func (o *copyOptions) textWriter(w io.Writer, cols []Column, ctx types.Context) (rowWriter, error) {
	c := &copyText{out: copytext.NewWriter(w, o.Options, len(cols)), cols: cols, ctx: ctx, force: make([]bool, len(cols))}
	for name := range o.forceQuote {
		found := false
		for i := range cols {
			if cols[i].Name == name {
				found, c.force[i] = true, true
			}
		}
		if !found {
			return nil, dberr.Newf(dberr.InvalidColumnReference, "FORCE_QUOTE column \"%s\" not referenced by COPY", name)
		}
	}
	for i := range cols {
		c.force[i] = c.force[i] || o.forceAll
	}
	if !o.header {
		return c, nil
	}
	for _, col := range cols {
		c.out.Field([]byte(col.Name), false)
	}
	return c, c.out.End()
}

// Write implements rowWriter.
func (c *copyText) Write(b *vec.Batch) error {
	for i := range b.N {
		if b.Sel != nil && b.Sel[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		for k := range b.Cols {
			if b.Cols[k].IsNull(i) {
				c.out.Null()
				continue
			}
			c.text = c.ctx.Append(c.text[:0], b.Cols[k].Value(i))
			c.out.Field(c.text, c.force[k])
		}
		if err := c.out.End(); err != nil {
			return writeFailed(err)
		}
	}
	return nil
}

// Close implements rowWriter.
func (c *copyText) Close() error { return writeFailed(c.out.Flush()) }

// writeFailed is the error of COPY's output.
func writeFailed(err error) error {
	if err == nil || strings.HasPrefix(dberr.CodeOf(err), "5") || dberr.CodeOf(err) == dberr.UntranslatableCharacter {
		return err
	}
	return dberr.IO("could not write COPY data", err)
}
