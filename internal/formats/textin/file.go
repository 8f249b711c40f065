package textin

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/formats/charset"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Format is a kind of text file.
type Format string

// The formats.
const (
	CSV    Format = "csv"
	TSV    Format = "tsv"
	NDJSON Format = "ndjson"
)

// Options say how a file is read. Only Format is required.
type Options struct {
	Format Format
	// Delim separates the fields of CSV; 0 means what the first lines show: a comma, or where the
	// first line has none a semicolon, tab or bar that all of them have as often.
	Delim byte
	// Quote stands around fields of CSV; 0 means ".
	Quote byte
	// NoQuote says that no character stands around fields.
	NoQuote bool
	// Encoding is how the text is encoded, a name of charset.Name; "" means UTF-8, or UTF-16 with a byte order mark.
	Encoding string
	// SkipLines is how many lines at the beginning of the file are left out.
	SkipLines int
	// NoHeader says that the first line has values, not names; columns are then c1, c2, ….
	NoHeader bool
	// FindHeader looks whether the first line of CSV and TSV has values: where some column has a type
	// other than TEXT, and the first line fits the types of all, it does.
	FindHeader bool
	// Known are the names of the columns that the reader knows: where it is not nil, the first line of CSV and
	// TSV is a header if it has just these names, in any order.
	Known []string
	// Skip says that records that cannot be read are left out: see Batch.Rejects.
	Skip bool
	// Comment begins what is no data of CSV, up to the end of the line; 0 for nothing.
	Comment byte
	// Padding says that a record of CSV or TSV may lack its last fields: they are NULL.
	Padding bool
	// MaxRecord is the most bytes of a record of CSV or TSV, 0 for what memory allows.
	MaxRecord int
	Notation
	// Null is the text of a NULL in CSV and TSV, nil for the default ("" and \N).
	Null *string
	// Nulls are further texts of a NULL.
	Nulls []string
	// Workers is how many goroutines parse; 0 means one per processor.
	Workers int
	// BlockBytes is how much is parsed at a time; 0 means a megabyte at first, then a quarter of one. A
	// test option.
	BlockBytes int
	// Types has the time zone that timestamps without one are read in.
	Types types.Context
	// Copy, where it is not nil, reads CSV by the rules of PostgreSQL's COPY.
	Copy *CopyRules
}

// File is a text file being read. See the package comment.
type File struct {
	opts   Options
	cut    *cutter
	csv    *csvScanner // CSV and TSV
	names  []string
	first  *block // the block that Open read to learn the columns
	fields grid   // of first
	run    *pipeline
	skip   []bool // columns that nobody wants; nil for none
}

// Open reads the beginning of a file: its header, or the members of its first objects. The caller
// closes src after Close.
func Open(src io.Reader, opts Options) (*File, error) {
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	first, others := opts.BlockBytes, opts.BlockBytes
	if opts.BlockBytes <= 0 {
		first, others = firstBytes, blockBytes
		if opts.Skip { // a quote that is never closed may spoil the ends of blocks
			others = firstBytes
		}
	}
	f := &File{opts: opts, first: new(block)}
	src = charset.Reader(src, opts.Encoding)
	switch {
	case opts.Copy != nil:
	case opts.Format == NDJSON:
		src = jsonLines(src)
	default:
		src = lineFeeds(src)
	}
	f.csv = newCSVScanner(opts)
	quote := byte(0)
	if f.csv != nil {
		quote = f.csv.quote
	}
	if opts.SkipLines > 0 {
		var err error
		if src, err = withoutLines(src, opts.SkipLines); err != nil {
			return nil, err
		}
	}
	if opts.Comment != 0 && f.csv != nil {
		src = withoutComments(src, opts.Comment, quote)
	}
	f.cut = newCutter(src, quote, first)
	f.cut.skip = opts.Skip
	f.cut.line += opts.SkipLines
	if opts.Copy != nil {
		f.cut.size, f.cut.any = others, true
		return f, f.beginCopy()
	}
	if err := f.readFirst(); err != nil {
		return nil, err
	}
	f.cut.size = others
	if opts.Format == CSV && opts.Delim == 0 {
		f.csv.delim = sniff(f.first.data(), quote, opts.DecimalComma)
	}
	if f.csv != nil {
		f.cut.delim = f.csv.delim
	}
	if err := f.learn(); err != nil {
		return nil, err
	}
	return f, nil
}

// Delim is what separates the fields of CSV and TSV.
func (f *File) Delim() byte {
	if f.csv == nil {
		return 0
	}
	return f.csv.delim
}

// Quote is what may stand around fields of CSV, 0 for nothing.
func (f *File) Quote() byte {
	if f.csv == nil {
		return 0
	}
	return f.csv.quote
}

// HasHeader reports whether the first line of CSV and TSV has the names of the columns.
func (f *File) HasHeader() bool { return f.csv != nil && !f.opts.NoHeader }

