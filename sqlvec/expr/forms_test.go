package expr

import (
	"flag"
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// texts are values of the Bytes class that functions find interesting.
var texts = []string{"", "a", "abc", "Hello World", "ünï", "日本", "a%b_c", "12", "-3.5", "day", "month", "1 2", "x,y,z", "2020-01-02", "(a", "{a}", "hex", "UTC"}

// drawValue draws a value of type t that is not NULL.
func drawValue(t *rapid.T, typ types.Type) types.Value {
	if typ.IsArray() {
		return drawArray(t, typ)
	}
	switch typ.ID {
	case types.Bool:
		return types.BoolValue(rapid.Bool().Draw(t, "b"))
	case types.Int16, types.Int32, types.Int64:
		lo, hi := types.IntRange(typ)
		return types.IntValue(typ, rapid.OneOf(rapid.Int64Range(-4, 40), rapid.Int64Range(lo, hi), rapid.SampledFrom([]int64{lo, hi})).Draw(t, "i"))
	case types.Float32, types.Float64:
		f := rapid.OneOf(rapid.Float64Range(-50, 50), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1.5, math.NaN(), math.Inf(1), math.Inf(-1), 1e30, 1e-30})).Draw(t, "f")
		if typ.ID == types.Float32 {
			f = float64(float32(f))
		}
		return types.FloatValue(typ, f)
	case types.Numeric:
		return drawNumeric(t, typ)
	case types.Date:
		return types.IntValue(typ, rapid.OneOf(rapid.Int64Range(-20000, 40000), rapid.SampledFrom([]int64{types.PosInfDate, types.NegInfDate, 0})).Draw(t, "d"))
	case types.Timestamp, types.TimestampTZ:
		return types.IntValue(typ, rapid.OneOf(rapid.Int64Range(-3e15, 4e15), rapid.SampledFrom([]int64{types.PosInfTime, types.NegInfTime, 0})).Draw(t, "t"))
	case types.Interval:
		return types.SpanValue(types.IntervalValue{Months: int32(rapid.IntRange(-30, 30).Draw(t, "mon")),
			Days: int32(rapid.IntRange(-50, 50).Draw(t, "day")), Micros: rapid.Int64Range(-2e11, 2e11).Draw(t, "us")})
	case types.Time:
		return types.IntValue(typ, rapid.OneOf(rapid.Int64Range(0, types.MicrosPerDay), rapid.SampledFrom([]int64{0, types.MicrosPerDay})).Draw(t, "clock"))
	case types.Enum:
		return types.BytesValue(typ, rapid.SampledFrom(typ.Enum.Labels).Draw(t, "label"))
	case types.UUID:
		return types.BytesValue(typ, string(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid")))
	case types.JSONB:
		return types.BytesValue(typ, rapid.SampledFrom([]string{`{"a": 1}`, `[1, "x", null]`, `"s"`, `null`, `{}`, `1.50`, `1.5`, `[]`}).Draw(t, "jb"))
	case types.JSON:
		return types.BytesValue(typ, rapid.SampledFrom([]string{`{"a": 1}`, `[1, "x", null]`, `"s"`, `null`, `{}`, `1.50`}).Draw(t, "j"))
	}
	return types.BytesValue(typ, rapid.SampledFrom(texts).Draw(t, "s"))
}

// drawArray draws an array of one dimension or none.
func drawArray(t *rapid.T, typ types.Type) types.Value {
	elems := make([]types.Value, rapid.IntRange(0, 3).Draw(t, "elements"))
	for i := range elems {
		if elems[i] = types.NullOf(typ.Elem()); rapid.IntRange(0, 4).Draw(t, "null") > 0 {
			elems[i] = drawValue(t, typ.Elem())
		}
	}
	v, err := types.List(elems).Value(typ)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// drawNumeric draws a NUMERIC.
func drawNumeric(t *rapid.T, typ types.Type) types.Value {
	if typ.IsScaled() {
		limit := types.Pow10(int(typ.Prec)) - 1
		return types.IntValue(typ, rapid.OneOf(rapid.Int64Range(-500, 500), rapid.Int64Range(-limit, limit)).Draw(t, "n"))
	}
	text := rapid.SampledFrom([]string{"0", "0.00", "1", "-2.50", "3.14159", "NaN", "Infinity", "-Infinity", "12345678901234567890.5", "1e-10", "100"}).Draw(t, "n")
	v, err := types.Parse(text, typ)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// drawType draws the type of a column that is given to an argument declared as id.
func drawType(t *rapid.T, id types.ID) types.Type {
	switch id {
	case anyEnum:
		return types.EnumOf(1, "mood", []string{"sad", "ok", "happy"})
	case anyArray, likeArray:
		return types.T(types.Int32).Array()
	case likeElement:
		return types.T(types.Int32)
	case anyType, anyElement:
		id = rapid.SampledFrom(ids(types.Int32, types.Text, types.Float64, types.Date, types.Bool)).Draw(t, "any")
	}
	if id == types.Numeric {
		return rapid.SampledFrom([]types.Type{types.T(types.Numeric), types.Dec(9, 2), types.Dec(18, 4), types.Dec(5, 0)}).Draw(t, "numeric")
	}
	return types.T(id)
}

// drawVec draws a vector of n rows in any form its type allows.
func drawVec(t *rapid.T, typ types.Type, n int, a *arena.Arena) vec.Vec {
	form := rapid.SampledFrom([]vec.Form{vec.Flat, vec.Flat, vec.Dict, vec.Const, vec.Narrow}).Draw(t, "form")
	switch {
	case form == vec.Const:
		v := drawValue(t, typ)
		v.Valid = rapid.IntRange(0, 4).Draw(t, "null") > 0
		return constVec(v, n)
	case form == vec.Narrow && isIntegral(typ) || form == vec.Narrow && typ.ID == types.Date:
		return drawNarrow(t, typ, n)
	case form == vec.Dict:
		return drawDict(t, typ, n, a)
	}
	return drawFlat(t, typ, n, a)
}

// drawFlat draws a Flat vector.
func drawFlat(t *rapid.T, typ types.Type, n int, a *arena.Arena) vec.Vec {
	b := newBuilder(&frame{n: n, arena: a}, typ)
	nulls := rapid.Bool().Draw(t, "nulls")
	for range n {
		if nulls && rapid.IntRange(0, 3).Draw(t, "null") == 0 {
			b.null()
		} else {
			b.value(drawValue(t, typ))
		}
	}
	v, err := b.finish()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// drawValid draws a validity, or nil.
func drawValid(t *rapid.T, n int) []uint64 {
	if rapid.Bool().Draw(t, "nulls") {
		return nil
	}
	return rapid.SliceOfN(rapid.Uint64(), vec.Words(n), vec.Words(n)).Draw(t, "valid")
}

// drawNarrow draws a Narrow vector whose values are of the type.
func drawNarrow(t *rapid.T, typ types.Type, n int) vec.Vec {
	codes := make([]uint8, n)
	for i := range codes {
		codes[i] = rapid.Uint8().Draw(t, "code")
	}
	return vec.Vec{Type: typ, Form: vec.Narrow, Width: 1, N: n, Data: codes,
		Base: rapid.Int64Range(-300, 300).Draw(t, "base"), Valid: drawValid(t, n)}
}

// drawDict draws a Dict vector. Codes of NULL rows are out of range.
func drawDict(t *rapid.T, typ types.Type, n int, a *arena.Arena) vec.Vec {
	k := rapid.IntRange(1, 5).Draw(t, "distinct")
	b := newBuilder(&frame{n: k, arena: a}, typ)
	for range k {
		b.value(drawValue(t, typ))
	}
	values, err := b.finish()
	if err != nil {
		t.Fatal(err)
	}
	v := vec.Vec{Type: typ, Form: vec.Dict, Width: 1, N: n, Data: make([]uint8, n), Valid: drawValid(t, n), Dict: &vec.Dictionary{Values: values}}
	for i := range v.Data {
		v.Data[i] = uint8(rapid.IntRange(0, k-1).Draw(t, "code"))
		if v.IsNull(i) {
			v.Data[i] = 255
		}
	}
	return v
}

// checkForms compares e over the columns with e over each row's constants.
func checkForms(t *rapid.T, e Expr, cols []vec.Vec, sel []uint64, n int, a *arena.Arena) {
	env := &Env{Now: 1_600_000_000_000_000}
	p, err := Compile(e, env)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // then there are rows enough to keep results for few values
		checkProgram(t, p, e, cols, sel, n, a)
	}
}

// checkProgram is checkForms for the program of e.
func checkProgram(t *rapid.T, p *Program, e Expr, cols []vec.Vec, sel []uint64, n int, a *arena.Arena) {
	got, err := p.Eval(&vec.Batch{N: n, Cols: cols, Sel: sel}, a)
	codes := map[string]bool{}
	for i := range n {
		if !has(sel, i) {
			continue
		}
		row := Rewrite(e, func(x Expr) Expr {
			if c, ok := x.(*Col); ok {
				return &Const{c.At, cols[c.Index].Value(i)}
			}
			return x
		})
		want, rowErr := EvalConst(row, p.env)
		switch {
		case rowErr != nil:
			codes[dberr.CodeOf(rowErr)] = true
		case err == nil && describe(got.Value(i)) != describe(want):
			t.Fatalf("%s, row %d: is %s, want %s", render(row), i, describe(got.Value(i)), describe(want))
		}
	}
	if (err != nil) != (len(codes) > 0) || err != nil && !codes[dberr.CodeOf(err)] {
		t.Fatalf("%s: error %v, single rows give %v", render(e), err, codes)
	}
	if err == nil && e.Type().ID == types.Bool {
		checkMask(t, e, p, got, cols, sel, n, a)
	}
}

// checkMask compares EvalMask with the values of Eval.
func checkMask(t *rapid.T, e Expr, p *Program, got vec.Vec, cols []vec.Vec, sel []uint64, n int, a *arena.Arena) {
	mask := make([]uint64, vec.Words(n))
	if err := p.EvalMask(&vec.Batch{N: n, Cols: cols, Sel: sel}, a, mask); err != nil {
		t.Fatal(err)
	}
	for i := range 64 * len(mask) {
		want := i < n && has(sel, i) && !got.IsNull(i) && got.Int(i) != 0
		if (mask[i>>6]>>(uint(i)&63)&1 != 0) != want {
			t.Fatalf("%s: bit %d of the mask is not %v", render(e), i, want)
		}
	}
}

// describe prints a value so that equal answers are equal texts.
func describe(v types.Value) string {
	if !v.Valid {
		return "NULL"
	}
	return types.Format(v)
}

// render prints an expression for a failure.
func render(e Expr) string {
	var b strings.Builder
	switch e := e.(type) {
	case *Col:
		return fmt.Sprintf("$col%d:%s", e.Index, e.Typ)
	case *Const:
		return fmt.Sprintf("%s:%s", describe(e.Value), e.Value.Type)
	case *Call:
		b.WriteString(e.Fn.Name)
	default:
		fmt.Fprintf(&b, "%T", e)
	}
	b.WriteByte('(')
	for i, c := range Children(e) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(render(c))
	}
	return b.String() + ")"
}

// testable returns every function whose results depend on its arguments alone.
func testable() []*Function {
	var out []*Function
	for _, list := range functions {
		for _, fn := range list {
			if fn.Volatility != Volatile && len(fn.Params) > 0 && fn.Name != "current_setting" {
				out = append(out, fn)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return fmt.Sprint(out[i].Name, out[i].Params) < fmt.Sprint(out[j].Name, out[j].Params)
	})
	return out
}

// drawSel draws a selection of n rows, or nil.
func drawSel(t *rapid.T, n int) []uint64 {
	if rapid.Bool().Draw(t, "all") {
		return nil
	}
	sel := rapid.SliceOfN(rapid.Uint64(), vec.Words(n), vec.Words(n)).Draw(t, "sel")
	if n&63 != 0 {
		sel[len(sel)-1] &= 1<<(uint(n)&63) - 1
	}
	return sel
}

// fewerChecks makes rapid check each of the hundreds of functions a few times only,
// unless the command line or RAPID_CHECKS says how often.
func fewerChecks(t *testing.T) {
	checks := flag.Lookup("rapid.checks")
	if before := checks.Value.String(); before == "100" {
		set := func(n string) {
			if err := checks.Value.Set(n); err != nil {
				t.Fatal(err)
			}
		}
		set("12")
		t.Cleanup(func() { set(before) })
	}
}

// sized are the functions whose INTEGER argument is the size of their result. They get
// small ones: a batch of results of a gigabyte each is an error that single rows are not.
var sized = map[string]bool{"repeat": true, "lpad": true, "rpad": true}

// TestFunctionsOnVectors calls every function on random vectors of every form and
// compares with the same call on constants, row by row.
func TestFunctionsOnVectors(t *testing.T) {
	fewerChecks(t)
	for _, fn := range testable() {
		t.Run(fmt.Sprint(fn.Name, fn.Params), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a := arena.New(nil)
				defer a.Free()
				n := rapid.SampledFrom([]int{1, 3, 64, 70}).Draw(t, "n")
				var cols []vec.Vec
				var args []Expr
				for i, id := range fn.Params {
					typ := drawType(t, id)
					if sized[fn.Name] && id == types.Int32 {
						cols = append(cols, drawNarrow(t, typ, n))
					} else {
						cols = append(cols, drawVec(t, typ, n, a))
					}
					args = append(args, &Col{Index: i, Typ: typ})
				}
				c := &Call{Fn: fn, Args: args}
				c.Typ = refinedType(c)
				checkForms(t, c, cols, drawSel(t, n), n, a)
			})
		})
	}
}

