package expr

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Arrays are made, subscripted and searched in the stored form, without values of their elements.

// wordElements reports whether elements of a type are stored as integers.
func wordElements(t types.Type) bool {
	c := t.Class()
	return !t.IsScaled() && (c == types.I16 || c == types.I32 || c == types.I64)
}

// makeArrays is ARRAY[…] of the elements of many rows.
func makeArrays(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	if args[0].Type.IsArray() {
		return eachRow(f, func(_ *Env, a []types.Value) (types.Value, error) { return makeArray(c.Typ, a) }, c.Typ, args, rows)
	}
	if err := types.CheckArraySize(len(args)); err != nil {
		return vec.Vec{}, err
	}
	head := types.JoinElements(nil, []types.Dim{{Len: int32(len(args)), Lower: 1}}, nil)
	if wordElements(c.Typ.Elem()) {
		return makeIntArrays(f, c.Typ, head, args, rows)
	}
	return buildRows(f, c.Typ, args, rows, func(b *builder, row []types.Value) (err error) {
		heap := append(b.heap, head...)
		for j := range row {
			if heap, err = types.AppendElement(heap, &row[j]); err != nil {
				return err
			}
		}
		b.took(heap)
		return nil
	})
}

// makeIntArrays is makeArrays for elements that are stored as integers.
func makeIntArrays(f *frame, t types.Type, head []byte, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	b := newBuilder(f, t)
	ints, valid := make([][]int64, len(args)), make([][]uint64, len(args))
	for j := range args {
		ints[j], valid[j] = int64s(f, &args[j]), spread(f, &args[j])
	}
	most := len(head) + len(args)*(1+binary.MaxVarintLen64)
	for i := range f.n {
		if !has(rows, i) {
			b.skip()
			continue
		}
		b.room(most)
		heap := append(b.heap, head...)
		for j := range ints {
			x := ints[j][i]
			switch u := uint64(x)<<1 ^ uint64(x>>63); {
			case !has(valid[j], i):
				heap = append(heap, 0)
			case u < 0x80:
				heap = append(heap, 2, byte(u))
			default:
				at := len(heap)
				heap = binary.AppendUvarint(append(heap, 0), u)
				heap[at] = byte(len(heap) - at)
			}
		}
		b.took(heap)
	}
	return b.finish()
}

// arrayText returns the stored form of the array in a row, which aliases the vector.
func arrayText(v *vec.Vec, i int) string {
	b := v.Bytes(i)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// subscripts is a[i][j]… of many rows.
func subscripts(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	if len(args) != 2 {
		return eachRow(f, func(_ *Env, a []types.Value) (types.Value, error) { return subscript(c.Typ, a) }, c.Typ, args, rows)
	}
	b, index := newBuilder(f, c.Typ), int64s(f, &args[1])
	for i := range f.n {
		if !has(rows, i) {
			b.skip()
			continue
		}
		list, err := types.ReadElements(arrayText(&args[0], i))
		if err != nil {
			return vec.Vec{}, err
		}
		at := index[i] - int64(list.Lower)
		if list.Dims != 1 || at < 0 || at >= int64(list.Left()) {
			b.null()
			continue
		}
		for range at {
			list.Form()
		}
		b.value(list.Value(c.Typ))
		if err := list.Err(); err != nil {
			return vec.Vec{}, err
		}
	}
	return b.finish()
}

// listContains is list_contains of many rows.
func listContains(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	elem := args[1].Type
	words, texts := wordElements(elem), elem.ID == types.Text || elem.ID == types.Varchar
	if !words && !texts || args[0].Type.Elem().ID != elem.ID {
		return eachRow(f, func(env *Env, a []types.Value) (types.Value, error) {
			at, err := arrayPosition(env, a)
			return types.BoolValue(at.Valid), err
		}, c.Typ, args, rows)
	}
	var wanted []int64
	if words {
		wanted = int64s(f, &args[1])
	}
	found := f.words()
	clear(found)
	for i := range f.n {
		if !has(rows, i) {
			continue
		}
		list, err := types.ReadElements(arrayText(&args[0], i))
		if err == nil && list.Dims > 1 {
			err = dberr.New(dberr.FeatureNotSupported, "searching for elements in multidimensional arrays is not supported")
		}
		if err != nil {
			return vec.Vec{}, err
		}
		hit := false
		if words {
			for x := wanted[i]; list.Left() > 0 && !hit; {
				y, ok := list.Int()
				hit = ok && x == y
			}
		} else {
			for b := args[1].Bytes(i); list.Left() > 0 && !hit; {
				s, ok := list.Form()
				hit = ok && bytes.Equal(b, unsafe.Slice(unsafe.StringData(s), len(s)))
			}
		}
		if err := list.Err(); err != nil {
			return vec.Vec{}, err
		}
		if hit {
			found[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	return f.bools(found, nil), nil
}
