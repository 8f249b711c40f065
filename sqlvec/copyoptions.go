package sqlvec

import (
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/formats/charset"
	"driftdb/internal/formats/copytext"
	"driftdb/internal/formats/parquetio"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/parse"
)

// copyOptions are the options of a COPY.
type copyOptions struct {
	copytext.Options
	format      string       // as written, "" for text
	file        files.Format // of formats that are not text or csv
	header      bool
	match       bool // the header's names must be the columns'
	forceQuote  map[string]bool
	forceNull   map[string]bool
	forceText   map[string]bool // FORCE_NOT_NULL
	forceAll    bool            // FORCE_QUOTE *
	compression string
	packing     files.Packing
	encoding    string         // that charset.Name gave, "" for UTF-8
	partition   []string       // columns whose values are folders, nil for one file
	beside      bool           // of a folder's files those of the same names alone are replaced
	byEnding    bool           // the ending of the file's name says the format: it has a header
	reading     []parse.Option // options of read_csv and read_json that PostgreSQL has not

	given map[string]bool
	delim string
	null  *string
	quote string
	esc   string
}

// otherEncodings are the best known of the encodings that PostgreSQL reads and we do not.
var otherEncodings = map[string]bool{
	"sqlascii": true, "latin3": true, "latin4": true, "latin5": true, "win1253": true, "win1254": true, "win1256": true, "win1257": true, "win866": true,
	"koi8u": true, "eucjp": true, "euckr": true, "euccn": true, "sjis": true, "shiftjis": true, "gbk": true, "gb18030": true, "big5": true,
}

var copyFiles = map[string]files.Format{"parquet": files.Parquet, "arrow": files.Arrow, "json": files.JSON, "ndjson": files.JSON}

// copyOptionsOf reads the options of a COPY and checks them as PostgreSQL does.
func copyOptionsOf(st *parse.Copy) (*copyOptions, error) {
	o := &copyOptions{given: map[string]bool{}}
	for _, opt := range st.Options {
		if o.given[opt.Name] {
			return nil, dberr.New(dberr.SyntaxError, "conflicting or redundant options").At(int(opt.Position()))
		}
		o.given[opt.Name] = true
		if err := o.read(opt); err != nil {
			return nil, err
		}
	}
	if o.format == "" && !st.Stdio {
		o.takeEnding(st)
	}
	if err := o.checkPacking(st); err != nil {
		return nil, err
	}
	if err := o.checkPartition(st); err != nil {
		return nil, err
	}
	if o.file != "" {
		return o, o.checkFile(st.From)
	}
	return o, o.checkText(st.From)
}

// takeEnding takes the format from the ending of the file's name, and text where that says nothing.
func (o *copyOptions) takeEnding(st *parse.Copy) {
	f, ok := files.FormatOf(st.File)
	if !ok {
		return
	}
	o.byEnding = true
	switch f {
	case files.CSV:
		o.format, o.CSV = "csv", true
	case files.TSV:
		o.format = "text"
	default:
		o.format, o.file = string(f), f
		return
	}
	if !st.From && !o.given["header"] {
		o.header = true
	}
}

// mayHaveHeader reports whether the first line is a header where it has just the names of the columns.
func (o *copyOptions) mayHaveHeader() bool { return o.byEnding && !o.given["header"] }

// checkPacking checks COMPRESSION: that of Parquet is within the file.
func (o *copyOptions) checkPacking(st *parse.Copy) (err error) {
	switch {
	case !o.given["compression"]:
		return nil
	case o.file == files.Parquet:
		return parquetio.CheckCompression(o.compression)
	case o.file == files.Arrow:
		return dberr.New(dberr.FeatureNotSupported, "COPY option \"compression\" is not available in format \"arrow\"")
	case st.Stdio:
		return dberr.New(dberr.FeatureNotSupported, "COPY option \"compression\" is available for files only")
	}
	o.packing, err = files.PackingOf(o.compression)
	return err
}