// drawBool draws a predicate over columns 0 to 2, which are INTEGER, TEXT, NUMERIC(9,2).
func drawBool(t *rapid.T, depth int) Expr {
	col := func(i int) Expr { return treeCols[i] }
	konst := func(i int) Expr { return &Const{Value: drawValue(t, treeCols[i].Type())} }
	op := rapid.SampledFrom([]string{"=", "<>", "<", ">=", ">"}).Draw(t, "op")
	i := rapid.IntRange(0, 2).Draw(t, "col")
	must := func(e Expr, err error) Expr {
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	switch k := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case depth > 0 && k < 4:
		return must(NewLogic(1, LogicOp(k&1), []Expr{drawBool(t, depth-1), drawBool(t, depth-1), drawBool(t, depth-1)}))
	case depth > 0 && k == 4:
		return must(NewNot(1, drawBool(t, depth-1)))
	case k == 5:
		return NewIsNull(1, col(i), rapid.Bool().Draw(t, "not"))
	case k == 6:
		list := []Expr{konst(i), konst(i), konst(i), konst(i), konst(i)}
		if rapid.Bool().Draw(t, "null in list") {
			list = append(list, &Const{Value: types.NullOf(treeCols[i].Type())})
		}
		return must(NewIn(1, col(i), list[rapid.IntRange(0, 3).Draw(t, "from"):], rapid.Bool().Draw(t, "not")))
	case k == 7:
		return must(NewIsDistinct(1, col(i), konst(i), rapid.Bool().Draw(t, "not")))
	case k == 8 && depth > 0:
		return must(NewIsBool(1, drawBool(t, depth-1), Truth(rapid.IntRange(0, 2).Draw(t, "which")), rapid.Bool().Draw(t, "not")))
	case k == 9:
		div := must(NewOp(1, "/", &Const{Value: types.IntValue(types.T(types.Int32), 100)}, col(0)))
		return must(NewOp(1, ">", div, &Const{Value: types.IntValue(types.T(types.Int32), 3)}))
	}
	return must(NewOp(1, op, col(i), konst(i)))
}

