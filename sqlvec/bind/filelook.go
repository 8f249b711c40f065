package bind

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// lookFunction is one of DuckDB's functions in FROM that look at files and do not read them as tables.
type lookFunction struct {
	columns string // "name type, name type"; text has no type with it
	look    func(l *looking, path string) error
	lists   bool // it finds no file without an error
	options bool // it takes those of read_csv
}

const parquetSchemaColumns = "file_name, name, type, type_length, repetition_type, num_children bigint, converted_type, scale bigint, precision bigint, logical_type, duckdb_type, column_id bigint"

const parquetMetadataColumns = "file_name, row_group_id bigint, row_group_num_rows bigint, row_group_num_columns bigint, row_group_bytes bigint, column_id bigint, file_offset bigint, " +
	"num_values bigint, path_in_schema, type, stats_min, stats_max, stats_null_count bigint, stats_distinct_count bigint, stats_min_value, stats_max_value, compression, encodings, " +
	"index_page_offset bigint, dictionary_page_offset bigint, data_page_offset bigint, total_compressed_size bigint, total_uncompressed_size bigint, row_group_compressed_bytes bigint"

var lookFunctions = map[string]lookFunction{
	"glob": {columns: "file", lists: true, look: func(l *looking, path string) error {
		if files.Exists(path) {
			l.add(path)
		}
		return nil
	}},
	"read_text":             {columns: "filename, content, size bigint, last_modified timestamptz", lists: true, look: lookAtText},
	"read_blob":             {columns: "filename, content bytea, size bigint, last_modified timestamptz", lists: true, look: lookAtBytes},
	"parquet_schema":        {columns: parquetSchemaColumns, look: lookAtSchema},
	"parquet_metadata":      {columns: parquetMetadataColumns, look: lookAtChunks},
	"parquet_file_metadata": {columns: "file_name, created_by, num_rows bigint, num_row_groups bigint, format_version bigint, file_size_bytes bigint, footer_size bigint", look: lookAtFooter},
	"parquet_kv_metadata":   {columns: "file_name, key bytea, value bytea", look: lookAtPairs},
	"sniff_csv":             {columns: "Delimiter, Quote, Escape, SkipRows bigint, HasHeader boolean, Columns jsonb, Prompt", look: lookAtCSV, options: true},
}

// lookTypes are the types of columns by the names above.
var lookTypes = map[string]types.ID{"": types.Text, "bigint": types.Int64, "bytea": types.Bytea, "timestamptz": types.TimestampTZ, "boolean": types.Bool, "jsonb": types.JSONB}

// looking is a call of one of them while its rows are made.
type looking struct {
	b    *Binder
	opts files.Options
	node *plan.Values
}

// add adds a row: texts, bytes, numbers, truth values or nil for NULL, in the columns' order.
func (l *looking) add(values ...any) {
	row := make([]expr.Expr, len(values))
	for i, v := range values {
		t := l.node.Out[i].Type
		value := types.NullOf(t)
		switch v := v.(type) {
		case string:
			value = types.BytesValue(t, v)
		case []byte:
			value = types.BytesValue(t, string(v))
		case int:
			value = types.IntValue(t, int64(v))
		case int64:
			value = types.IntValue(t, v)
		case *int64:
			if v != nil {
				value = types.IntValue(t, *v)
			}
		case bool:
			value = types.BoolValue(v)
		}
		row[i] = &expr.Const{Value: value}
	}
	l.node.Rows = append(l.node.Rows, row)
}