func (o *copyOptions) read(opt parse.Option) error {
	pos := int(opt.Position())
	switch opt.Name {
	case "format":
		return o.readFormat(opt)
	case "header":
		return o.readHeader(opt)
	case "delimiter":
		o.delim = optionText(opt)
	case "null":
		if _, list := opt.Value.(*parse.ArrayExpr); list {
			opt.Name = "nullstr"
			o.reading = append(o.reading, opt)
			return nil
		}
		s := optionText(opt)
		o.null = &s
	case "quote":
		o.quote = optionText(opt)
	case "escape":
		o.esc = optionText(opt)
	case "encoding":
		name, ok := charset.Name(optionText(opt))
		switch {
		case ok:
			o.encoding = name
		case otherEncodings[name]:
			return dberr.Newf(dberr.FeatureNotSupported, "encoding \"%s\" is not supported", optionText(opt)).At(pos).WithHint("The encodings are %s.", charset.Known)
		default:
			return dberr.New(dberr.InvalidParameterValue, "argument to option \"encoding\" must be a valid encoding name").At(pos)
		}
	case "compression":
		o.compression = strings.ToLower(optionText(opt))
	case "force_quote":
		_, o.forceAll = opt.Value.(*parse.Star)
		o.forceQuote = optionNames(opt)
	case "force_null":
		o.forceNull = optionNames(opt)
	case "force_not_null":
		o.forceText = optionNames(opt)
	case "partition_by":
		return o.readPartition(opt)
	case "overwrite_or_ignore":
		on, err := optionOn(opt)
		o.beside = on
		return err
	default:
		if !readingOptions[opt.Name] {
			return dberr.Newf(dberr.SyntaxError, "option \"%s\" not recognized", opt.Name).At(pos)
		}
		o.reading = append(o.reading, opt)
	}
	return nil
}

func (o *copyOptions) readFormat(opt parse.Option) error {
	name := strings.ToLower(optionText(opt))
	o.format = name
	switch file, ok := copyFiles[name]; {
	case name == "text":
	case name == "csv":
		o.CSV = true
	case name == "binary":
		return dberr.New(dberr.FeatureNotSupported, "COPY format \"binary\" is not supported").At(int(opt.Position()))
	case ok:
		o.file = file
	default:
		return dberr.Newf(dberr.InvalidParameterValue, "COPY format \"%s\" not recognized", name).At(int(opt.Position()))
	}
	return nil
}

func (o *copyOptions) readHeader(opt parse.Option) error {
	switch strings.ToLower(optionText(opt)) {
	case "", "true", "on", "1":
		o.header = true
	case "match":
		o.header, o.match = true, true
	case "false", "off", "0":
	default:
		return dberr.Newf(dberr.SyntaxError, "header requires a Boolean value or \"match\"")
	}
	return nil
}

// optionText is the value of an option, "" when it has none.
func optionText(opt parse.Option) string {
	if lit, ok := opt.Value.(*parse.Literal); ok {
		if lit.Kind == parse.LitBool {
			return map[bool]string{true: "true", false: "false"}[lit.Bool]
		}
		return lit.Text
	}
	return ""
}

// optionNames are the columns that an option lists.
func optionNames(opt parse.Option) map[string]bool {
	names := map[string]bool{}
	if row, ok := opt.Value.(*parse.RowExpr); ok {
		for _, e := range row.Elems {
			if lit, ok := e.(*parse.Literal); ok {
				names[lit.Text] = true
			}
		}
	}
	return names
}

// checkFile refuses options that a format with its own columns has no use for.
func (o *copyOptions) checkFile(from bool) error {
	for name := range o.given {
		if name == "format" || name == "compression" || name == "partition_by" || name == "overwrite_or_ignore" || name == "encoding" && o.file == files.JSON || readingOptions[name] && from && o.file == files.JSON {
			continue
		}
		return dberr.Newf(dberr.FeatureNotSupported, "COPY option \"%s\" is not available in format \"%s\"", name, o.format)
	}
	return nil
}

