package parquetio

import (
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/formats/rowtext"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Lists of values are read as arrays; deeper lists, structs and maps as JSONB. The levels of a
// value say how much of what is around it is there, and which list it goes on with.

// shape is what a node of a nested column is.
type shape uint8

const (
	aValue shape = iota
	aList
	aMap
	aStruct
)

// nest is a node of a nested column.
type nest struct {
	shape    shape
	name     string
	optional bool
	def      byte // the definition level at which the node is there
	elemDef  byte // of a list or map: at which it has an element
	rep      byte // of a list or map: the repetition level of its further elements
	kids     []*nest
	leaf     *nestLeaf
	leaves   []*nestLeaf // all below
}

// nestLeaf is a column of values.
type nestLeaf struct {
	index int // its place among the chunks of a row group
	typ   types.Type
	read  convert
	def   byte // the definition level of a value

	defs, reps []byte // of the row group, a level each for every entry
	values     vec.Vec
	at, value  int // the next entry and value
}

// maxNesting bounds the depth of a column.
const maxNesting = 64

// newNest returns the tree of a column. ok is false for one that cannot be read.
func newNest(c *parquet.Column, leaves []*format.SchemaElement, def, rep byte, depth int) (n *nest, ok bool, err error) {
	if depth > maxNesting {
		return nil, false, damaged("column %q is nested too deeply", c.Name())
	}
	n = &nest{name: c.Name(), optional: c.Optional(), def: def}
	if c.Optional() {
		n.def++
	}
	if c.Repeated() { // a list of old writers, without a group around it
		n.shape, n.elemDef, n.rep = aList, def+1, rep+1
		kid := *n
		kid.shape, kid.optional, kid.def = aValue, false, def+1
		if ok, err := kid.fill(c, leaves, rep+1, depth); !ok || err != nil {
			return nil, ok, err
		}
		n.kids, n.leaves = []*nest{&kid}, kid.leaves
		return n, true, nil
	}
	ok, err = n.fill(c, leaves, rep, depth)
	return n, ok, err
}

// fill finds what the node is, whose own level is counted.
func (n *nest) fill(c *parquet.Column, leaves []*format.SchemaElement, rep byte, depth int) (bool, error) {
	if c.Leaf() {
		return n.fillLeaf(c, leaves)
	}
	kids := c.Columns()
	n.shape = aStruct
	def := n.def
	if len(kids) == 1 && kids[0].Repeated() {
		inner := kids[0]
		n.shape, n.elemDef, n.rep = aList, def+1, rep+1
		def, rep = def+1, rep+1
		switch {
		case inner.Leaf():
			kids = nil
		case len(inner.Columns()) == 2 && (inner.Name() == "key_value" || inner.Name() == "map"):
			n.shape, kids = aMap, inner.Columns()
		case len(inner.Columns()) == 1:
			kids = inner.Columns()
		default:
			kids = nil
		}
		if kids == nil { // the repeated node itself is the element
			kid := &nest{name: inner.Name(), def: def}
			if ok, err := kid.fill(inner, leaves, rep, depth+1); !ok || err != nil {
				return ok, err
			}
			n.kids, n.leaves = []*nest{kid}, kid.leaves
			return true, nil
		}
	}
	for _, k := range kids {
		kid, ok, err := newNest(k, leaves, def, rep, depth+1)
		if !ok || err != nil {
			return ok, err
		}
		n.kids, n.leaves = append(n.kids, kid), append(n.leaves, kid.leaves...)
	}
	return len(n.leaves) > 0, nil
}

func (n *nest) fillLeaf(c *parquet.Column, leaves []*format.SchemaElement) (bool, error) {
	i := int(c.Index())
	if i >= len(leaves) {
		return false, damaged("its schema has %d values, %q is number %d", len(leaves), c.Name(), i+1)
	}
	col := column{Column: Column{Name: c.Name()}, typ: c.Type()}
	if err := col.decide(leaves[i], nil, 0); err != nil {
		return false, err
	}
	n.leaf = &nestLeaf{index: i, typ: col.Type, read: col.read, def: n.def}
	n.leaves = []*nestLeaf{n.leaf}
	return col.read != nil, nil
}

// sqlType returns what the column is read as: name is what we recorded of our own files.
func (n *nest) sqlType(name string) types.Type {
	if n.shape != aList || n.kids[0].shape != aValue {
		return types.T(types.JSONB)
	}
	leaf := n.kids[0].leaf
	if own, ok := recordedArrays[name]; ok && leaf.typ.ID == types.Text {
		if elem := own.Elem(); elem.ID != types.Text {
			leaf.typ, leaf.read = elem, readParsed
		}
	}
	if leaf.typ.ID == types.JSON || leaf.typ.ID == types.JSONB && name == "" {
		return types.T(types.JSONB)
	}
	return leaf.typ.Array()
}

// nestChunk reads a nested column of one row group. Its levels and values are read at once.
type nestChunk struct {
	col   *column
	root  *nest
	group int
	file  *File
	ready bool
}

// next implements columnReader.
func (c *nestChunk) next(n int, a *arena.Arena) (vec.Vec, error) {
	if !c.ready {
		for _, l := range c.root.leaves {
			if err := l.load(c.file, c.group); err != nil {
				return vec.Vec{}, err
			}
		}
		c.ready = true
	}
	b := newBuilder(c.col.Type, n, a)
	one := packed{offs: []int32{0, 0}, n: 1}
	for range n {
		s, null, err := c.row()
		if err != nil {
			return vec.Vec{}, err
		}
		var levels []byte
		if null {
			levels = []byte{0}
		}
		one.heap, one.offs[1] = s, int32(len(s))
		if _, err := b.add(&one, nil, 0, 1, levels); err != nil {
			return vec.Vec{}, err
		}
	}
	return b.vector(), nil
}

func (c *nestChunk) close() {}

// row returns the next value in the form that is stored.
func (c *nestChunk) row() (form []byte, null bool, err error) {
	if c.root.absent() {
		return nil, true, c.root.pass()
	}
	if c.col.Type.IsArray() {
		var elems []types.Value
		err := c.root.elements(func(kid *nest) error {
			v, err := kid.scalar()
			elems = append(elems, v)
			return err
		})
		if err != nil {
			return nil, false, err
		}
		v, err := types.List(elems).Value(c.col.Type)
		return []byte(v.S), false, err
	}
	text, err := c.root.append(nil)
	if err != nil {
		return nil, false, err
	}
	s, err := types.NormalJSON(string(text))
	return []byte(s), false, err
}

// level returns the definition level of the next entry, 0 at the end.
func (l *nestLeaf) level() byte {
	if l.at < len(l.defs) {
		return l.defs[l.at]
	}
	return 0
}

// pass goes past the next entry.
func (l *nestLeaf) pass() error {
	if l.at >= len(l.defs) {
		return damaged("the values of a nested column end before its rows")
	}
	if l.defs[l.at] == l.def {
		l.value++
	}
	l.at++
	return nil
}

// absent reports whether the node is NULL.
func (n *nest) absent() bool { return n.optional && n.leaves[0].level() < n.def }

// pass goes past the node in all columns.
func (n *nest) pass() error {
	for _, l := range n.leaves {
		if err := l.pass(); err != nil {
			return err
		}
	}
	return nil
}

// elements calls fn before every element of a list or map.
func (n *nest) elements(fn func(kid *nest) error) error {
	first := n.leaves[0]
	if first.level() < n.elemDef {
		return n.pass()
	}
	for {
		for _, kid := range n.kids {
			if err := fn(kid); err != nil {
				return err
			}
		}
		if first.at >= len(first.reps) || first.reps[first.at] < n.rep {
			return nil
		}
	}
}

// scalar returns the next value.
func (n *nest) scalar() (types.Value, error) {
	l := n.leaf
	if l.level() < l.def {
		return types.NullOf(l.typ), l.pass()
	}
	if l.value >= l.values.N {
		return types.Value{}, damaged("%d values for more entries", l.values.N)
	}
	v := l.values.Value(l.value)
	return v, l.pass()
}

// append prints the node as JSON.
func (n *nest) append(dst []byte) ([]byte, error) {
	if n.absent() {
		return append(dst, "null"...), n.pass()
	}
	var err error
	switch n.shape {
	case aValue:
		v, err := n.scalar()
		return rowtext.AppendJSONValue(dst, types.Context{}, v), err
	case aList:
		dst = append(dst, '[')
		empty := true
		err = n.elements(func(kid *nest) (err error) {
			if !empty {
				dst = append(dst, ',')
			}
			empty = false
			dst, err = kid.append(dst)
			return err
		})
		return append(dst, ']'), err
	case aMap:
		dst = append(dst, '{')
		empty := true
		err = n.elements(func(kid *nest) (err error) {
			if kid != n.kids[0] {
				dst, err = kid.append(append(dst, ':'))
				return err
			}
			if !empty {
				dst = append(dst, ',')
			}
			empty = false
			key, err := kid.append(nil)
			if len(key) == 0 || key[0] != '"' {
				key = rowtext.AppendJSONString(nil, key)
			}
			dst = append(dst, key...)
			return err
		})
		return append(dst, '}'), err
	}
	dst = append(dst, '{')
	for i, kid := range n.kids {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = kid.append(append(rowtext.AppendJSONString(dst, []byte(kid.name)), ':')); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// load reads the levels and values of a row group.
func (l *nestLeaf) load(f *File, g int) error {
	m := &f.file.Metadata().RowGroups[g].Columns[l.index].MetaData
	if m.NumValues < 0 || m.NumValues > math.MaxInt32 {
		return damaged("a column of %d values", m.NumValues)
	}
	l.defs, l.reps, l.at, l.value = nil, nil, 0, 0
	c := &chunk{col: &column{Column: Column{Type: l.typ}, read: l.read}, group: g, pages: f.pagesOf(l.index, m)}
	defer c.close()
	b := newBuilder(l.typ, 0, nil)
	for {
		page, err := c.pages.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := l.take(c, page, b); err != nil {
			return err
		}
	}
	l.values = b.vector()
	return nil
}

// take adds the entries of a page.
func (l *nestLeaf) take(c *chunk, page *page, b *builder) error {
	if page.defs == nil {
		for range page.entries {
			l.defs = append(l.defs, l.def)
		}
	}
	l.defs = append(l.defs, page.defs...)
	if page.reps == nil {
		page.reps = make([]byte, page.entries)
	}
	l.reps = append(l.reps, page.reps...)
	if page.defs != nil && (c.pages.maxDef != l.def || slices.Max(page.defs) > l.def) {
		return damaged("definition levels of %d, not of %d", c.pages.maxDef, l.def)
	}
	have, err := c.valuesOf(page)
	if err != nil {
		return err
	}
	if page.values > have {
		return damaged("a page has %d values for %d entries", have, page.values)
	}
	from := &c.values
	if c.codes != nil {
		from = &c.dict
	}
	b.reserve(page.values)
	_, err = b.add(from, c.codes, 0, page.values, nil)
	return err
}

// nestedError is the error of a column that cannot be read.
func nestedError(name string) error {
	return dberr.Newf(dberr.FeatureNotSupported, "column \"%s\" of the Parquet file is of a type that is not supported", name)
}

// newNestChunk returns a reader of a nested column with levels of its own.
func (f *File) newNestChunk(col *column, g int) *nestChunk {
	return &nestChunk{col: col, root: col.nest.clone(), group: g, file: f}
}

// clone returns a tree whose leaves are read apart from those of n.
func (n *nest) clone() *nest {
	c := *n
	c.leaves, c.kids = nil, nil
	if n.leaf != nil {
		leaf := *n.leaf
		c.leaf, c.leaves = &leaf, []*nestLeaf{&leaf}
	}
	for _, k := range n.kids {
		kid := k.clone()
		c.kids, c.leaves = append(c.kids, kid), append(c.leaves, kid.leaves...)
	}
	return &c
}

// guard implements columnReader.
func (c *nestChunk) guard(fn func() error) error { return place(guard(fn), c.group, c.col.Name) }
