package sqlvec

import (
	"fmt"
	"io"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/parse"
)

// SetCopy says where COPY … FROM STDIN reads and COPY … TO STDOUT writes. Nil refuses the one
// or the other. The reader gives the data of one COPY and then io.EOF.
func (s *Session) SetCopy(in io.Reader, out io.Writer) { s.copyIn, s.copyOut = in, out }

// copyStatement runs COPY.
func (r *run) copyStatement(st *parse.Copy) error {
	if st.Program {
		return dberr.New(dberr.FeatureNotSupported, "COPY from or to a program is not supported").At(int(st.Position()))
	}
	o, err := copyOptionsOf(st)
	if err != nil {
		return err
	}
	if !st.From {
		return r.copyTo(st, o)
	}
	if err := r.mayWrite(); err != nil {
		return err
	}
	return r.copyFrom(st, o)
}

// copyTable finds the table of a COPY and the columns that it names, all when it names none.
func (r *run) copyTable(st *parse.Copy) (*colstore.Table, []*colstore.Column, error) {
	t, err := r.table(*st.Table)
	if err != nil {
		return nil, nil, withoutPos(err)
	}
	if len(st.Columns) == 0 {
		var cols []*colstore.Column
		for i := range t.Columns {
			if !t.Columns[i].Hidden() {
				cols = append(cols, &t.Columns[i])
			}
		}
		return t, cols, nil
	}
	var cols []*colstore.Column
	for _, id := range st.Columns {
		c, ok := t.ColumnByName(id.Name)
		if !ok {
			return nil, nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", id.Name, t.Name)
		}
		if slices.Contains(cols, c) {
			return nil, nil, dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", id.Name)
		}
		cols = append(cols, c)
	}
	return t, cols, nil
}

// withoutPos is an error without a position: COPY's table has none in PostgreSQL.
func withoutPos(err error) error {
	if e, ok := err.(*dberr.Error); ok && e.Pos != 0 {
		c := *e
		c.Pos = 0
		return &c
	}
	return err
}

// copyFrom runs COPY FROM: an INSERT of the rows that the file or standard input has.
func (r *run) copyFrom(st *parse.Copy, o *copyOptions) error {
	t, cols, err := r.copyTable(st)
	if err != nil {
		return err
	}
	if err := o.checkNames(t, cols); err != nil {
		return err
	}
	src, done, err := r.copySource(st, o, t, cols)
	if err != nil {
		return err
	}
	defer done()
	ins := &parse.Insert{Pos: st.Pos, Table: *st.Table, Overriding: parse.OverridingSystem}
	sel := &parse.Select{Pos: st.Pos, From: []parse.TableExpr{&parse.SourceRef{Pos: st.Pos, Name: t.Name, Source: src}}, Where: st.Where}
	for _, c := range cols {
		ins.Columns = append(ins.Columns, parse.Target{Name: c.Name})
		sel.Items = append(sel.Items, parse.SelectItem{Pos: st.Pos, Expr: &parse.ColumnRef{Pos: st.Pos, Parts: []string{c.Name}}})
	}
	ins.Query = &parse.Query{Pos: st.Pos, Body: sel}
	if err := r.insert(ins); err != nil {
		return o.explained(err)
	}
	r.result.tag = fmt.Sprintf("COPY %d", r.result.rows)
	return nil
}

// copySource opens what COPY FROM reads.
func (r *run) copySource(st *parse.Copy, o *copyOptions, t *colstore.Table, cols []*colstore.Column) (bind.Source, func(), error) {
	if o.file != "" {
		return r.copyFile(st, o, cols)
	}
	if o.reads() {
		return r.copyRead(st, o, cols)
	}
	rows := &copyRows{o: o, table: t, cols: cols, ctx: r.s.Zone()}
	if st.Stdio {
		if r.s.copyIn == nil {
			return nil, nil, dberr.New(dberr.FeatureNotSupported, "COPY FROM STDIN has no data to read here")
		}
		rows.open = func() (io.Reader, error) { return r.s.copyIn, nil }
		return rows, func() {}, nil
	}
	text, err := files.OpenText(r.ctx, st.File, o.packing)
	if err != nil {
		return nil, nil, err
	}
	rows.open, rows.again = text.Reader, true
	return rows, func() { text.Close() }, nil
}