// orNull is a text, or NULL for an empty one.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// positive is a number, or NULL for 0.
func positive(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// bindLookFunction binds a function that looks at files.
func (b *Binder) bindLookFunction(fn lookFunction, call *parse.FuncCall, alias *parse.Alias, parent *scope) (from, error) {
	pos, name := int(call.Position()), call.Name.Last()
	if len(call.Args) == 0 || len(call.Args) > 1 && !fn.options {
		return from{}, dberr.Newf(dberr.UndefinedFunction, "function %s with %d arguments does not exist", name, len(call.Args)).At(pos).
			WithHint("The argument is a path, a pattern, or an array of them.")
	}
	if err := b.moment(); err != nil {
		return from{}, err
	}
	paths, err := b.filePaths(call.Args[0])
	if err != nil {
		return from{}, err
	}
	l := &looking{b: b, node: &plan.Values{}, opts: files.Options{Format: files.CSV, Context: types.Context{Zone: b.env.Expr.Zone}}}
	for _, a := range call.Args[1:] {
		if err := b.fileOption(&l.opts, a); err != nil {
			return from{}, err
		}
	}
	for column := range strings.SplitSeq(fn.columns, ", ") {
		name, typ, _ := strings.Cut(column, " ")
		l.node.Out = append(l.node.Out, b.newColumn(name, types.T(lookTypes[typ])))
	}
	found, err := files.Match(paths)
	if err == nil && len(found) == 0 && !fn.lists {
		err = dberr.Newf(dberr.UndefinedFile, "no files match \"%s\"", paths[0])
	}
	for _, path := range found {
		if err == nil {
			err = fn.look(l, path)
		}
	}
	if e, ok := err.(*dberr.Error); ok && e.Pos == 0 && e.Line == 0 {
		err = e.At(pos)
	}
	if err != nil {
		return from{}, err
	}
	if alias == nil {
		alias = &parse.Alias{Pos: call.Pos, Name: name}
	}
	f, err := b.named(l.node, alias, parent)
	for i := range f.scope.cols {
		f.scope.cols[i].anyCase = true
	}
	return f, err
}

func lookAtText(l *looking, path string) error {
	c, err := files.Read(l.b.env.Ctx, path)
	if err == nil && !utf8.Valid(c.Bytes) {
		err = dberr.Newf(dberr.CharacterNotInRepertoire, "file \"%s\" is no text in UTF-8", path).WithHint("read_blob reads any bytes.")
	}
	if err == nil && bytes.IndexByte(c.Bytes, 0) >= 0 {
		err = dberr.Newf(dberr.CharacterNotInRepertoire, "file \"%s\" has a byte 0, which no text has", path).WithHint("read_blob reads any bytes.")
	}
	l.add(path, c.Bytes, len(c.Bytes), c.Modified)
	return err
}

func lookAtBytes(l *looking, path string) error {
	c, err := files.Read(l.b.env.Ctx, path)
	l.add(path, c.Bytes, len(c.Bytes), c.Modified)
	return err
}

func lookAtSchema(l *looking, path string) error {
	return files.LookAtParquet(l.b.env.Ctx, path, func(f *files.ParquetFile, _ int64) error {
		for i, e := range f.Schema() {
			var length, sql any
			if e.Length != nil {
				length = fmt.Sprint(*e.Length)
			}
			if e.SQL != (types.Type{}) {
				sql = e.SQL.Definition()
			}
			l.add(path, e.Name, orNull(e.Type), length, orNull(e.Repetition), e.Children, orNull(e.Converted), e.Scale, e.Precision, orNull(e.Logical), sql, i)
		}
		return nil
	})
}

func lookAtChunks(l *looking, path string) error {
	return files.LookAtParquet(l.b.env.Ctx, path, func(f *files.ParquetFile, _ int64) error {
		for _, c := range f.Chunks() {
			var least, greatest any
			if c.Least.Valid {
				least, greatest = types.Format(c.Least), types.Format(c.Greatest)
			}
			l.add(path, c.Group, c.GroupRows, c.GroupColumns, c.GroupBytes, c.Column, c.FileOffset, c.Values, c.Path, c.Type, least, greatest, c.Nulls, positive(c.Distinct),
				least, greatest, c.Compression, c.Encodings, positive(c.IndexPage), positive(c.DictionaryPage), c.DataPage, c.Compressed, c.Plain, positive(c.GroupCompressed))
		}
		return nil
	})
}

func lookAtFooter(l *looking, path string) error {
	return files.LookAtParquet(l.b.env.Ctx, path, func(f *files.ParquetFile, size int64) error {
		footer := f.Footer()
		l.add(path, orNull(footer.CreatedBy), footer.Rows, footer.Groups, footer.Version, size, footer.Bytes)
		return nil
	})
}

func lookAtPairs(l *looking, path string) error {
	return files.LookAtParquet(l.b.env.Ctx, path, func(f *files.ParquetFile, _ int64) error {
		for _, p := range f.Footer().Pairs {
			l.add(path, p[0], p[1])
		}
		return nil
	})
}

// lookAtCSV says how read_csv reads a file, and how to call it so that it need not find out.
func lookAtCSV(l *looking, path string) error {
	s, err := files.Sniff(l.b.env.Ctx, path, l.opts)
	if err != nil {
		return err
	}
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	var list []column
	var columns []string
	for _, c := range s.Columns {
		list = append(list, column{c.Name, c.Type.Definition()})
		columns = append(columns, parse.QuoteIdent(c.Name)+" "+c.Type.Definition())
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	array, err := types.Cast(types.BytesValue(types.T(types.Text), string(text)), types.T(types.JSONB), false)
	if err != nil {
		return err
	}
	prompt := fmt.Sprintf("FROM read_csv(%s, auto_detect => false, delim => %s, quote => %s, header => %t, skip => %d, columns => %s)", quoteText(path),
		quoteText(string(rune(s.Delim))), quoteText(string(rune(s.Quote))), s.Header, l.opts.SkipLines, quoteText(strings.Join(columns, ", ")))
	l.add(string(rune(s.Delim)), string(rune(s.Quote)), string(rune(s.Quote)), l.opts.SkipLines, s.Header, array.S, prompt)
	return nil
}