// FirstLines is about how many lines Guess looks at.
func (f *File) FirstLines() int { return bytes.Count(f.first.data(), []byte{'\n'}) }

// readFirst reads the first block that has more than empty lines, if there is one.
func (f *File) readFirst() error {
	err := f.cut.next(f.first)
	f.first.skipMark()
	for err == nil && onlyEmptyLines(f.first.data(), f.opts.Comment != 0) {
		err = f.cut.next(f.first)
	}
	if err == io.EOF {
		f.first.raw = make([]byte, pad)
		return nil
	}
	return err
}

// onlyEmptyLines reports whether b has nothing but ends of lines, \n and \r\n, and comments.
func onlyEmptyLines(b []byte, comments bool) bool {
	for len(b) > 0 {
		if n := commentEnd(b); comments && n > 0 {
			b = b[n:]
			continue
		}
		rest, ok := bytes.CutPrefix(bytes.TrimPrefix(b, []byte{'\r'}), []byte{'\n'})
		if !ok {
			return false
		}
		b = rest
	}
	return true
}

// newCSVScanner returns the scanner of CSV and TSV, nil for NDJSON.
func newCSVScanner(opts Options) *csvScanner {
	s := &csvScanner{delim: ',', quote: '"', comments: opts.Comment != 0, padding: opts.Padding, most: opts.MaxRecord}
	switch opts.Format {
	case NDJSON:
		return nil
	case TSV:
		s.delim, s.quote, s.null, s.escapes = '\t', 0, []byte(`\N`), true
	}
	if opts.Delim != 0 {
		s.delim = opts.Delim
	}
	if opts.Quote != 0 && s.quote != 0 {
		s.quote = opts.Quote
	}
	if opts.NoQuote {
		s.quote = 0
	}
	if opts.Null != nil {
		s.null = []byte(*opts.Null)
	}
	for _, text := range opts.Nulls {
		s.nulls = append(s.nulls, []byte(text))
	}
	s.copy = opts.Copy
	return s
}

// byteOrderMark may begin text in UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// skipMark drops a byte order mark.
func (b *block) skipMark() {
	if bytes.HasPrefix(b.data(), []byte(byteOrderMark)) {
		b.raw = append(b.raw[:pad], b.raw[pad+3:]...)
	}
}

// learn finds the file's columns and their values in its first block.
func (f *File) learn() error {
	if f.csv == nil {
		s := newJSONScanner(nil)
		s.learn = true
		err := s.scan(f.first, &f.fields)
		f.names = s.names
		return err
	}
	if err := f.header(); err != nil {
		return err
	}
	return f.csv.scan(f.first, &f.fields)
}

// maxName is the longest name of a column, in bytes.
const maxName = 255

// header takes the names of the columns from the first record.
func (f *File) header() error {
	fields, next, err := f.csv.record(f.first)
	if err != nil {
		return err
	}
	if f.opts.Known != nil && HeaderOrder(fields, f.opts.Known) == nil {
		f.opts.NoHeader = true
	}
	if f.opts.NoHeader || f.opts.Known == nil && f.opts.FindHeader && f.valuesFirst(fields) {
		f.opts.NoHeader = true
		f.csv.names = nil
		for i := range fields {
			f.csv.names = append(f.csv.names, "c"+itoa(i+1))
		}
		f.names = f.csv.names
		return nil
	}
	nameFields(fields)
	for i, name := range fields {
		switch {
		case len(name) > maxName:
			return f.first.errorf(0, "", dberr.BadCopyFileFormat, "field %d of the header is longer than %d bytes", i+1, maxName).
				WithHint("The first line must hold the columns' names.")
		case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
			return f.first.errorf(0, "", dberr.CharacterNotInRepertoire, "field %d of the header is not UTF-8", i+1)
		}
	}
	f.csv.names, f.names = fields, fields
	f.first.line += bytes.Count(f.first.data()[:next], []byte{'\n'})
	f.first.raw = append(f.first.raw[:pad], f.first.raw[pad+next:]...)
	return nil
}

// HeaderOrder returns, for each of the names, which of the fields of a first line it is, whatever its case; nil
// where the line is not made of these names.
func HeaderOrder(fields, names []string) []int {
	if len(fields) != len(names) {
		return nil
	}
	order, taken := make([]int, len(names)), make([]bool, len(names))
	for i, name := range names {
		at := slices.Index(fields, name)
		if at < 0 {
			at = slices.IndexFunc(fields, func(f string) bool { return strings.EqualFold(f, name) })
		}
		if at < 0 || taken[at] {
			return nil
		}
		order[i], taken[at] = at, true
	}
	return order
}

// nameFields makes names of columns of the fields of a header: without blanks around them; an empty one is that of its
// place, as without a header, and one that was there before gets a number.
func nameFields(fields []string) {
	seen := make(map[string]bool)
	for i, name := range fields {
		if name = strings.TrimSpace(name); name == "" {
			name = "c" + itoa(i+1)
		}
		fields[i] = name
		for n := 1; seen[fields[i]]; n++ {
			fields[i] = name + "_" + itoa(n)
		}
		seen[fields[i]] = true
	}
}

