package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// elementColumn is a column of elements of arrays. Strings and integers are kept as they are read, others as values.
type elementColumn struct {
	typ  types.Type
	kind elementKind
	n    int

	ints  []int64
	offs  []int32 // strings: where each ends in heap, behind a 0
	heap  []byte
	nulls []int32 // rows
	vals  []types.Value
}

// elementKind is how an elementColumn keeps its values.
type elementKind uint8

const (
	otherElements elementKind = iota
	intElements
	textElements
)

func newElementColumn(t types.Type) elementColumn {
	c := elementColumn{typ: t}
	switch class := t.Class(); {
	case t.IsScaled():
	case class == types.Bytes:
		c.kind, c.offs = textElements, []int32{0}
	case class == types.I16 || class == types.I32 || class == types.I64:
		c.kind = intElements
	}
	return c
}

// read appends the next n elements of a list.
func (c *elementColumn) read(list *types.Elements, n int) {
	switch c.kind {
	case intElements:
		for i := range n {
			v, ok := list.Int()
			if c.ints = append(c.ints, v); !ok {
				c.nulls = append(c.nulls, int32(c.n+i))
			}
		}
	case textElements:
		for i := range n {
			s, ok := list.Form()
			c.heap = append(c.heap, s...)
			if c.offs = append(c.offs, int32(len(c.heap))); !ok {
				c.nulls = append(c.nulls, int32(c.n+i))
			}
		}
	default:
		for range n {
			c.vals = append(c.vals, list.Value(c.typ))
		}
	}
	c.n += n
}

// add appends a value.
func (c *elementColumn) add(v types.Value) {
	switch c.kind {
	case intElements:
		c.ints = append(c.ints, v.I)
	case textElements:
		c.heap = append(c.heap, v.S...)
		c.offs = append(c.offs, int32(len(c.heap)))
	default:
		c.vals = append(c.vals, v)
	}
	if !v.Valid && c.kind != otherElements {
		c.nulls = append(c.nulls, int32(c.n))
	}
	c.n++
}

// vec returns the column, which is valid until the next reset.
func (c *elementColumn) vec(a *arena.Arena) vec.Vec {
	if c.kind == otherElements {
		return vecOf(c.typ, c.vals, a)
	}
	out := vec.Vec{Type: c.typ, N: c.n}
	if len(c.nulls) > 0 {
		out.Valid = fullMask(c.n, a)
		for _, i := range c.nulls {
			out.Valid[i>>6] &^= 1 << (uint(i) & 63)
		}
	}
	switch {
	case c.kind == textElements:
		out.Offs, out.Heap = c.offs, c.heap
	case c.typ.Class() == types.I16:
		out.Data = narrowed[int16](a, c.ints)
	case c.typ.Class() == types.I32:
		out.Data = narrowed[int32](a, c.ints)
	default:
		out.Data = vec.BytesOf(c.ints)
	}
	return out
}

// narrowed returns integers in the memory form of a class.
func narrowed[T int16 | int32](a *arena.Arena, ints []int64) []byte {
	out := arena.Make[T](a, len(ints))
	for i, v := range ints {
		out[i] = T(v)
	}
	return vec.BytesOf(out)
}

// reset empties the column.
func (c *elementColumn) reset() {
	c.n, c.ints, c.heap, c.nulls, c.vals = 0, c.ints[:0], c.heap[:0], c.nulls[:0], c.vals[:0]
	if c.kind == textElements {
		c.offs = c.offs[:1]
	}
}
