package sqlvec

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/exec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/opt"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// readPartition reads PARTITION_BY: a column or several.
func (o *copyOptions) readPartition(opt parse.Option) error {
	list := []parse.Expr{opt.Value}
	if row, ok := opt.Value.(*parse.RowExpr); ok {
		list = row.Elems
	}
	for _, e := range list {
		lit, ok := e.(*parse.Literal)
		if !ok || lit.Text == "" || slices.Contains(o.partition, lit.Text) {
			return dberr.New(dberr.SyntaxError, "partition_by requires the names of columns, each once").At(int(opt.Position()))
		}
		o.partition = append(o.partition, lit.Text)
	}
	return nil
}

// optionOn is the value of a Boolean option.
func optionOn(opt parse.Option) (bool, error) {
	switch strings.ToLower(optionText(opt)) {
	case "", "true", "on", "1":
		return true, nil
	case "false", "off", "0":
		return false, nil
	}
	return false, dberr.Newf(dberr.SyntaxError, "%s requires a Boolean value", opt.Name).At(int(opt.Position()))
}

// checkPartition checks what PARTITION_BY needs. Its CSV files have a header.
func (o *copyOptions) checkPartition(st *parse.Copy) error {
	name := "partition_by"
	if o.partition == nil {
		name = "overwrite_or_ignore"
	}
	switch {
	case !o.given[name]:
		return nil
	case st.From:
		return dberr.Newf(dberr.FeatureNotSupported, "COPY option \"%s\" is available using COPY TO only", name)
	case st.Stdio:
		return dberr.Newf(dberr.FeatureNotSupported, "COPY option \"%s\" is available for files only", name)
	case o.partition == nil:
		return dberr.New(dberr.SyntaxError, "overwrite_or_ignore requires partition_by")
	}
	if o.CSV && !o.given["header"] {
		o.header = true
	}
	return nil
}

// parts writes the rows of a COPY TO into folders by the values of some columns. The rows come in the order of these
// columns, so one file is open at a time; all get their names when all are written.
type parts struct {
	o       *copyOptions
	folder  string
	cols    []Column // of the query
	by      []int    // among cols, the columns that are folders
	rest    []int    // the others
	zone    types.Context
	threads int

	last []folderValue // of the columns by, in the open file
	text []byte
	out  rowWriter
	end  func() error // what follows out.Close
	done []*files.NewFile
	rows int64
}

// folderValue is the value of a column that is a folder, as text.
type folderValue struct {
	text  string
	valid bool
}

// copyParts runs COPY TO with PARTITION_BY.
func (r *run) copyParts(st *parse.Copy, o *copyOptions, node plan.Node, cols []Column) error {
	p := &parts{o: o, folder: st.File, cols: cols, zone: r.s.Zone(), threads: r.s.set.threads}
	sorted := &plan.Sort{Input: node}
	for _, name := range o.partition {
		at := slices.IndexFunc(cols, func(c Column) bool { return c.Name == name })
		if at < 0 {
			return dberr.Newf(dberr.UndefinedColumn, "PARTITION_BY column \"%s\" does not exist", name)
		}
		p.by = append(p.by, at)
		c := node.Columns()[at]
		sorted.Keys = append(sorted.Keys, plan.SortKey{Expr: &expr.Col{Index: c.ID, Typ: c.Type, Name: c.Name}})
	}
	for i := range cols {
		if !slices.Contains(p.by, i) {
			p.rest = append(p.rest, i)
		}
	}
	if len(p.rest) == 0 {
		return dberr.New(dberr.FeatureNotSupported, "PARTITION_BY of all columns is not supported: no column is left for the files")
	}
	if !o.beside {
		if err := files.CheckEmpty(st.File); err != nil {
			return err
		}
	}
	best, err := opt.Optimize(sorted, r.env)
	if err == nil {
		err = exec.Run(r.ctx, best, r.execOptions(), p.write)
	}
	if err = p.finish(err); err != nil {
		return err
	}
	r.result.rows = p.rows
	r.result.tag = fmt.Sprintf("COPY %d", p.rows)
	return nil
}

