package parquetio

import (
	"sync"

	"github.com/parquet-go/parquet-go/compress"

	"driftdb/internal/dberr"
	"driftdb/internal/fork"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// rowGroup gathers the rows of a row group, column by column, and encodes them.
type rowGroup struct {
	cols   []Column
	leaves []leaf
	rows   int
	bytes  int           // of texts and lists
	done   chan struct{} // closed when it is encoded
	err    error         // of the encoding
}

func newRowGroup(cols []Column) *rowGroup {
	g := &rowGroup{cols: cols, leaves: make([]leaf, len(cols)), done: make(chan struct{})}
	for i, c := range cols {
		g.leaves[i] = newLeaf(c)
	}
	return g
}

// empty returns another row group of the same columns.
func (g *rowGroup) empty() *rowGroup { return newRowGroup(g.cols) }

func (g *rowGroup) reset() {
	g.rows, g.bytes, g.done = 0, 0, make(chan struct{})
	for i := range g.leaves {
		g.leaves[i].reset()
	}
}

// add adds the n selected rows of a batch.
func (g *rowGroup) add(b *vec.Batch, n int) error {
	g.rows += n
	g.bytes = 0
	for i := range g.leaves {
		l := &g.leaves[i]
		if err := l.add(&b.Cols[i], b.Sel, n); err != nil {
			return err
		}
		if l.lists || l.typ.Class() == types.Bytes {
			g.bytes += l.store.size()
		}
	}
	return nil
}

// encode encodes the columns in so many goroutines, this one among them.
func (g *rowGroup) encode(codec compress.Codec, threads int) {
	defer close(g.done)
	memory := sync.Pool{New: func() any { return new(pages) }}
	g.err = fork.Each(threads, len(g.leaves), func(i int) error {
		p := memory.Get().(*pages)
		defer memory.Put(p)
		return g.leaves[i].encode(codec, p)
	})
}

// leaf gathers one column. The level of a row says how much of it is there: all, when it is that
// of a value, else it is NULL; of lists see listLevels.
type leaf struct {
	Column
	typ   types.Type // of the values
	form  form
	store store
	lists bool
	full  byte     // the level of a value
	count int      // of levels
	defs  []byte   // levels, nil while all are full
	reps  []byte   // of lists: 1 where an element is not the first of its list
	mask  []uint64 // memory of add

	chunk chunkBytes
}

// The levels of a list: of NULL, of one without elements, of a NULL in it, and of a value.
const (
	noList    = 0
	emptyList = 1
	nullElem  = 2
	someElem  = 3
)

func newLeaf(c Column) leaf {
	l := leaf{Column: c, typ: c.Type, full: 1}
	if c.Type.IsArray() {
		l.lists, l.full, l.typ = true, someElem, c.Type.Elem()
	}
	l.form = formOf(c.Type)
	l.store = l.form.store(l.typ)
	return l
}

func (l *leaf) reset() {
	l.count, l.defs, l.reps = 0, l.defs[:0], l.reps[:0]
	l.store.reset()
}

// add adds the n rows of v that sel selects, all of them when it is nil.
func (l *leaf) add(v *vec.Vec, sel []uint64, n int) error {
	if l.lists {
		return vec.EachRow(v.N, sel, func(i int) error { return l.addList(v, i) })
	}
	present := v.Present(sel, l.mask)
	if len(present) > 0 && v.Valid != nil {
		l.mask = present
	}
	before := l.store.count()
	if err := l.store.add(v, present); err != nil {
		return err
	}
	if l.store.count()-before == n {
		l.addLevels(n)
		return nil
	}
	return vec.EachRow(v.N, sel, func(i int) error {
		level := l.full
		if v.IsNull(i) {
			level = 0
		}
		l.addLevel(level)
		return nil
	})
}

// addLevels adds n levels of values.
func (l *leaf) addLevels(n int) {
	l.count += n
	for len(l.defs) > 0 && len(l.defs) < l.count {
		l.defs = append(l.defs, l.full)
	}
}

func (l *leaf) addLevel(level byte) {
	if level == l.full {
		l.addLevels(1)
		return
	}
	for len(l.defs) < l.count {
		l.defs = append(l.defs, l.full)
	}
	l.defs = append(l.defs, level)
	l.count++
}

// addList adds the array of row i.
func (l *leaf) addList(v *vec.Vec, i int) error {
	l.reps = append(l.reps, 0)
	if v.IsNull(i) {
		l.addLevel(noList)
		return nil
	}
	a, err := v.Value(i).Array()
	if err != nil {
		return err
	}
	if len(a.Dims) > 1 {
		return dberr.Newf(dberr.FeatureNotSupported, "an array of %d dimensions has no form in a Parquet file", len(a.Dims)).
			WithHint("Write the column as text: column::text.")
	}
	if len(a.Elems) == 0 {
		l.addLevel(emptyList)
		return nil
	}
	for k, e := range a.Elems {
		if k > 0 {
			l.reps = append(l.reps, 1)
		}
		if !e.Valid {
			l.addLevel(nullElem)
			continue
		}
		one := vec.Repeat(e, 1)
		if err := l.store.add(&one, nil); err != nil {
			return err
		}
		l.addLevel(l.full)
	}
	return nil
}
