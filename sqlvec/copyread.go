package sqlvec

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/parse"
)

// readingOptions are the options of read_csv and read_json that COPY FROM takes.
var readingOptions = map[string]bool{
	"skip": true, "comment": true, "null_padding": true, "max_line_size": true, "maximum_line_size": true,
	"decimal_separator": true, "dateformat": true, "date_format": true, "timestampformat": true, "timestamp_format": true,
	"nullstr": true, "ignore_errors": true, "auto_detect": true, "sample_size": true,
	"store_rejects": true, "rejects_limit": true,
}

// checkReading checks what options of read_csv need.
func (o *copyOptions) checkReading(from bool) error {
	name := o.reading[0].Name
	switch {
	case !from:
		return dberr.Newf(dberr.FeatureNotSupported, "COPY option \"%s\" is available using COPY FROM only", name)
	case !o.CSV:
		return dberr.Newf(dberr.FeatureNotSupported, "COPY option \"%s\" is available in formats csv and json only", name)
	case o.exact():
		return dberr.Newf(dberr.FeatureNotSupported, "COPY option \"%s\" cannot be combined with FORCE_NULL, FORCE_NOT_NULL, HEADER MATCH or an ESCAPE other than the quote", name)
	}
	return nil
}

// exact reports whether there are options that only the reader of PostgreSQL's formats has.
func (o *copyOptions) exact() bool {
	return o.match || o.forceNull != nil || o.forceText != nil || o.given["escape"] && o.esc != cmp.Or(o.quote, `"`)
}

// reads reports whether COPY FROM reads CSV as read_csv does: where only the ending says that it is CSV, or where
// there are options of read_csv.
func (o *copyOptions) reads() bool {
	return o.CSV && !o.exact() && (o.byEnding || len(o.reading) > 0)
}

// copyRead opens a CSV file as read_csv does. Its columns are those of the COPY: in their order, or in that of a
// header that names just them.
func (r *run) copyRead(st *parse.Copy, o *copyOptions, cols []*colstore.Column) (bind.Source, func(), error) {
	if st.Stdio {
		return nil, nil, dberr.Newf(dberr.FeatureNotSupported, "COPY option \"%s\" is available for files only", o.reading[0].Name)
	}
	opts := files.Options{Format: files.CSV, Hive: files.Never, Packing: o.packing, Encoding: o.encoding, Context: r.s.Zone(), Header: o.header, NoHeader: !o.header}
	if o.mayHaveHeader() {
		opts.NoHeader, opts.Known = false, true
	}
	for _, c := range cols {
		opts.Columns = append(opts.Columns, files.Column{Name: c.Name, Type: c.Type})
	}
	if !o.byEnding || o.given["delimiter"] {
		opts.Delim = o.Delim
	}
	opts.Quote, opts.Null = o.Quote, &o.Null
	if err := r.readingOptions(&opts, o.reading); err != nil {
		return nil, nil, err
	}
	t, err := files.Open(r.ctx, []string{st.File}, opts)
	if dberr.CodeOf(err) == dberr.BadCopyFileFormat {
		err = withColumnHint(o.explained(err))
	}
	if err != nil {
		return nil, nil, err
	}
	return t, func() {}, nil
}

// explained gives the error of a first line that was no header a hint.
func (o *copyOptions) explained(err error) error {
	var e *dberr.Error
	if errors.As(err, &e) && e.Line == 1 && o.CSV && o.mayHaveHeader() {
		return e.WithHint("The first line does not have the names of the columns; HEADER skips it, whatever it says.")
	}
	return err
}

// readingOptions adds options of read_csv and read_json.
func (r *run) readingOptions(opts *files.Options, list []parse.Option) error {
	b := r.binder()
	for _, opt := range list {
		value := opt.Value
		switch v := value.(type) {
		case nil:
			value = &parse.Literal{Pos: opt.Pos, Kind: parse.LitBool, Bool: true}
		case *parse.RowExpr:
			value = &parse.ArrayExpr{Pos: v.Pos, Elems: v.Elems}
		}
		if err := b.FileOption(opts, opt.Name, value, int(opt.Position())); err != nil {
			return err
		}
	}
	if opts.StoreRejects {
		opts.Rejects = r.s.rejects
	}
	return bind.CheckFileOptions(opts)
}

// copyFile opens a file that has columns with names: each column of the COPY is one of them.
func (r *run) copyFile(st *parse.Copy, o *copyOptions, cols []*colstore.Column) (bind.Source, func(), error) {
	if st.Stdio {
		return nil, nil, dberr.Newf(dberr.FeatureNotSupported, "COPY FROM STDIN does not read format \"%s\"", o.format)
	}
	opts := files.Options{Format: o.file, Hive: files.Never, Packing: o.packing, Encoding: o.encoding, Context: r.s.Zone(), Types: map[string]types.Type{}}
	if o.file == files.JSON { // the others have types of their own
		for _, c := range cols {
			opts.Types[c.Name] = c.Type
		}
	}
	if err := r.readingOptions(&opts, o.reading); err != nil {
		return nil, nil, err
	}
	t, err := files.Open(r.ctx, []string{st.File}, opts)
	if err != nil {
		return nil, nil, withColumnHint(err)
	}
	for _, c := range cols {
		if !slices.ContainsFunc(t.Columns(), func(f files.Column) bool { return strings.EqualFold(f.Name, c.Name) }) {
			return nil, nil, withColumnHint(dberr.Newf(dberr.UndefinedColumn, "the file has no column \"%s\"", c.Name))
		}
	}
	return t, func() {}, nil
}

// withColumnHint gives the error of columns that a file lacks, or has besides, a hint.
func withColumnHint(err error) error {
	var e *dberr.Error
	if errors.As(err, &e) && (e.Code == dberr.UndefinedColumn || e.Code == dberr.BadCopyFileFormat) && e.Hint == "" {
		return e.WithHint("List the columns that the file has: COPY t (a, b) FROM …")
	}
	return err
}
