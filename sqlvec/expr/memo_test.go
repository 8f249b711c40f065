package expr

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// memoCase is an expression over columns of the given types.
type memoCase struct {
	name  string
	types []types.Type
	args  []any // of the function: a column's number, or a constant
}

// memoCases are calls whose results are kept from batch to batch.
func memoCases() []memoCase {
	text, date := types.T(types.Text), types.T(types.Date)
	konst := func(s string) types.Value { return types.BytesValue(text, s) }
	month := types.SpanValue(types.IntervalValue{Months: 1})
	return []memoCase{
		{"extract", []types.Type{date}, []any{konst("year"), 0}},
		{"extract", []types.Type{types.T(types.Timestamp)}, []any{konst("second"), 0}},
		{"strftime", []types.Type{date}, []any{0, konst("%Y-%m")}},
		{"+", []types.Type{date}, []any{0, month}},
		{"date_trunc", []types.Type{types.T(types.TimestampTZ)}, []any{konst("month"), 0}},
		{"upper", []types.Type{text}, []any{0}},
		{"length", []types.Type{text}, []any{0}},
		{"~~", []types.Type{text}, []any{0, konst("%1%")}},
		{"||", []types.Type{text, text}, []any{0, 1}},
		{"concat", []types.Type{text, types.T(types.Int16)}, []any{0, konst("-"), 1}},
		{"split_part", []types.Type{text, types.T(types.Int32)}, []any{0, konst("1"), 1}},
		{"chr", []types.Type{types.T(types.Int32)}, []any{0}}, // an error of what is below 1
		{"to_char", []types.Type{types.Dec(9, 2)}, []any{0, konst("990.99")}},
	}
}

// expr returns the call.
func (c *memoCase) expr(t *rapid.T) Expr {
	var args []Expr
	for _, a := range c.args {
		if i, ok := a.(int); ok {
			args = append(args, &Col{Index: i, Typ: c.types[i]})
		} else {
			args = append(args, &Const{Value: a.(types.Value)})
		}
	}
	if len(c.name) < 3 {
		e, err := NewOp(1, c.name, args[0], args[1])
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e, err := NewCall(1, c.name, args)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// drawNear draws a vector whose values are close together, from a place that may move.
func drawNear(t *rapid.T, typ types.Type, n int, dicts []*vec.Dictionary) vec.Vec {
	v := vec.Vec{Type: typ, N: n}
	if typ.Class() == types.Bytes {
		v.Form, v.Width, v.Dict = vec.Dict, 1, rapid.SampledFrom(dicts).Draw(t, "dictionary")
		v.Data = make([]byte, (n+7)&^7)
		for i := range n {
			v.Data[i] = byte(rapid.IntRange(0, v.Dict.Values.N-1).Draw(t, "code"))
		}
	} else {
		from := rapid.SampledFrom([]int64{0, 1, 40, 60, 1000, 70_000, -300}).Draw(t, "from")
		span := rapid.SampledFrom([]int64{1, 30, 200}).Draw(t, "span")
		if typ.ID == types.Int16 {
			from %= 30_000
		}
		values := make([]types.Value, n)
		for i := range values {
			values[i] = types.IntValue(typ, from+rapid.Int64Range(0, span).Draw(t, "value"))
		}
		v = integerVec(typ, values, rapid.Bool().Draw(t, "narrow"), from)
	}
	if rapid.IntRange(0, 2).Draw(t, "nulls") == 0 {
		v.Valid = rapid.SliceOfN(rapid.Uint64(), vec.Words(n), vec.Words(n)).Draw(t, "valid")
		for i := range n {
			if v.IsNull(i) && v.Form == vec.Narrow {
				vec.Of[uint16](&v)[i] = 65_000 // what is stored for a NULL may be anything
			}
		}
	}
	return v
}

// integerVec makes a vector of integers, Flat or with codes of two bytes.
func integerVec(typ types.Type, values []types.Value, narrow bool, base int64) vec.Vec {
	n := len(values)
	if narrow {
		codes := make([]uint16, n)
		for i := range codes {
			codes[i] = uint16(values[i].I - base)
		}
		return vec.Vec{Type: typ, Form: vec.Narrow, Width: 2, N: n, Base: base, Data: vec.BytesOf(codes)}
	}
	switch typ.Class() {
	case types.I16:
		flat := make([]int16, n)
		for i := range flat {
			flat[i] = int16(values[i].I)
		}
		return vec.FromFixed(typ, flat, nil)
	case types.I32:
		flat := make([]int32, n)
		for i := range flat {
			flat[i] = int32(values[i].I)
		}
		return vec.FromFixed(typ, flat, nil)
	}
	flat := make([]int64, n)
	for i := range flat {
		flat[i] = values[i].I
	}
	return vec.FromFixed(typ, flat, nil)
}

// dictionaries are two dictionaries of texts, and one of more texts than a byte counts.
func dictionaries() []*vec.Dictionary {
	make := func(n int, format string) *vec.Dictionary {
		var heap []byte
		offs := []int32{0}
		for i := range n {
			heap = fmt.Appendf(heap, format, i)
			offs = append(offs, int32(len(heap)))
		}
		return &vec.Dictionary{Values: vec.FromBytes(types.T(types.Text), offs, heap, nil)}
	}
	return []*vec.Dictionary{make(3, "x%d"), make(12, "ü1%d"), make(40, "%d1")}
}

// TestResultsAreKept evaluates one program over batches whose values move, and compares every row with the
// same call on constants.
func TestResultsAreKept(t *testing.T) {
	for _, c := range memoCases() {
		t.Run(c.name, func(t *testing.T) {
			dicts, used := dictionaries(), false
			rapid.Check(t, func(t *rapid.T) {
				a := arena.New(nil)
				defer a.Free()
				env := &Env{Now: 1_600_000_000_000_000}
				e := c.expr(t)
				p, err := Compile(e, env)
				if err != nil {
					t.Fatal(err)
				}
				for range rapid.IntRange(2, 5).Draw(t, "batches") {
					n := rapid.SampledFrom([]int{1, 64, 200}).Draw(t, "n")
					var cols []vec.Vec
					for _, typ := range c.types {
						cols = append(cols, drawNear(t, typ, n, dicts))
					}
					checkProgram(t, p, e, cols, drawSel(t, n), n, a)
					checkCodes(t, p, cols, n, a)
				}
				used = used || keepsResults(p.root)
			})
			if !used {
				t.Error("no result was kept")
			}
		})
	}
}

// checkCodes tells whether all rows of a result have codes of its dictionary, those of NULLs, too.
func checkCodes(t *rapid.T, p *Program, cols []vec.Vec, n int, a *arena.Arena) {
	v, err := p.Eval(&vec.Batch{N: n, Cols: cols}, a)
	if err != nil || v.Form != vec.Dict {
		return
	}
	for i, c := range codes32(&frame{n: n, arena: a}, &v) {
		if int(c) >= v.Dict.Values.N {
			t.Fatalf("row %d has code %d of %d", i, c, v.Dict.Values.N)
		}
	}
}

// keepsResults reports whether a call, or one below it, has results for all combinations.
func keepsResults(n node) bool {
	switch n := n.(type) {
	case *callNode:
		if n.memo.result != nil {
			return true
		}
		for _, arg := range n.args {
			if keepsResults(arg) {
				return true
			}
		}
	case *castNode:
		return n.memo.result != nil || keepsResults(n.arg)
	}
	return false
}
