package files

import (
	"context"
	"io"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// Table is files read as a table. It implements plan.Source; columns of a ScanSpec are indexes
// of Columns.
type Table struct {
	opts   Options
	files  []tableFile
	cols   []Column
	places map[string]int // of cols, by their names
	rows   int64          // of all files, -1 when not known
}

// tableFile is one file of a table.
type tableFile struct {
	path string
	from []int // for each column of the table, the file's column, -1 or fromPath
	// fixed are the values of the columns that have one for the whole file, by the number of the column.
	fixed map[int]types.Value
}

// fromPath is the place of a column whose value the file's path says.
const fromPath = -2

// Open finds the files and their columns.
func Open(ctx context.Context, paths []string, opts Options) (*Table, error) {
	opts.streams = new(streams)
	t := &Table{opts: opts, places: map[string]int{}}
	var all []string
	for _, p := range paths {
		more, err := expand(p)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if len(all) == 0 {
		return nil, dberr.New(dberr.InvalidParameterValue, "no file is named")
	}
	for i, p := range all {
		if err := t.add(ctx, p, i == 0); err != nil {
			return nil, err
		}
	}
	if err := t.addPartitions(); err != nil {
		return nil, err
	}
	if opts.Filename {
		t.addFixed(Column{"filename", types.T(types.Text)}, func(path string) types.Value { return types.BytesValue(types.T(types.Text), path) })
	}
	if len(t.cols) == 0 {
		return nil, dberr.Newf(dberr.BadCopyFileFormat, "%s: the file has no columns", all[0])
	}
	return t, t.checkTypes()
}

// checkTypes refuses types declared for columns that there are not.
func (t *Table) checkTypes() error {
	for name := range t.opts.Types {
		if !slices.ContainsFunc(t.cols, func(c Column) bool { return c.Name == name || strings.ToLower(c.Name) == name }) {
			return dberr.Newf(dberr.UndefinedColumn, "%s: the file has no column \"%s\"", t.Name(), name)
		}
	}
	return nil
}

// placesOf returns the places of columns by their names; of those with one name the first.
func placesOf(cols []Column) map[string]int {
	places := make(map[string]int, len(cols))
	for i, c := range cols {
		if _, ok := places[c.Name]; !ok {
			places[c.Name] = i
		}
	}
	return places
}

// place is what a map of places says, -1 where there is none.
func place(places map[string]int, name string) int {
	if at, ok := places[name]; ok {
		return at
	}
	return -1
}

// add adds a file.
func (t *Table) add(ctx context.Context, path string, first bool) error {
	r, err := openReader(ctx, path, &t.opts)
	if err != nil {
		return err
	}
	defer r.close()
	cols := r.columns()
	f := tableFile{path: path}
	if first || t.opts.UnionByName {
		if err := t.widen(cols, path); err != nil {
			return err
		}
	}
	places := placesOf(cols)
	for _, want := range t.cols {
		at := place(places, want.Name)
		f.from = append(f.from, at)
		switch {
		case at < 0 && !t.opts.UnionByName:
			return dberr.Newf(dberr.UndefinedColumn, "%s: the file has no column \"%s\", which the first file has", path, want.Name).
				WithHint("union_by_name => true takes the columns of all files.")
		case at >= 0 && isTyped(r) && cols[at].Type != want.Type:
			return dberr.Newf(dberr.DatatypeMismatch, "%s: column \"%s\" is of type %s, in the first file of type %s", path, want.Name, cols[at].Type, want.Type)
		}
	}
	t.files = append(t.files, f)
	t.count(r, first)
	return nil
}

// isTyped reports whether a file's values have types of their own.
func isTyped(r reader) bool {
	_, text := r.(*textReader)
	return !text
}

// widen adds the columns that the table lacks, and gives those of text files a type for both.
func (t *Table) widen(cols []Column, path string) error {
	own := placesOf(cols)
	for i, c := range cols {
		at := place(t.places, c.Name)
		switch {
		case own[c.Name] < i:
			return dberr.Newf(dberr.DuplicateColumn, "%s: column \"%s\" appears twice", path, c.Name)
		case at < 0:
			t.places[c.Name] = len(t.cols)
			t.cols = append(t.cols, c)
		default:
			t.cols[at].Type = common(t.cols[at].Type, c.Type)
		}
	}
	return nil
}

// common is the type that the values of a column in two text files have.
func common(a, b types.Type) types.Type {
	number := func(t types.Type) bool { return t.IsNumber() && (t.ID != types.Numeric || t.Prec == 0) }
	switch {
	case a == b:
		return a
	case number(a) && number(b):
		return types.T(types.Numeric)
	case a.ID == types.Date && b.ID == types.Timestamp, a.ID == types.Timestamp && b.ID == types.Date:
		return types.T(types.Timestamp)
	}
	return types.T(types.Text)
}

// addFixed adds a column that has one value for each file.
func (t *Table) addFixed(c Column, value func(path string) types.Value) {
	for i := range t.files {
		f := &t.files[i]
		for len(f.from) < len(t.cols) {
			f.from = append(f.from, -1)
		}
		f.from = append(f.from, fromPath)
		if f.fixed == nil {
			f.fixed = map[int]types.Value{}
		}
		f.fixed[len(t.cols)] = value(f.path)
	}
	t.cols = append(t.cols, c)
}

func (t *Table) count(r reader, first bool) {
	if first {
		t.rows = 0
	}
	for u := range r.units() {
		n := r.rows(u)
		if n < 0 || t.rows < 0 || t.rows+n < 0 {
			t.rows = -1
			return
		}
		t.rows += n
	}
}

// Columns are the table's columns.
func (t *Table) Columns() []Column { return t.cols }

// Nested is the error of a column that cannot be read, nil for the others.
func (t *Table) Nested(i int) error {
	if t.cols[i].Type == (types.Type{}) {
		return dberr.Newf(dberr.FeatureNotSupported, "column \"%s\" is of a type that is not supported", t.cols[i].Name)
	}
	return nil
}

// Name is the table's name in EXPLAIN and in errors.
func (t *Table) Name() string {
	if len(t.files) > 1 {
		return t.files[0].path + " and others"
	}
	return t.files[0].path
}

// Alias is the name that a file has without an alias: that of the file, without folder and endings.
func Alias(path string) string {
	path = path[strings.LastIndexAny(path, `/\`)+1:]
	if dot := strings.IndexByte(path, '.'); dot > 0 {
		path = path[:dot]
	}
	return path
}

// Source returns the table as the executor reads it.
func (t *Table) Source() plan.Source {
	if t.rows >= 0 {
		return counted{t}
	}
	return t
}

// counted is a table whose files say how many rows they have.
type counted struct{ *Table }

// Stats implements the interface by which the optimizer asks for statistics.
func (c counted) Stats() colstore.TableStats { return colstore.TableStats{Rows: c.rows} }

// CountRows implements the interface by which the optimizer asks how many rows there are.
func (c counted) CountRows() (int64, error) { return c.rows, nil }

// unit is a part of a file that is read independently.
type unit struct {
	file int
	r    reader
	at   int
	rows int64
}

// scan is an open scan of the files. It implements plan.Rows and plan.Streamer.
type scan struct {
	t       *Table
	ctx     context.Context
	spec    colstore.ScanSpec
	readers []reader
	units   []unit
}

// Open implements plan.Source.
func (t *Table) Open(ctx context.Context, spec colstore.ScanSpec) (plan.Rows, error) {
	s := &scan{t: t, ctx: ctx, spec: spec}
	number := t.opts.Rejects.begin()
	for i := range t.files {
		opts := t.opts
		opts.rejects = fileLog{log: opts.Rejects, scan: number, file: int64(i), limit: opts.RejectLimit}
		if t.opts.Columns == nil {
			opts.Columns = t.declared(i)
		}
		r, err := openReader(ctx, t.files[i].path, &opts)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.readers = append(s.readers, r)
		if err := s.plan(i, r); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// declared are the columns of a file in its own order, so that their types are not looked for
// again; nil when the table does not have all of them.
func (t *Table) declared(file int) []Column {
	from := t.files[file].from
	place, has := make([]int, len(from)+1), 0 // of the file's columns in the table, and one more
	for at, of := range from {
		if of >= 0 && of < len(from) {
			place[of] = at + 1
		}
		if of >= 0 {
			has++
		}
	}
	var cols []Column
	for _, at := range place {
		if at == 0 {
			break
		}
		cols = append(cols, t.cols[at-1])
	}
	if has != len(cols) || has == 0 {
		return nil
	}
	return cols
}

// plan lists the units of a file in which something may match.
func (s *scan) plan(file int, r reader) error {
	from := s.t.files[file].from
	cols := r.columns()
	for c, at := range from {
		if at >= 0 && (at >= len(cols) || cols[at].Name != s.t.cols[c].Name) {
			return dberr.Newf(dberr.ObjectNotInPrerequisite, "file \"%s\" has changed while it was read", s.t.files[file].path)
		}
	}
	var filters []colstore.Filter
	for _, f := range s.spec.Filters {
		if at := from[f.Column]; at >= 0 && cols[at].Type == s.t.cols[f.Column].Type {
			f.Column = uint32(at)
			filters = append(filters, f)
		}
	}
	without := s.t.files[file].without(s.spec.Filters)
	for u := range r.units() {
		n := r.rows(u)
		if n == 0 || without || r.excludes(u, filters) {
			n = 0
		}
		s.units = append(s.units, unit{file, r, u, n})
	}
	return nil
}

// without reports whether a value of the whole file says that no row of it matches.
func (f *tableFile) without(filters []colstore.Filter) bool {
	for _, x := range filters {
		if v, ok := f.fixed[int(x.Column)]; ok && v.Valid && v.Type == firstType(x) && outside(&x, v, v) {
			return true
		}
	}
	return false
}

// firstType is the type of a filter's values.
func firstType(f colstore.Filter) (t types.Type) {
	if len(f.Values) > 0 {
		t = f.Values[0].Type
	}
	return t
}

// Groups implements plan.Rows.
func (s *scan) Groups() int { return len(s.units) }

// unknownRows is what a unit that does not know its rows counts as: not few.
const unknownRows = 1 << 20

// GroupRows implements plan.Rows.
func (s *scan) GroupRows(i int) int {
	if n := s.units[i].rows; n >= 0 {
		return int(min(n, 1<<30))
	}
	return unknownRows
}

// Load implements plan.Rows. Units are streamed: see Stream.
func (s *scan) Load(int, *colstore.Group) error {
	return dberr.Bug("a file's rows are streamed, not loaded")
}

// Stream implements plan.Streamer.
func (s *scan) Stream(i int, fn func(*colstore.Group) error) error {
	return s.stream(i, func() {}, fn)
}

// stream is Stream; settle is called before the memory of the last pieces ends.
func (s *scan) stream(i int, settle func(), fn func(*colstore.Group) error) error {
	u := s.units[i]
	path := s.t.files[u.file].path
	from := s.t.files[u.file].from
	var cols []int
	var as []types.Type
	for _, id := range s.spec.Columns {
		if err := s.t.Nested(int(id)); err != nil {
			return err
		}
		if at := from[id]; at >= 0 {
			cols, as = append(cols, at), append(as, s.t.cols[id].Type)
		}
	}
	if len(s.spec.Columns) == 0 && u.rows >= 0 {
		return s.countOnly(u, fn)
	}
	rows, err := u.r.read(s.ctx, u.at, cols, as)
	if err != nil {
		return inFile(err, path)
	}
	defer rows.close()
	defer settle()
	for {
		b, err := rows.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return inFile(err, path)
		}
		if err := fn(s.group(b, &s.t.files[u.file])); err != nil {
			return err
		}
	}
}

// countOnly hands out the rows of a unit of which no column is wanted.
func (s *scan) countOnly(u unit, fn func(*colstore.Group) error) error {
	for left := u.rows; left > 0; left -= batchRows {
		if err := fn(&colstore.Group{N: int(min(left, batchRows))}); err != nil {
			return err
		}
	}
	return nil
}

// group puts the columns that the file has, and those that it lacks, where the scan wants them.
func (s *scan) group(b *vec.Batch, f *tableFile) *colstore.Group {
	g := &colstore.Group{N: b.N, Live: b.Sel, Cols: make([]vec.Vec, len(s.spec.Columns))}
	k := 0
	for i, id := range s.spec.Columns {
		switch f.from[id] {
		case fromPath:
			g.Cols[i] = vec.Repeat(f.fixed[int(id)], b.N)
		case -1:
			g.Cols[i] = nulls(s.t.cols[id].Type, b.N)
		default:
			g.Cols[i] = b.Cols[k]
			k++
		}
	}
	return g
}

// nulls is a column of n NULLs.
func nulls(t types.Type, n int) vec.Vec {
	v := vec.Vec{Type: t, Form: vec.Const, N: n, Valid: make([]uint64, 1)}
	if size := t.Class().Size(); t.Class() == types.Bytes {
		v.Offs = []int32{0, 0}
	} else {
		v.Data = vec.BytesOf(make([]uint64, (max(size, 8)+7)/8))
	}
	return v
}

// Close implements plan.Rows.
func (s *scan) Close() {
	for _, r := range s.readers {
		r.close()
	}
}
