package parquetio

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// File is a Parquet file open for reading.
type File struct {
	in     io.ReaderAt
	size   int64
	footer int64 // its length in bytes
	file   *parquet.File
	cols   []column
	leaves []*parquet.Column // by their places among the chunks of a row group
	groups []parquet.RowGroup
}

// column is one column of the file.
type column struct {
	Column
	leaf   int // its place among the chunks of a row group
	levels int // the definition level of a value that is not NULL: 0 or 1
	typ    parquet.Type
	read   convert
	nest   *nest // of a nested column
}

// Open reads the footer of a file of the given size. The source is not closed by the File.
func Open(in io.ReaderAt, size int64) (*File, error) {
	f := &File{in: in, size: size}
	err := guard(func() error { return f.open() })
	if err != nil {
		return nil, err
	}
	return f, nil
}

// guard runs fn: what the library panics with on damaged input becomes an error.
func guard(fn func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case arena.Exhausted:
			err = p.Err
		default:
			err = damaged("%v", p)
		}
	}()
	err = fn()
	var known *dberr.Error
	if err == nil || err == io.EOF || errors.As(err, &known) {
		return err
	}
	return damaged("%v", err)
}

// footerTail is the length of the footer, and the magic bytes.
const footerTail = 8

func (f *File) open() error {
	if f.size < 4+footerTail {
		return damaged("it has %d bytes", f.size)
	}
	var tail [footerTail]byte
	if _, err := f.in.ReadAt(tail[:], f.size-footerTail); err != nil && err != io.EOF {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	switch {
	case string(tail[4:]) == "PARE":
		return dberr.New(dberr.FeatureNotSupported, "encrypted Parquet files are not supported")
	case string(tail[4:]) != "PAR1":
		return damaged("it does not end with PAR1")
	case length > f.size-4-footerTail:
		return damaged("its footer declares %d bytes, the file has %d", length, f.size)
	}
	f.footer = length
	footer := make([]byte, length)
	if _, err := f.in.ReadAt(footer, f.size-footerTail-length); err != nil && err != io.EOF {
		return err
	}
	if err := checkFooter(footer); err != nil {
		return err
	}
	file, err := parquet.OpenFile(f.in, f.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	f.file, f.groups = file, file.RowGroups()
	for _, c := range file.Root().Columns() {
		f.addLeaves(c)
	}
	if err := f.readColumns(); err != nil {
		return err
	}
	return f.checkGroups()
}

// readColumns finds the columns that the file has.
func (f *File) readColumns() error {
	leaves := leafElements(f.file.Metadata().Schema)
	names := f.recordedTypes()
	seen := map[string]bool{}
	for i, c := range f.file.Root().Columns() {
		if seen[c.Name()] {
			return damaged("two columns have the name %q", c.Name())
		}
		if err := checkText([]byte(c.Name())); err != nil {
			return damaged("the name of column %d is no text", i+1)
		}
		seen[c.Name()] = true
		col := column{Column: Column{Name: c.Name()}, leaf: -1}
		if c.Leaf() && !c.Repeated() {
			if int(c.Index()) >= len(leaves) {
				return damaged("its schema has %d values, column %q is number %d", len(leaves), c.Name(), c.Index()+1)
			}
			col.leaf, col.typ = int(c.Index()), c.Type()
			if c.Optional() {
				col.levels = 1
			}
			if err := col.decide(leaves[col.leaf], names, i); err != nil {
				return err
			}
		} else if n, ok, err := newNest(c, leaves, 0, 0, 0); err != nil && dberr.CodeOf(err) != dberr.FeatureNotSupported {
			return err
		} else if ok {
			name := ""
			if i < len(names) {
				name = names[i]
			}
			col.nest, col.Type = n, n.sqlType(name)
		}
		f.cols = append(f.cols, col)
	}
	return nil
}

// leafElements returns the elements of the schema that have values, in order.
func leafElements(all []format.SchemaElement) []*format.SchemaElement {
	var leaves []*format.SchemaElement
	for i := range all {
		if i > 0 && !all[i].NumChildren.Valid || all[i].Type.Valid {
			leaves = append(leaves, &all[i])
		}
	}
	return leaves
}

// decide finds the type of a column.
func (c *column) decide(e *format.SchemaElement, names []string, i int) error {
	if _, null := e.LogicalType.Value.(*format.NullType); null {
		c.Type, c.read = types.T(types.Text), readNothing
		return nil
	}
	if !e.Type.Valid || parquet.Kind(e.Type.V) != c.typ.Kind() {
		return damaged("the values of column %q are not what its type says", c.Name)
	}
	var err error
	if _, half := e.LogicalType.Value.(*format.Float16Type); half && c.typ.Length() == 2 {
		c.Type, c.read = types.T(types.Float32), readHalf
		return nil
	}
	if e.ConvertedType.Valid && e.ConvertedType.V == deprecated.Interval && c.typ.Length() == 12 {
		c.Type, c.read = types.T(types.Interval), readInterval
		return nil
	}
	if c.Type, c.read, err = readAs(c.typ); err != nil {
		return err
	}
	if i < len(names) && (c.Type.ID == types.Text || c.Type.ID == types.JSON) {
		if id, ok := recorded[names[i]]; ok {
			c.Type, c.read = types.T(id), readParsed
		}
	}
	return nil
}

// recordedTypes are the SQL types that we wrote into the file, nil for other people's files.
func (f *File) recordedTypes() []string {
	var names []string
	if text, ok := f.file.Lookup(typesKey); ok && json.Unmarshal([]byte(text), &names) != nil {
		return nil
	}
	return names
}

// checkGroups checks that the row groups and their chunks fit the file and the schema.
func (f *File) checkGroups() error {
	meta := f.file.Metadata()
	leaves := len(leafElements(meta.Schema))
	for g := range f.groups {
		mg := &meta.RowGroups[g]
		if mg.NumRows < 0 || len(mg.Columns) != leaves || len(f.leaves) != leaves {
			return damaged("row group %d has %d rows in %d columns, the schema has %d", g+1, mg.NumRows, len(mg.Columns), leaves)
		}
		for i := range mg.Columns {
			off, size := chunkRange(&mg.Columns[i].MetaData)
			if off < 0 || size < 0 || off > f.size || size > f.size-off {
				return damaged("row group %d: chunk %d lies outside the file", g+1, i+1)
			}
		}
	}
	return nil
}

// addLeaves adds the columns below c that have values.
func (f *File) addLeaves(c *parquet.Column) {
	if c.Leaf() {
		f.leaves = append(f.leaves, c)
	}
	for _, kid := range c.Columns() {
		f.addLeaves(kid)
	}
}

// chunkRange returns where a column chunk begins and how long it is.
func chunkRange(m *format.ColumnMetaData) (off, size int64) {
	off = m.DataPageOffset
	if m.DictionaryPageOffset != 0 {
		off = m.DictionaryPageOffset
	}
	return off, m.TotalCompressedSize
}

// Columns are the file's columns. Those that cannot be read have the zero type.
func (f *File) Columns() []Column {
	cols := make([]Column, len(f.cols))
	for i, c := range f.cols {
		cols[i] = c.Column
	}
	return cols
}

// Nested returns the error of a column that has no type, nil for the others.
func (f *File) Nested(i int) error {
	if f.cols[i].read != nil || f.cols[i].nest != nil {
		return nil
	}
	return nestedError(f.cols[i].Name)
}

// Groups returns the number of row groups.
func (f *File) Groups() int { return len(f.groups) }

// GroupRows returns the number of rows of a row group, as the footer says.
func (f *File) GroupRows(g int) int64 { return f.file.Metadata().RowGroups[g].NumRows }

// Rows returns the number of all rows, as the footer says.
func (f *File) Rows() int64 {
	n := int64(0)
	for g := range f.groups {
		n += f.GroupRows(g)
	}
	return n
}

// Read starts to read a row group's columns, given by their numbers.
func (f *File) Read(g int, cols []int) (*Rows, error) {
	r := &Rows{group: g, left: f.GroupRows(g)}
	for _, i := range cols {
		if err := f.Nested(i); err != nil {
			return nil, err
		}
		if n := f.cols[i].nest; n != nil {
			r.chunks = append(r.chunks, f.newNestChunk(&f.cols[i], g))
			continue
		}
		m := &f.file.Metadata().RowGroups[g].Columns[f.cols[i].leaf].MetaData
		if m.NumValues != r.left {
			r.Close()
			return nil, place(damaged("%d values in %d rows", m.NumValues, r.left), g, f.cols[i].Name)
		}
		c := &chunk{col: &f.cols[i], group: g, pages: f.pagesOf(f.cols[i].leaf, m)}
		r.chunks = append(r.chunks, c)
	}
	return r, nil
}

// place is an error with row group and column in front.
func place(err error, group int, name string) error {
	var e *dberr.Error
	if !errors.As(err, &e) || e.Column != "" {
		return err
	}
	c := *e
	c.Column = name
	c.Message = fmt.Sprintf("row group %d, column %s: %s", group+1, name, e.Message)
	return &c
}

// IndexOf returns the number of the column with a name, -1 when there is none.
func (f *File) IndexOf(name string) int {
	return slices.IndexFunc(f.cols, func(c column) bool { return c.Name == name })
}