// valuesFirst reports whether the first record looks like one of values; see FindHeader.
func (f *File) valuesFirst(record []string) bool {
	if !slices.ContainsFunc(record, startsValue) {
		return false
	}
	f.csv.names = record
	if err := f.csv.scan(f.first, &f.fields); err != nil || f.fields.rows == 0 {
		return false // the next scan meets it again
	}
	typed, data := false, f.first.data()
	for c := range record {
		first := f.opts.Notation.shapeOf(data, f.first.raw, f.fields.spans[c], false)
		var rest shape
		for k := c + len(record); k < len(f.fields.spans); k += len(record) {
			rest |= f.opts.Notation.shapeOf(data, f.first.raw, f.fields.spans[k], false)
		}
		if f.fields.rows == 1 {
			rest = first
		}
		if rest.isText() {
			continue
		}
		if typed = true; (first | rest).isText() {
			return false
		}
	}
	return typed
}

// startsValue reports whether a field may be a value of a type other than TEXT.
func startsValue(field string) bool {
	return field != "" && (field[0] == '-' || isDigit(field[0]) || strings.EqualFold(field, "true") || strings.EqualFold(field, "false"))
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + string(rune('0'+i%10))
}

// Names returns the names of the file's columns; for NDJSON those seen in the first block.
func (f *File) Names() []string { return f.names }

// Guess proposes the file's columns from its first block. It is called before the rows are read.
func (f *File) Guess() []Column { return f.GuessSome(func(string) bool { return true }) }

// GuessSome is Guess for those columns whose types are wanted; what it says of the others means nothing.
func (f *File) GuessSome(wanted func(name string) bool) []Column {
	shapes, json := make([]shape, len(f.names)), f.csv == nil
	for c, name := range f.names {
		if wanted(name) {
			shapes[c] = f.first.shapeOf(&f.fields, c, json, &f.opts.Notation)
		}
	}
	return columnsOf(f.names, shapes, json)
}

func columnsOf(names []string, shapes []shape, json bool) []Column {
	cols := make([]Column, len(names))
	for i, n := range names {
		cols[i] = Column{Name: n, Type: shapes[i].typeOf(json)}
	}
	return cols
}

// Infer reads the whole file and proposes its columns. The file cannot be read afterwards.
func (f *File) Infer(ctx context.Context) ([]Column, error) {
	names, shapes := f.names, make([]shape, len(f.names))
	f.start(ctx, func(w *worker, b *block) (*Batch, error) { return w.infer(b) }, nil)
	defer f.Close()
	index := make(map[string]int)
	for i, n := range names {
		index[n] = i
	}
	for {
		got, err := f.run.next()
		if err == io.EOF {
			return columnsOf(names, shapes, f.csv == nil), nil
		}
		if err != nil {
			return nil, err
		}
		for i, n := range got.names {
			at, ok := index[n]
			if !ok {
				at = len(names)
				index[n] = at
				names, shapes = append(names[:at:at], n), append(shapes[:at:at], 0)
			}
			shapes[at] |= got.shapes[i]
		}
	}
}

// Read starts to read the rows as the given columns: for CSV and TSV all of the file's, in its
// order; for NDJSON those that its objects may have.
func (f *File) Read(ctx context.Context, cols []Column) error {
	if f.csv != nil && len(cols) != len(f.csv.names) {
		return dberr.Bug("file of %d columns read as %d", len(f.csv.names), len(cols))
	}
	f.start(ctx, func(w *worker, b *block) (*Batch, error) { return w.parse(b) }, cols)
	return nil
}

// ReadSome is Read, but the values of the columns that skip marks are not looked at; their vectors
// are empty.
func (f *File) ReadSome(ctx context.Context, cols []Column, skip []bool) error {
	f.skip = skip
	return f.Read(ctx, cols)
}

// Next returns the next rows, or io.EOF after the last.
func (f *File) Next() (*Batch, error) { return f.run.next() }

// Close stops reading. It does not close the source.
func (f *File) Close() {
	if f.run != nil {
		f.run.stop()
	}
}

// Batch is the rows of a block. Release gives its memory back.
type Batch struct {
	vec.Batch
	// Bytes is how much of the file the rows were read from.
	Bytes int
	// Rejects are the records of the block that could not be read, in the order of their lines.
	Rejects []Reject

	line   int   // of the first row
	lines  []int // of every row, nil when each row has one line
	stores []store
	home   *pipeline
	names  []string // Infer: the columns of the block and their forms
	shapes []shape
}

// Line returns the line of the file that a row begins on.
func (b *Batch) Line(row int) int {
	if b.lines != nil {
		return b.lines[row]
	}
	return b.line + row
}

// Release lets the memory of the batch be used again.
func (b *Batch) Release() {
	select {
	case b.home.free <- b:
	default:
	}
}
