package expr

import (
	"unsafe"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// rowsPause is how many bytes of texts a function is given between two looks at whether the statement is to end.
const rowsPause = 1 << 16

// rowReader gives the arguments of one row after the other, without copying their bytes.
type rowReader struct {
	args []vec.Vec
	row  []types.Value
	ints [][]int64 // of arguments of an integer class
	text []vec.Vec // of arguments of the Bytes class: the values that codes, where there are some, are of
	code [][]uint32
	work int // bytes given since the last look at whether the statement is to end
}

func newRowReader(f *frame, args []vec.Vec) rowReader {
	r := rowReader{args: args, row: make([]types.Value, len(args)), ints: make([][]int64, len(args)), text: make([]vec.Vec, len(args)), code: make([][]uint32, len(args))}
	for j := range args {
		r.row[j] = types.Value{Type: args[j].Type, Valid: true}
		if c := args[j].Type.Class(); args[j].Form != vec.Const && c >= types.I16 && c <= types.I64 {
			r.ints[j] = int64s(f, &args[j])
		}
		switch v := &args[j]; {
		case v.Form == vec.Const:
			r.row[j] = RowValue(v, 0)
		case v.Type.Class() != types.Bytes:
		case v.Form == vec.Flat:
			r.text[j] = *v
		case v.Form == vec.Dict && v.Dict.Values.N > 0:
			r.text[j], r.code[j] = v.Dict.Values, codes32(f, v)
		}
	}
	return r
}

// at returns the values of row i, valid until the next call.
func (r *rowReader) at(f *frame, i int) ([]types.Value, error) {
	for j := range r.args {
		v := &r.args[j]
		switch {
		case v.Form == vec.Const:
		case r.ints[j] != nil:
			r.row[j].I, r.row[j].Valid = r.ints[j][i], v.Valid == nil || !v.IsNull(i)
		case r.text[j].Offs != nil:
			if r.row[j].Valid = v.Valid == nil || !v.IsNull(i); !r.row[j].Valid {
				r.row[j].S = ""
				break
			}
			text, at := &r.text[j], i
			if r.code[j] != nil {
				at = int(r.code[j][i])
			}
			b := text.Heap[text.Offs[at]:text.Offs[at+1]]
			r.row[j].S = unsafe.String(unsafe.SliceData(b), len(b))
		default:
			r.row[j] = RowValue(v, i)
		}
		r.work += len(r.row[j].S)
	}
	if r.work >= rowsPause {
		r.work = 0
		return r.row, f.env.ended()
	}
	return r.row, nil
}

// buildRows calls add, which appends one value, with the arguments of every one of the given rows.
func buildRows(f *frame, t types.Type, args []vec.Vec, rows []uint64, add func(b *builder, row []types.Value) error) (vec.Vec, error) {
	b, r := newBuilder(f, t), newRowReader(f, args)
	for i := range f.n {
		if !has(rows, i) {
			b.skip()
			continue
		}
		row, err := r.at(f, i)
		if err != nil {
			return vec.Vec{}, err
		}
		if err := add(b, row); err != nil {
			return vec.Vec{}, err
		}
	}
	return b.finish()
}

// eachRow calls fn for the given rows and makes a vector of the results.
func eachRow(f *frame, fn rowFunc, t types.Type, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	return buildRows(f, t, args, rows, func(b *builder, row []types.Value) error {
		v, err := fn(f.env, row)
		if err == nil {
			b.value(v)
		}
		return err
	})
}

// eachText calls fn, which gives texts, for the given rows.
func eachText(f *frame, fn *Function, t types.Type, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	return buildRows(f, t, args, rows, func(b *builder, row []types.Value) error {
		size := 0
		for j := range row {
			size += len(row[j].S)
		}
		if size >= longValue && fn.Volatility != Volatile && f.env.mayEnd() {
			v, err := aside(f.env, fn.row, row)
			if err == nil {
				b.value(v)
			}
			return err
		}
		b.room(size + 64)
		heap, err := fn.text(f.env, b.heap, row)
		if err == nil {
			b.took(heap)
		}
		return err
	})
}

// appending makes a function that gives texts and never NULL.
func appending(name string, params []types.ID, fn textFunc) *Function {
	return &Function{Name: name, Params: params, Ret: types.Text, text: fn, row: rowOfText(fn)}
}

// rowOfText is fn as a rowFunc.
func rowOfText(fn textFunc) rowFunc {
	return func(env *Env, args []types.Value) (types.Value, error) {
		b, err := fn(env, nil, args)
		return textValue(string(b)), err
	}
}

// RowValue returns row i of v without copying its bytes.
func RowValue(v *vec.Vec, i int) types.Value {
	if v.Type.Class() != types.Bytes || v.IsNull(i) {
		return v.Value(i)
	}
	b := v.Bytes(i)
	return types.BytesValue(v.Type, unsafe.String(unsafe.SliceData(b), len(b)))
}
