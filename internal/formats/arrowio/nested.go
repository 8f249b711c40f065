package arrowio

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"driftdb/internal/formats/rowtext"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Lists of what has a SQL type are read as arrays of it; deeper lists, structs and maps as JSONB.

// readNested returns what a field of a nested type is read as; a nil convert says that it cannot be.
func readNested(f arrow.Field) (types.Type, convert) {
	if elem, ok := elementOf(f.Type); ok {
		t, read := readAs(elem)
		if read == nil {
			return types.Type{}, nil
		}
		own, _ := f.Metadata.GetValue(TypeKey)
		if rec, ok := recorded[own]; ok && rec.IsArray() && t.ID == types.Text {
			return rec, readLists(rec.Elem(), read)
		}
		if !t.IsArray() && t.ID != types.JSON && t.ID != types.JSONB {
			return t.Array(), readLists(t, read)
		}
	}
	if _, err := newNested(f, nil); err != nil {
		return types.Type{}, nil
	}
	return types.T(types.JSONB), func(a arrow.Array, _ types.Type) (vec.Vec, error) { return readJSON(f, a) }
}

// elementOf returns the field of the elements of a list.
func elementOf(t arrow.DataType) (arrow.Field, bool) {
	switch t := t.(type) {
	case *arrow.ListType:
		return t.ElemField(), true
	case *arrow.LargeListType:
		return t.ElemField(), true
	case *arrow.FixedSizeListType:
		return t.ElemField(), true
	}
	return arrow.Field{}, false
}

// listLike is an array of lists.
type listLike interface {
	arrow.Array
	ListValues() arrow.Array
	ValueOffsets(i int) (start, end int64)
}

// elements returns where the elements of list i are, which must lie within the values.
func elements(a listLike, i int) (start, end int, err error) {
	s, e := a.ValueOffsets(i)
	if s < 0 || e < s || e > int64(a.ListValues().Len()) {
		return 0, 0, damaged("a list of elements %d to %d of %d", s, e, a.ListValues().Len())
	}
	return int(s), int(e), nil
}

// readLists reads lists as arrays of values of type t.
func readLists(t types.Type, read convert) convert {
	return func(in arrow.Array, to types.Type) (vec.Vec, error) {
		a, ok := in.(listLike)
		if !ok {
			return vec.Vec{}, damaged("a list of %s", in.DataType())
		}
		values, err := read(a.ListValues(), t)
		if err != nil {
			return values, err
		}
		values.Type, values.N = t, a.ListValues().Len()
		return textsOf(in, func(i int) (string, error) {
			start, end, err := elements(a, i)
			if err != nil {
				return "", err
			}
			list := make([]types.Value, 0, end-start)
			for k := start; k < end; k++ {
				list = append(list, values.Value(k))
			}
			v, err := types.List(list).Value(to)
			return v.S, err
		})
	}
}

// textsOf makes a vector of the Bytes class of what value returns for the rows that are not NULL.
func textsOf(a arrow.Array, value func(i int) (string, error)) (vec.Vec, error) {
	v := vec.Vec{Offs: make([]int32, 1, a.Len()+1), Valid: validity(a)}
	for i := range a.Len() {
		if !a.IsNull(i) {
			s, err := value(i)
			if err != nil {
				return v, err
			}
			v.Heap = append(v.Heap, s...)
		}
		if len(v.Heap) > math.MaxInt32 {
			return v, tooLong()
		}
		v.Offs = append(v.Offs, int32(len(v.Heap)))
	}
	return v, nil
}

// readJSON reads values of any type as JSONB.
func readJSON(f arrow.Field, a arrow.Array) (vec.Vec, error) {
	n, err := newNested(f, a)
	if err != nil {
		return vec.Vec{}, err
	}
	var text []byte
	return textsOf(a, func(i int) (string, error) {
		if text, err = n.append(text[:0], i); err != nil {
			return "", err
		}
		return types.NormalJSON(string(text))
	})
}

// nested is an array whose values are printed as JSON: of lists, maps, structs, or of values.
type nested struct {
	array  arrow.Array
	list   listLike
	fields []string // of a struct
	kids   []*nested
	values vec.Vec
}

// newNested prepares an array of the field's type; without an array it checks the type alone.
func newNested(f arrow.Field, a arrow.Array) (*nested, error) {
	n := &nested{array: a}
	add := func(f arrow.Field, a arrow.Array) error {
		kid, err := newNested(f, a)
		n.kids = append(n.kids, kid)
		return err
	}
	if elem, ok := elementOf(f.Type); ok {
		if a == nil {
			return n, add(elem, nil)
		}
		if n.list, ok = a.(listLike); !ok {
			return nil, damaged("a list of %s", a.DataType())
		}
		return n, add(elem, n.list.ListValues())
	}
	switch t := f.Type.(type) {
	case *arrow.MapType:
		var keys, items arrow.Array
		if a != nil {
			m := a.(*array.Map)
			n.list, keys, items = m, m.Keys(), m.Items()
		}
		if err := add(t.KeyField(), keys); err != nil {
			return nil, err
		}
		return n, add(t.ItemField(), items)
	case *arrow.StructType:
		for i, field := range t.Fields() {
			var kid arrow.Array
			if a != nil {
				kid = a.(*array.Struct).Field(i)
			}
			n.fields = append(n.fields, field.Name)
			if err := add(field, kid); err != nil {
				return nil, err
			}
		}
		return n, nil
	}
	t, read := readValues(f)
	if read == nil {
		return nil, damaged("values of type %s", f.Type)
	}
	if a == nil {
		return n, nil
	}
	v, err := read(a, t)
	v.Type, v.N = t, a.Len()
	n.values = v
	return n, err
}

// append prints value i.
func (n *nested) append(dst []byte, i int) ([]byte, error) {
	if i >= n.array.Len() {
		return nil, damaged("value %d of %d", i, n.array.Len())
	}
	if n.array.IsNull(i) {
		return append(dst, "null"...), nil
	}
	var err error
	switch {
	case n.list != nil && len(n.kids) == 2:
		return n.appendMap(dst, i)
	case n.list != nil:
		start, end, err := elements(n.list, i)
		if err != nil {
			return nil, err
		}
		dst = append(dst, '[')
		for k := start; k < end; k++ {
			if k > start {
				dst = append(dst, ',')
			}
			if dst, err = n.kids[0].append(dst, k); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	case len(n.kids) > 0:
		dst = append(dst, '{')
		for k, kid := range n.kids {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = append(rowtext.AppendJSONString(dst, []byte(n.fields[k])), ':')
			if dst, err = kid.append(dst, i); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	case n.values.N == 0: // a struct without fields
		return append(dst, "{}"...), nil
	}
	return rowtext.AppendJSONValue(dst, types.Context{}, n.values.Value(i)), nil
}

// appendMap prints a map as an object; its keys become text.
func (n *nested) appendMap(dst []byte, i int) ([]byte, error) {
	s, e := n.list.ValueOffsets(i)
	if s < 0 || e < s || e > int64(n.kids[0].array.Len()) {
		return nil, damaged("a map of entries %d to %d of %d", s, e, n.kids[0].array.Len())
	}
	dst = append(dst, '{')
	var key []byte
	for k := int(s); k < int(e); k++ {
		if k > int(s) {
			dst = append(dst, ',')
		}
		var err error
		if key, err = n.kids[0].append(key[:0], k); err != nil {
			return nil, err
		}
		if len(key) > 0 && key[0] == '"' {
			dst = append(dst, key...)
		} else {
			dst = rowtext.AppendJSONString(dst, key)
		}
		if dst, err = n.kids[1].append(append(dst, ':'), k); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}
