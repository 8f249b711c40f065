package bind

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/formats/charset"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// fileFunctions are the functions in FROM that read files.
var fileFunctions = map[string]files.Format{
	"read_csv": files.CSV, "read_csv_auto": files.CSV, "read_tsv": files.TSV,
	"read_json": files.JSON, "read_json_auto": files.JSON, "read_ndjson": files.JSON, "read_ndjson_auto": files.JSON,
	"read_parquet": files.Parquet, "parquet_scan": files.Parquet, "read_arrow": files.Arrow,
}

// FileFunctions lists the functions that read files in FROM.
func FileFunctions() []string { return slices.Sorted(maps.Keys(fileFunctions)) }

// bindFileRef binds FROM 'path'.
func (b *Binder) bindFileRef(t *parse.FileRef, parent *scope) (from, error) {
	return b.bindFiles([]string{t.Path}, files.Options{}, t.Alias, int(t.Position()), parent)
}

// bindFileFunction binds read_csv and its kin.
func (b *Binder) bindFileFunction(call *parse.FuncCall, alias *parse.Alias, parent *scope) (from, error) {
	pos := int(call.Position())
	opts := files.Options{Format: fileFunctions[call.Name.Last()]}
	if len(call.Args) == 0 {
		return from{}, dberr.Newf(dberr.UndefinedFunction, "function %s() does not exist", call.Name.Last()).At(pos).
			WithHint("The first argument is a path, a pattern, or an array of them.")
	}
	paths, err := b.filePaths(call.Args[0])
	if err != nil {
		return from{}, err
	}
	for _, a := range call.Args[1:] {
		if err := b.fileOption(&opts, a); err != nil {
			return from{}, err
		}
	}
	if opts.Plain && opts.Columns == nil {
		return from{}, dberr.New(dberr.InvalidParameterValue, "without auto_detect the columns must be given").At(pos).
			WithHint("columns => 'a integer, b text' gives them.")
	}
	if err := CheckFileOptions(&opts); err != nil {
		return from{}, at(err, pos)
	}
	return b.bindFiles(paths, opts, alias, pos, parent)
}

// filePaths are the paths that the first argument names.
func (b *Binder) filePaths(e parse.Expr) ([]string, error) {
	list := []parse.Expr{e}
	if a, ok := e.(*parse.ArrayExpr); ok && a.Query == nil {
		list = a.Elems
	}
	var paths []string
	for _, x := range list {
		v, err := b.constantOf(x)
		if err != nil {
			return nil, err
		}
		if !v.Valid || !v.Type.IsString() {
			return nil, dberr.New(dberr.DatatypeMismatch, "the path of a file must be text").At(int(x.Position()))
		}
		paths = append(paths, v.S)
	}
	return paths, nil
}

// constantOf evaluates an argument, which sees no columns.
func (b *Binder) constantOf(e parse.Expr) (types.Value, error) {
	x, err := b.bindExpr(e, &exprContext{scope: &scope{}, clause: "FROM"})
	if err != nil {
		return types.Value{}, err
	}
	return b.constant(x)
}

// Constant is the value of an expression without columns.
func (b *Binder) Constant(e parse.Expr) (types.Value, error) { return b.constantOf(e) }

// fileOption reads name => value, name := value or name = value.
func (b *Binder) fileOption(o *files.Options, a parse.Expr) error {
	pos := int(a.Position())
	var name string
	var value parse.Expr
	switch a := a.(type) {
	case *parse.NamedArg:
		name, value = a.Name, a.X
	case *parse.BinaryExpr:
		if ref, ok := a.L.(*parse.ColumnRef); ok && a.Op == "=" && len(ref.Parts) == 1 {
			name, value, pos = ref.Parts[0], a.R, int(ref.Position())
		}
	}
	if name == "" {
		return dberr.New(dberr.SyntaxError, "options of a file are written name => value").At(pos)
	}
	return b.FileOption(o, name, value, pos)
}

// FileOption sets an option of the functions that read files; pos is where its name stands.
func (b *Binder) FileOption(o *files.Options, name string, value parse.Expr, pos int) error {
	set, ok := fileOptions[strings.ToLower(name)]
	if !ok || !set.allows(o.Format) {
		return dberr.Newf(dberr.InvalidParameterValue, "option \"%s\" is not known for files of format %s", name, o.Format).At(pos).
			WithHint("The options are %s.", strings.Join(optionsOf(o.Format), ", "))
	}
	v, err := b.constantOf(value)
	if err != nil {
		return err
	}
	if !v.Valid {
		return dberr.Newf(dberr.NullValueNotAllowed, "option \"%s\" must not be null", name).At(int(value.Position()))
	}
	if err := set.set(o, v); err != nil {
		if e, ok := err.(*dberr.Error); ok && e.Pos == 0 {
			return e.At(int(value.Position()))
		}
		return err
	}
	return nil
}