var treeCols = []*Col{{Index: 0, Typ: types.T(types.Int32)}, {Index: 1, Typ: types.T(types.Text)}, {Index: 2, Typ: types.Dec(9, 2)}}

// TestTreesOnVectors evaluates AND, OR, IN, CASE and the like over vectors of every
// form, and compares with the rows one by one.
func TestTreesOnVectors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := arena.New(nil)
		defer a.Free()
		n := rapid.SampledFrom([]int{1, 3, 64, 70}).Draw(t, "n")
		cols := make([]vec.Vec, len(treeCols))
		for i, c := range treeCols {
			cols[i] = drawVec(t, c.Typ, n, a)
		}
		e := drawBool(t, 3)
		i := rapid.IntRange(0, 2).Draw(t, "result")
		other := &Const{Value: drawValue(t, treeCols[i].Typ)}
		var err error
		switch rapid.IntRange(0, 4).Draw(t, "shape") {
		case 0:
			e, err = NewCase(1, []When{{e, treeCols[i]}, {drawBool(t, 1), other}}, nil)
		case 1:
			e, err = NewCall(1, "coalesce", []Expr{treeCols[i], other})
		case 2:
			e, err = NewCall(1, "nullif", []Expr{treeCols[i], other})
		case 3:
			e, err = NewCall(1, rapid.SampledFrom([]string{"greatest", "least"}).Draw(t, "fn"), []Expr{other, treeCols[i], other})
		}
		if err != nil {
			t.Fatal(err)
		}
		checkForms(t, e, cols, drawSel(t, n), n, a)
	})
}