// write writes a batch: the rows of each folder together.
func (p *parts) write(b *vec.Batch) error {
	for i := 0; i < b.N; {
		if b.Sel != nil && b.Sel[i>>6]>>(uint(i)&63)&1 == 0 {
			i++
			continue
		}
		if err := p.open(b, i); err != nil {
			return err
		}
		out := &vec.Batch{N: b.N, Sel: make([]uint64, vec.Words(b.N))}
		for ; i < b.N && p.same(b, i); i++ {
			if b.Sel == nil || b.Sel[i>>6]>>(uint(i)&63)&1 != 0 {
				out.Sel[i>>6] |= 1 << (uint(i) & 63)
				p.rows++
			}
		}
		for _, c := range p.rest {
			out.Cols = append(out.Cols, b.Cols[c])
		}
		if err := p.out.Write(out); err != nil {
			return err
		}
	}
	return nil
}

// same reports whether a row is of the open file. One that is not selected is of any.
func (p *parts) same(b *vec.Batch, row int) bool {
	if p.last == nil {
		return false
	}
	if b.Sel != nil && b.Sel[row>>6]>>(uint(row)&63)&1 == 0 {
		return true
	}
	for k, c := range p.by {
		if b.Cols[c].IsNull(row) == p.last[k].valid {
			return false
		}
		if !p.last[k].valid {
			continue
		}
		p.text = p.zone.Append(p.text[:0], b.Cols[c].Value(row))
		if string(p.text) != p.last[k].text {
			return false
		}
	}
	return true
}

// open begins the file of a row, where that is another one.
func (p *parts) open(b *vec.Batch, row int) error {
	if p.same(b, row) {
		return nil
	}
	if err := p.close(); err != nil {
		return err
	}
	folder := p.folder
	p.last = nil
	for _, c := range p.by {
		var v folderValue
		if !b.Cols[c].IsNull(row) {
			v = folderValue{p.zone.Format(b.Cols[c].Value(row)), true}
		}
		p.last = append(p.last, v)
		name, err := files.PartitionFolder(p.cols[c].Name, v.text, v.valid)
		if err != nil {
			return err
		}
		folder = filepath.Join(folder, name)
	}
	f, err := files.BeginIn(folder, "data_0"+p.ending())
	if err != nil {
		return err
	}
	p.done = append(p.done, f)
	return p.begin(f)
}

// begin writes to a new file.
func (p *parts) begin(f *files.NewFile) error {
	packed, err := io.WriteCloser(nil), error(nil)
	w := io.Writer(f)
	if p.o.file != files.Parquet && p.o.file != files.Arrow {
		if packed, err = p.o.packing.Writer(w, "data_0"+p.ending()); err != nil {
			return err
		}
		w = packed
	}
	w, end := p.o.encoded(w)
	var cols []Column
	for _, c := range p.rest {
		cols = append(cols, p.cols[c])
	}
	p.end = func() error {
		if err := end(); err != nil {
			return err
		}
		if packed != nil {
			if err := packed.Close(); err != nil {
				return err
			}
		}
		return f.Finish()
	}
	p.out, err = p.o.writer(w, cols, p.zone, p.threads)
	return err
}

// ending is that of the names of the files.
func (p *parts) ending() string {
	name := ".txt"
	switch {
	case p.o.file != "":
		name = "." + string(p.o.file)
	case p.o.CSV:
		name = ".csv"
	}
	return name + map[files.Packing]string{files.Gzip: ".gz", files.Zstd: ".zst"}[p.o.packing]
}

// close ends the open file.
func (p *parts) close() error {
	if p.out == nil {
		return nil
	}
	err := p.out.Close()
	p.out = nil
	if err != nil {
		return err
	}
	return p.end()
}

// finish gives all files their names, or removes them after an error.
func (p *parts) finish(err error) error {
	if err == nil {
		err = p.close()
	}
	for _, f := range p.done {
		if err == nil {
			err = f.Commit()
		}
		if err != nil {
			f.Abort()
			files.RemoveEmpty(f.Folder(), p.folder)
		}
	}
	return err
}