// CheckFileOptions checks options that depend on one another, when all are set.
func CheckFileOptions(o *files.Options) error {
	if err := checkEscape(o); err != nil {
		return err
	}
	if o.RejectLimit > 0 && !o.StoreRejects {
		return dberr.New(dberr.InvalidParameterValue, "rejects_limit needs store_rejects")
	}
	return checkComment(o)
}

// fileSetting is an option of the functions that read files.
type fileSetting struct {
	formats []files.Format // nil: all
	set     func(o *files.Options, v types.Value) error
}

func (s fileSetting) allows(f files.Format) bool {
	return s.formats == nil || slices.Contains(s.formats, f)
}

var (
	separated = []files.Format{files.CSV, files.TSV}
	textual   = []files.Format{files.CSV, files.TSV, files.JSON}
)

var fileOptions = map[string]fileSetting{
	"header":            {separated, flag(func(o *files.Options, on bool) { o.NoHeader, o.Header = !on, on })},
	"delim":             {separated, setDelim},
	"sep":               {separated, setDelim},
	"delimiter":         {separated, setDelim},
	"quote":             {[]files.Format{files.CSV}, setQuote},
	"escape":            {[]files.Format{files.CSV}, setEscape},
	"skip":              {separated, setSkip},
	"ignore_errors":     {textual, flag(func(o *files.Options, on bool) { o.SkipBad = on })},
	"store_rejects":     {textual, flag(func(o *files.Options, on bool) { o.StoreRejects, o.SkipBad = on, o.SkipBad || on })},
	"rejects_limit":     {textual, setRejectLimit},
	"names":             {separated, setNames},
	"comment":           {[]files.Format{files.CSV}, setComment},
	"null_padding":      {separated, flag(func(o *files.Options, on bool) { o.Padding = on })},
	"max_line_size":     {separated, setMaxRecord},
	"maximum_line_size": {separated, setMaxRecord},
	"decimal_separator": {separated, setDecimal},
	"dateformat":        {textual, setDateFormat},
	"date_format":       {textual, setDateFormat},
	"timestampformat":   {textual, setTimestampFormat},
	"timestamp_format":  {textual, setTimestampFormat},
	"dtypes":            {textual, setTypes},
	"compression":       {textual, setPacking},
	"encoding":          {textual, setEncoding},
	"nullstr":           {separated, setNull},
	"null":              {separated, setNull},
	"columns":           {textual, setColumns},
	"types":             {textual, setTypes},
	"all_varchar":       {textual, flag(func(o *files.Options, on bool) { o.AllText = on })},
	"auto_detect":       {separated, flag(func(o *files.Options, on bool) { o.Plain = !on })},
	"sample_size":       {textual, setSample},
	"filename":          {nil, flag(func(o *files.Options, on bool) { o.Filename = on })},
	"hive_partitioning": {nil, flag(func(o *files.Options, on bool) {
		o.Hive = map[bool]files.Choice{true: files.Always, false: files.Never}[on]
	})},
	"union_by_name": {nil, flag(func(o *files.Options, on bool) { o.UnionByName = on })},
}