// TestCastsOnVectors converts vectors of every form between all types.
func TestCastsOnVectors(t *testing.T) {
	all := []types.Type{types.T(types.Bool), types.T(types.Int16), types.T(types.Int32), types.T(types.Int64), types.T(types.Float32),
		types.T(types.Float64), types.T(types.Numeric), types.Dec(9, 2), types.Dec(18, 4), types.Dec(30, 3), types.T(types.Text),
		{ID: types.Varchar, Len: 3}, types.T(types.Date), types.T(types.Timestamp), types.T(types.TimestampTZ), types.T(types.Interval),
		types.T(types.Time), types.T(types.UUID), types.T(types.JSON), types.T(types.JSONB)}
	rapid.Check(t, func(t *rapid.T) {
		a := arena.New(nil)
		defer a.Free()
		from, to := rapid.SampledFrom(all).Draw(t, "from"), rapid.SampledFrom(all).Draw(t, "to")
		e, err := NewCast(1, &Col{Typ: from}, to, rapid.Bool().Draw(t, "try"))
		if err != nil {
			return // no such conversion
		}
		if from.ID == types.Numeric && from.Prec > types.MaxScaledPrec {
			return // drawn as unconstrained
		}
		n := rapid.SampledFrom([]int{1, 3, 64, 70}).Draw(t, "n")
		checkForms(t, e, []vec.Vec{drawVec(t, from, n, a)}, drawSel(t, n), n, a)
	})
}