// checkText checks the options of text and csv and fills in what is not given.
func (o *copyOptions) checkText(from bool) error {
	if len(o.reading) > 0 {
		if err := o.checkReading(from); err != nil {
			return err
		}
	}
	if !o.given["delimiter"] {
		o.delim = map[bool]string{true: ",", false: "\t"}[o.CSV]
	}
	o.Null = map[bool]string{true: "", false: `\N`}[o.CSV]
	if o.null != nil {
		o.Null = *o.null
	}
	if !o.given["quote"] {
		o.quote = `"`
	}
	if !o.given["escape"] {
		o.esc = o.quote
	}
	if err := o.checkCharacters(); err != nil {
		return err
	}
	o.Delim, o.Quote, o.Escape = o.delim[0], o.quote[0], o.esc[0]
	return o.checkForce(from)
}

func (o *copyOptions) checkCharacters() error {
	unsupported := func(s string) error { return dberr.New(dberr.FeatureNotSupported, s) }
	invalid := func(s string) error { return dberr.New(dberr.InvalidParameterValue, s) }
	switch {
	case len(o.delim) != 1:
		return unsupported("COPY delimiter must be a single one-byte character")
	case strings.ContainsAny(o.delim, "\r\n"):
		return invalid("COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(o.Null, "\r\n"):
		return invalid("COPY null representation cannot use newline or carriage return")
	case !o.CSV && strings.Contains(`\.abcdefghijklmnopqrstuvwxyz0123456789`, o.delim):
		return dberr.Newf(dberr.InvalidParameterValue, "COPY delimiter cannot be \"%s\"", o.delim)
	case !o.CSV && o.given["quote"]:
		return unsupported("COPY quote available only in CSV mode")
	case len(o.quote) != 1:
		return unsupported("COPY quote must be a single one-byte character")
	case o.CSV && o.delim == o.quote:
		return invalid("COPY delimiter and quote must be different")
	case !o.CSV && o.given["escape"]:
		return unsupported("COPY escape available only in CSV mode")
	case len(o.esc) != 1:
		return unsupported("COPY escape must be a single one-byte character")
	case strings.Contains(o.Null, o.delim):
		return unsupported("COPY delimiter must not appear in the NULL specification")
	case o.CSV && strings.Contains(o.Null, o.quote):
		return unsupported("CSV quote character must not appear in the NULL specification")
	}
	return nil
}

func (o *copyOptions) checkForce(from bool) error {
	for _, f := range []struct {
		name, text string
		from       bool
	}{{"force_quote", "COPY force quote", false}, {"force_not_null", "COPY force not null", true}, {"force_null", "COPY force null", true}} {
		switch {
		case !o.given[f.name]:
		case !o.CSV:
			return dberr.New(dberr.FeatureNotSupported, f.text+" available only in CSV mode")
		case f.from != from:
			return dberr.New(dberr.FeatureNotSupported, f.text+" only available using COPY "+map[bool]string{true: "FROM", false: "TO"}[f.from])
		}
	}
	return nil
}

// checkNames checks that the columns of FORCE_NULL and FORCE_NOT_NULL are the table's and in the list.
func (o *copyOptions) checkNames(t *colstore.Table, cols []*colstore.Column) error {
	for _, f := range []struct {
		name string
		set  map[string]bool
	}{{"FORCE_NOT_NULL", o.forceText}, {"FORCE_NULL", o.forceNull}} {
		for name := range f.set {
			if _, ok := t.ColumnByName(name); !ok {
				return dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, t.Name)
			}
			if !slices.ContainsFunc(cols, func(c *colstore.Column) bool { return c.Name == name }) {
				return dberr.Newf(dberr.InvalidColumnReference, "%s column \"%s\" not referenced by COPY", f.name, name)
			}
		}
	}
	return nil
}
