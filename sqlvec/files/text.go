package files

import (
	"context"
	"errors"
	"io"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/formats/charset"
	"driftdb/internal/formats/textin"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// inferWhole is the size up to which the whole of a text file is looked at for its types.
const inferWhole = 64 << 20

// textReader reads CSV, TSV or JSON: the whole file is one unit.
type textReader struct {
	file vfs.File
	size int64
	opts textin.Options
	cols []Column

	packing Packing
	rejects fileLog
}

func openText(ctx context.Context, f vfs.File, size int64, format Format, o *Options) (reader, error) {
	r := &textReader{file: f, size: size, packing: o.Packing, rejects: o.rejects, opts: textin.Options{
		Format: textin.CSV, NoHeader: o.NoHeader, FindHeader: !o.Header && !o.Plain, Delim: o.Delim, Quote: o.Quote, Null: o.Null, Nulls: o.Nulls, Types: o.Context,
		SkipLines: o.SkipLines, Skip: o.SkipBad,
		Encoding: o.Encoding, NoQuote: o.NoQuote, Comment: o.Comment, Padding: o.Padding, MaxRecord: o.MaxRecord, Notation: o.Notation,
	}}
	if o.Known {
		for _, c := range o.Columns {
			r.opts.Known = append(r.opts.Known, c.Name)
		}
	}
	if o.Plain && r.opts.Delim == 0 {
		r.opts.Delim = ','
	}
	switch format {
	case TSV:
		r.opts.Format = textin.TSV
	case JSON:
		r.opts.Format = textin.NDJSON
	case CSV:
	default:
		return nil, dberr.Newf(dberr.FeatureNotSupported, "files of format %s cannot be read", format)
	}
	cols, err := r.find(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(o.Names) > len(cols) {
		return nil, dberr.Newf(dberr.BadCopyFileFormat, "the file has %d columns, %d names are given", len(cols), len(o.Names))
	}
	for i, c := range cols {
		col := Column{c.Name, c.Type}
		if i < len(o.Names) {
			col.Name = o.Names[i]
		}
		if o.AllText {
			col.Type = types.T(types.Text)
		}
		if t, ok := o.typeOf(col.Name); ok {
			col.Type = t
		}
		r.cols = append(r.cols, col)
	}
	return r, r.declare(o.Columns)
}

// declare gives the columns the names and types that the statement says.
func (r *textReader) declare(cols []Column) error {
	switch {
	case cols == nil:
	case r.opts.Format == textin.NDJSON:
		r.cols = cols
	case len(r.cols) != len(cols):
		return dberr.Newf(dberr.BadCopyFileFormat, "the file has %d columns, not %d", len(r.cols), len(cols))
	default:
		r.cols = r.ordered(cols)
	}
	return nil
}

// ordered are the declared columns in the order of a header that names just them, else as they are.
func (r *textReader) ordered(cols []Column) []Column {
	names := make([]string, len(r.cols))
	for i, c := range r.cols {
		names[i] = c.Name
	}
	order := textin.HeaderOrder(names, r.opts.Known)
	if order == nil {
		return cols
	}
	out := make([]Column, len(cols))
	for i, at := range order {
		out[at] = cols[i]
	}
	return out
}

// find returns the columns of the file.
func (r *textReader) find(ctx context.Context, o *Options) ([]textin.Column, error) {
	if o.Columns != nil && r.opts.Format == textin.NDJSON {
		return nil, nil
	}
	src, err := r.source()
	if err != nil {
		return nil, err
	}
	f, err := textin.Open(src, r.opts)
	if err != nil {
		return nil, leaveOut(err)
	}
	defer f.Close()
	whole := !r.packing.Packed(r.file.Name()) && r.size <= inferWhole || o.Sample < 0 || int64(f.FirstLines()) < o.Sample
	if !whole || o.Columns != nil || o.AllText {
		return f.Guess(), nil
	}
	found, err := f.Infer(ctx)
	return found, leaveOut(err)
}

// source returns the file's text, decompressed.
func (r *textReader) source() (io.Reader, error) {
	return r.packing.Reader(io.NewSectionReader(r.file, 0, r.size), r.file.Name())
}

func (r *textReader) columns() []Column { return r.cols }

func (r *textReader) units() int { return 1 }

func (r *textReader) rows(int) int64 { return -1 }

func (r *textReader) excludes(int, []colstore.Filter) bool { return false }

func (r *textReader) close() { r.file.Close() }

func (r *textReader) read(ctx context.Context, _ int, cols []int, as []types.Type) (batches, error) {
	src, err := r.source()
	if err != nil {
		return nil, err
	}
	f, err := textin.Open(src, r.opts)
	if err != nil {
		return nil, leaveOut(err)
	}
	all, skip := make([]textin.Column, len(r.cols)), make([]bool, len(r.cols))
	for i, c := range r.cols { // what is bad is bad whichever columns are wanted
		all[i], skip[i] = textin.Column{Name: c.Name, Type: c.Type}, !r.opts.Skip
	}
	for i, c := range cols {
		skip[c], all[c].Type = false, as[i]
	}
	if err := f.ReadSome(ctx, all, skip); err != nil {
		return nil, err
	}
	r.rejects.open(RejectScan{Path: r.file.Name(), Delim: f.Delim(), Quote: f.Quote(), Header: f.HasHeader(), Columns: r.cols})
	return &textRows{file: f, cols: cols, rejects: &r.rejects}, nil
}

// textRows hands out some columns of the file's batches.
type textRows struct {
	file *textin.File
	cols []int
	last *textin.Batch
	out  vec.Batch

	rejects *fileLog
}

func (r *textRows) next() (*vec.Batch, error) {
	if r.last != nil {
		r.last.Release()
		r.last = nil
	}
	b, err := r.file.Next()
	if err != nil {
		return nil, leaveOut(err)
	}
	r.last = b
	r.rejects.add(b.Rejects)
	r.out = vec.Batch{N: b.N, Sel: b.Sel, Cols: r.out.Cols[:0]}
	for _, c := range r.cols {
		r.out.Cols = append(r.out.Cols, b.Cols[c])
	}
	return &r.out, nil
}

// leaveOut gives the error of a record a hint at ignore_errors.
func leaveOut(err error) error {
	var e *dberr.Error
	if errors.As(err, &e) && e.Code == dberr.CharacterNotInRepertoire && e.Hint == "" {
		return e.WithHint("encoding => 'latin1' reads text that is not UTF-8. The encodings are %s.", charset.Known)
	}
	if errors.As(err, &e) && e.Line > 0 && e.Hint == "" {
		return e.WithHint("read_csv and read_json with ignore_errors => true leave out records that cannot be read.")
	}
	return err
}

func (r *textRows) close() { r.file.Close() }