// optionsOf are the options of a format, by name.
func optionsOf(f files.Format) (names []string) {
	for name, set := range fileOptions {
		if set.allows(f) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// flag is the setting of a boolean option.
func flag(set func(*files.Options, bool)) func(*files.Options, types.Value) error {
	return func(o *files.Options, v types.Value) error {
		on, err := types.Cast(v, types.T(types.Bool), false)
		if err != nil {
			return err
		}
		set(o, on.I != 0)
		return nil
	}
}

func setDelim(o *files.Options, v types.Value) error {
	s := v.S
	if s == `\t` {
		s = "\t"
	}
	if len(s) != 1 || strings.ContainsAny(s, "\"\r\n") || s[0] >= 0x80 {
		return dberr.New(dberr.InvalidParameterValue, "the delimiter must be one ASCII character, and no quote or line break")
	}
	o.Delim = s[0]
	return nil
}

func setQuote(o *files.Options, v types.Value) error {
	if o.NoQuote = v.S == ""; o.NoQuote {
		return nil
	}
	if len(v.S) != 1 || strings.ContainsAny(v.S, "\r\n") || v.S[0] >= 0x80 {
		return dberr.New(dberr.InvalidParameterValue, "the quote must be one ASCII character, and no line break, or empty for none")
	}
	o.Quote = v.S[0]
	return nil
}

// setComment reads what begins a comment.
func setComment(o *files.Options, v types.Value) error {
	if len(v.S) != 1 || strings.ContainsAny(v.S, "\r\n\x00 \t") || v.S[0] >= 0x80 {
		return dberr.New(dberr.InvalidParameterValue, "the comment must be one ASCII character, and no blank or line break")
	}
	o.Comment = v.S[0]
	return nil
}

// checkComment refuses a comment that is a delimiter or a quote.
func checkComment(o *files.Options) error {
	if c := o.Comment; c != 0 && (c == cmp.Or(o.Delim, ',') || c == cmp.Or(o.Quote, '"')) {
		return dberr.New(dberr.InvalidParameterValue, "the comment must not be the delimiter or the quote")
	}
	return nil
}

// setMaxRecord reads the most bytes of a line.
func setMaxRecord(o *files.Options, v types.Value) (err error) {
	o.MaxRecord, err = wholeNumber(v, 1, "max_line_size must be a number of bytes")
	return err
}

// wholeNumber reads a number that is at least so large; otherwise the error is the message.
func wholeNumber(v types.Value, least int64, message string) (int, error) {
	n, err := types.Cast(v, types.T(types.Int32), false)
	if err == nil && n.I < least {
		err = dberr.New(dberr.InvalidParameterValue, message)
	}
	return int(n.I), err
}

// setDecimal reads what stands before the fraction of a number.
func setDecimal(o *files.Options, v types.Value) error {
	if v.S != "," && v.S != "." {
		return dberr.New(dberr.InvalidParameterValue, "decimal_separator must be '.' or ','")
	}
	o.Notation.DecimalComma = v.S == ","
	return nil
}

// setDateFormat reads a format of strptime.
func setDateFormat(o *files.Options, v types.Value) error {
	read, err := expr.TimeFormat(v.S)
	o.Notation.Date = func(text string) (int64, bool) {
		t, ok := read(text)
		days, _ := types.SplitDay(t)
		return days, ok
	}
	return err
}

func setTimestampFormat(o *files.Options, v types.Value) (err error) {
	o.Notation.Timestamp, err = expr.TimeFormat(v.S)
	return err
}

func setRejectLimit(o *files.Options, v types.Value) (err error) {
	o.RejectLimit, err = wholeNumber(v, 0, "rejects_limit must be a number of records, or 0 for all")
	return err
}

func setPacking(o *files.Options, v types.Value) (err error) {
	o.Packing, err = files.PackingOf(v.S)
	return err
}

func setEncoding(o *files.Options, v types.Value) error {
	name, ok := charset.Name(v.S)
	if !ok {
		return dberr.Newf(dberr.InvalidParameterValue, "encoding \"%s\" is not known", v.S).WithHint("The encodings are %s.", charset.Known)
	}
	o.Encoding = name
	return nil
}

// setEscape notes what stands before a quote within quotes.
func setEscape(o *files.Options, v types.Value) error {
	o.Escape = v.S
	return nil
}

// checkEscape allows a quote within quotes to be written twice, which is how it is read.
func checkEscape(o *files.Options) error {
	if o.Escape != "" && o.Escape != string(rune(cmp.Or(o.Quote, '"'))) {
		return dberr.New(dberr.FeatureNotSupported, "an escape other than the quote is not supported").
			WithHint("COPY t FROM 'file' (FORMAT csv, ESCAPE '\\') reads such files.")
	}
	return nil
}

func setSkip(o *files.Options, v types.Value) (err error) {
	o.SkipLines, err = wholeNumber(v, 0, "the number of lines to skip must not be negative")
	return err
}

// setNames reads the names of the columns, an array of texts.
func setNames(o *files.Options, v types.Value) error {
	list, err := textsOf(v)
	if err != nil {
		return err
	}
	for i, name := range list {
		if name == "" || slices.Contains(list[:i], name) {
			return dberr.New(dberr.InvalidParameterValue, "the names of columns must be texts that differ")
		}
	}
	o.Names = list
	return nil
}

// textsOf returns the elements of an array of texts.
func textsOf(v types.Value) ([]string, error) {
	if !v.Type.IsArray() || !v.Type.Elem().IsString() {
		return nil, dberr.New(dberr.DatatypeMismatch, "an array of texts is expected, as ['a', 'b']")
	}
	array, err := v.Array()
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range array.Elems {
		list = append(list, e.S)
	}
	return list, nil
}

// setSample reads how many lines are looked at for the types at least, -1 for all.
func setSample(o *files.Options, v types.Value) error {
	n, err := types.Cast(v, types.T(types.Int64), false)
	if err == nil && n.I < 1 && n.I != -1 {
		err = dberr.New(dberr.InvalidParameterValue, "sample_size must be a number of lines, or -1 for all")
	}
	o.Sample = n.I
	return err
}

func setNull(o *files.Options, v types.Value) error {
	if !v.Type.IsArray() {
		o.Null, o.Nulls = &v.S, nil
		return nil
	}
	list, err := textsOf(v)
	if err != nil || len(list) == 0 {
		return err
	}
	if i := slices.Index(list, ""); i > 0 { // an empty field is found without looking for it
		list[0], list[i] = list[i], list[0]
	}
	o.Null, o.Nulls = &list[0], list[1:]
	return nil
}

// setColumns reads the columns of a file: 'a INTEGER, b TEXT'.
func setColumns(o *files.Options, v types.Value) (err error) {
	o.Columns, err = columnList(v.S)
	return err
}

// setTypes reads the types of some columns, in the same form.
func setTypes(o *files.Options, v types.Value) error {
	cols, err := columnList(v.S)
	o.Types = map[string]types.Type{}
	for _, c := range cols {
		o.Types[c.Name] = c.Type
	}
	return err
}

// columnList reads a list of columns as CREATE TABLE has it.
func columnList(text string) ([]files.Column, error) {
	list, err := parse.Parse("CREATE TABLE t (" + text + ")")
	var st *parse.CreateTable
	if err == nil && len(list) == 1 {
		st, _ = list[0].Stmt.(*parse.CreateTable)
	}
	if st == nil {
		return nil, dberr.Newf(dberr.InvalidParameterValue, "\"%s\" is not a list of columns", text).
			WithHint("Columns are written as in CREATE TABLE: 'a integer, b text'.")
	}
	var cols []files.Column
	for _, c := range st.Columns {
		t, err := TypeOf(c.Type, nil, nil)
		if err != nil {
			if e, ok := err.(*dberr.Error); ok {
				return nil, e.At(0)
			}
			return nil, err
		}
		cols = append(cols, files.Column{Name: c.Name, Type: t})
	}
	return cols, nil
}

// bindFiles makes the operator and the scope of files read as a table.
func (b *Binder) bindFiles(paths []string, opts files.Options, alias *parse.Alias, pos int, parent *scope) (from, error) {
	opts.Context = types.Context{Zone: b.env.Expr.Zone}
	if opts.StoreRejects {
		opts.Rejects = b.env.Rejects
	}
	t, err := files.Open(b.env.Ctx, paths, opts)
	if err != nil {
		if e, ok := err.(*dberr.Error); ok && e.Pos == 0 && e.Line == 0 {
			return from{}, e.At(pos)
		}
		return from{}, err
	}
	name := files.Alias(paths[0])
	if alias != nil && alias.Name != "" {
		name = alias.Name
	}
	f := b.sourceScan(t.Name(), name, t.Source(), t.Columns(), parent)
	if err := renameColumns(f.scope, alias); err != nil {
		return from{}, err
	}
	b.remember(f.scope)
	return f, nil
}

// Source is the rows of a parse.SourceRef.
type Source interface {
	plan.Source
	Columns() []files.Column
}

// bindSource binds rows that the statement brings along.
func (b *Binder) bindSource(t *parse.SourceRef, parent *scope) (from, error) {
	if bound, ok := t.Source.(boundItem); ok {
		return bound.from, nil
	}
	src, ok := t.Source.(Source)
	if !ok {
		return from{}, dberr.Bug("a statement brings %T as its rows", t.Source)
	}
	f := b.sourceScan(t.Name, t.Name, src, src.Columns(), parent)
	b.remember(f.scope)
	return f, nil
}

// sourceScan makes the operator and the scope of rows that are not stored: the IDs of their columns
// are their places.
func (b *Binder) sourceScan(table, name string, src plan.Source, cols []files.Column, parent *scope) from {
	n := &plan.Scan{Table: &colstore.Table{Name: table}, Alias: name, Source: src}
	sc := &scope{tables: []string{name}, parent: parent}
	for i, c := range cols {
		n.Table.Columns = append(n.Table.Columns, colstore.Column{ID: uint32(i), Name: c.Name, Type: c.Type})
		n.Spec.Columns = append(n.Spec.Columns, uint32(i))
		col := column{Column: b.newColumn(c.Name, c.Type), table: name, anyCase: true}
		n.Out, sc.cols = append(n.Out, col.Column), append(sc.cols, col)
	}
	return from{n, sc}
}
