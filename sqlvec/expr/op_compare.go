package expr

import (
	"bytes"
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

func init() {
	symbols := map[string]kernel.Op{"=": kernel.Eq, "<>": kernel.Ne, "<": kernel.Lt,
		"<=": kernel.Le, ">": kernel.Gt, ">=": kernel.Ge}
	ids := []types.ID{types.Bool, types.Int16, types.Int32, types.Int64, types.Float32, types.Float64,
		types.Numeric, types.Bytea, types.Date, types.Timestamp, types.TimestampTZ, types.Interval,
		types.Time, types.TimeTZ, types.UUID, types.JSONB}
	for name, op := range symbols {
		for _, id := range ids {
			register(&Function{Name: name, Params: []types.ID{id, id}, Ret: types.Bool, eval: comparison(op)})
		}
		text := &Function{Name: name, Params: []types.ID{types.Text, types.Text}, Ret: types.Bool, eval: comparison(op)}
		register(text, &Function{Name: name, Params: []types.ID{types.Bpchar, types.Bpchar}, Ret: types.Bool, eval: comparison(op), ofText: text})
		register(&Function{Name: name, Params: []types.ID{anyEnum, anyEnum}, Ret: types.Bool, eval: enumComparison(op)})
		register(&Function{Name: name, Params: []types.ID{anyArray, anyArray}, Ret: types.Bool, eval: comparison(op)})
		register(rowFn(name, []types.ID{types.Record, types.Record}, types.Bool, recordComparison(op)))
		// PostgreSQL has these, and they decide what REAL and DOUBLE PRECISION compare as.
		register(&Function{Name: name, Params: []types.ID{types.Float32, types.Float64}, Ret: types.Bool, eval: floatComparison(op)},
			&Function{Name: name, Params: []types.ID{types.Float64, types.Float32}, Ret: types.Bool, eval: floatComparison(op)})
	}
}

// recordComparison compares rows as values: column after column, up to the first that differs.
func recordComparison(op kernel.Op) rowFunc {
	return func(_ *Env, args []types.Value) (types.Value, error) {
		order, err := compareRecords(args[0], args[1])
		return types.BoolValue(op.Holds(order)), err
	}
}

// compareRecords orders two rows. It is an error if columns that it meets have different types.
func compareRecords(a, b types.Value) (int, error) {
	x, err := a.Row()
	if err != nil {
		return 0, err
	}
	y, err := b.Row()
	if err != nil {
		return 0, err
	}
	for i := range min(len(x.Fields), len(y.Fields)) {
		l, r := x.Fields[i], y.Fields[i]
		switch {
		case l.Type.ID != r.Type.ID:
			return 0, dberr.Newf(dberr.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d", l.Type.Base(), r.Type.Base(), i+1)
		case !l.Valid && !r.Valid:
		case !l.Valid:
			return 1, nil
		case !r.Valid:
			return -1, nil
		default:
			if order := types.Compare(l, r); order != 0 {
				return order, nil
			}
		}
	}
	if len(x.Fields) != len(y.Fields) {
		return 0, dberr.New(dberr.DatatypeMismatch, "cannot compare record types with different numbers of columns")
	}
	return 0, nil
}

// comparison returns the evaluation of a op b.
func comparison(op kernel.Op) evalFunc {
	return func(f *frame, _ *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
		a, b := &args[0], &args[1]
		if a.Form == vec.Const && b.Form != vec.Const {
			return compareVecs(f, op.Swap(), b, a)
		}
		return compareVecs(f, op, a, b)
	}
}

// floatComparison is comparison for a REAL and a DOUBLE PRECISION.
func floatComparison(op kernel.Op) evalFunc {
	return func(f *frame, _ *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
		w := f.words()
		kernel.CompareFloat(op, doubles(f, &args[0]), doubles(f, &args[1]), w)
		return f.bools(w, nil), nil
	}
}

// doubles returns the values of a REAL or DOUBLE PRECISION vector as doubles.
func doubles(f *frame, v *vec.Vec) []float64 {
	if v.Type.Class() == types.F64 {
		return values[float64](f, v)
	}
	_, dst := fixed[float64](f, types.T(types.Float64))
	kernel.ToFloat(dst, values[float32](f, v))
	return dst
}

// compareVecs computes a op b, ignoring NULLs. When one is constant it is b.
func compareVecs(f *frame, op kernel.Op, a, b *vec.Vec) (vec.Vec, error) {
	w := f.words()
	if a.Type.ID == types.Numeric {
		compareNumeric(f, op, a, b, w)
		return f.bools(w, nil), nil
	}
	if a.Type.ID == types.Enum && op != kernel.Eq && op != kernel.Ne {
		compareRanks(f, op, a, b, w)
		return f.bools(w, nil), nil
	}
	if a.Type.ID == types.JSONB || a.Type.ID == types.Record || a.Type.ID == types.Bpchar || a.Type.IsArray() {
		compareKeys(f, op, a, b, w)
		return f.bools(w, nil), nil
	}
	switch a.Type.Class() {
	case types.Bits:
		compareBits(f, op, a, b, w)
	case types.I16:
		compareInts[int16](f, op, a, b, w)
	case types.I32:
		compareInts[int32](f, op, a, b, w)
	case types.I64:
		compareInts[int64](f, op, a, b, w)
	case types.F32:
		compareFloats[float32](f, op, a, b, w)
	case types.F64:
		compareFloats[float64](f, op, a, b, w)
	case types.Span:
		compareSpans(f, op, a, b, w)
	default:
		compareBytes(f, op, a, b, w)
	}
	return f.bools(w, nil), nil
}

// compareInts compares integers of type T; narrow codes are compared as they are.
func compareInts[T kernel.Signed](f *frame, op kernel.Op, a, b *vec.Vec, w []uint64) {
	if b.Form == vec.Const {
		c := vec.Of[T](b)[0]
		if a.Form == vec.Narrow {
			compareNarrow(f, op, a, int64(c), w)
			return
		}
		kernel.CompareConst(op, values[T](f, a), c, w)
		return
	}
	if a.Form == vec.Narrow && b.Form == vec.Narrow && a.Width == b.Width && compareShifted(op, a, b, w) {
		return
	}
	kernel.Compare(op, values[T](f, a), values[T](f, b), w)
}

// compareShifted compares the codes of a and b, which have one width; false where their bases are too far apart.
func compareShifted(op kernel.Op, a, b *vec.Vec, w []uint64) bool {
	const far = 1 << 61
	if min(a.Base, b.Base) < -far || max(a.Base, b.Base) > far {
		return false
	}
	d := a.Base - b.Base
	switch a.Width {
	case 1:
		kernel.CompareShifted(op, vec.Of[uint8](a)[:a.N], vec.Of[uint8](b)[:b.N], d, w)
	case 2:
		kernel.CompareShifted(op, vec.Of[uint16](a)[:a.N], vec.Of[uint16](b)[:b.N], d, w)
	default:
		kernel.CompareShifted(op, vec.Of[uint32](a)[:a.N], vec.Of[uint32](b)[:b.N], d, w)
	}
	return true
}

// compareNarrow compares the codes of a with c less the base.
func compareNarrow(f *frame, op kernel.Op, a *vec.Vec, c int64, w []uint64) {
	limit := int64(1)<<(8*a.Width) - 1
	code := c - a.Base
	if kernel.SubOverflows(c, a.Base) || code < 0 || code > limit {
		below := c < a.Base // all values are above the constant
		holds := op.Holds(-1)
		if below {
			holds = op.Holds(1)
		}
		if clear(w); holds {
			kernel.Fill(w, f.n)
		}
		return
	}
	switch a.Width {
	case 1:
		kernel.CompareConst(op, vec.Of[uint8](a)[:a.N], uint8(code), w)
	case 2:
		kernel.CompareConst(op, vec.Of[uint16](a)[:a.N], uint16(code), w)
	default:
		kernel.CompareConst(op, vec.Of[uint32](a)[:a.N], uint32(code), w)
	}
}

// compareFloats compares floats of type T.
func compareFloats[T kernel.Float](f *frame, op kernel.Op, a, b *vec.Vec, w []uint64) {
	if b.Form == vec.Const {
		kernel.CompareFloatConst(op, values[T](f, a), vec.Of[T](b)[0], w)
		return
	}
	kernel.CompareFloat(op, values[T](f, a), values[T](f, b), w)
}

// compareBits compares booleans: false is less than true.
func compareBits(f *frame, op kernel.Op, a, b *vec.Vec, w []uint64) {
	x, y := bitsOf(f, a), bitsOf(f, b)
	switch op {
	case kernel.Eq, kernel.Ne:
		kernel.Xor(w, x, y)
	case kernel.Lt, kernel.Ge:
		kernel.AndNot(w, y, x)
	default:
		kernel.AndNot(w, x, y)
	}
	if op == kernel.Eq || op == kernel.Ge || op == kernel.Le {
		kernel.Not(w, w)
	}
}

// compareSpans compares intervals.
func compareSpans(f *frame, op kernel.Op, a, b *vec.Vec, w []uint64) {
	clear(w)
	fa, fb := flatten(f, a), flatten(f, b)
	x, y := vec.Of[vec.Span](&fa), vec.Of[vec.Span](&fb)
	for i := range f.n {
		if op.Holds(types.CompareInterval(x[i], y[i])) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
}

// compareBytes compares byte strings, bytewise.
func compareBytes(f *frame, op kernel.Op, a, b *vec.Vec, w []uint64) {
	if a.Form == vec.Dict && b.Form == vec.Const && a.Dict.Values.N > 0 && a.Dict.Values.N <= f.n {
		table := arena.Make[uint64](f.arena, vec.Words(a.Dict.Values.N))
		compareBytesConst(op, &a.Dict.Values, b.Bytes(0), table)
		lookupCodes(f, a, table, w)
		return
	}
	if b.Form == vec.Const {
		fa := flatten(f, a)
		compareBytesConst(op, &fa, b.Bytes(0), w)
		return
	}
	x, y := textRowsOf(f, a), textRowsOf(f, b)
	clear(w)
	same := op == kernel.Eq || op == kernel.Ne
	for i := range f.n {
		s, t := x.at(i), y.at(i)
		if same && (string(s) == string(t)) == (op == kernel.Eq) || !same && op.Holds(bytes.Compare(s, t)) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
}

// textRows gives the texts of a vector, those of a dictionary where they are.
type textRows struct {
	offs  []int32
	heap  []byte
	codes []uint32 // nil: the rows are the texts
	same  bool     // the first text is that of all rows
}

func textRowsOf(f *frame, v *vec.Vec) textRows {
	if v.Form == vec.Const && !v.IsNull(0) {
		s := v.Bytes(0)
		return textRows{offs: []int32{0, int32(len(s))}, heap: s, same: true}
	}
	if v.Form == vec.Dict && v.Dict.Values.N > 0 {
		d := &v.Dict.Values
		return textRows{offs: d.Offs[:d.N+1], heap: d.Heap, codes: codes32(f, v)}
	}
	w := flatten(f, v)
	return textRows{offs: w.Offs[:w.N+1], heap: w.Heap}
}

// at returns the text of row i; that of a NULL row may be any.
func (t *textRows) at(i int) []byte {
	switch {
	case t.same:
		return t.heap
	case t.codes != nil:
		i = min(int(t.codes[i]), len(t.offs)-2)
	}
	return t.heap[t.offs[i]:t.offs[i+1]]
}

// compareBytesConst compares byte strings with one; for equality lengths first.
func compareBytesConst(op kernel.Op, a *vec.Vec, c []byte, w []uint64) {
	offs, heap := a.Offs[:a.N+1], a.Heap
	clear(w)
	if op != kernel.Eq && op != kernel.Ne {
		for i := range a.N {
			if op.Holds(bytes.Compare(heap[offs[i]:offs[i+1]], c)) {
				w[i>>6] |= 1 << (uint(i) & 63)
			}
		}
		return
	}
	n := int32(len(c))
	for i := range a.N {
		if offs[i+1]-offs[i] == n && string(heap[offs[i]:offs[i+1]]) == string(c) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	if op == kernel.Ne {
		kernel.Not(w, w)
		kernel.Trim(w, a.N)
	}
}

// CompareNumeric writes the rows of v, which may come from a loose program, for which v op c holds; the bits of NULLs
// are unspecified.
func CompareNumeric(op kernel.Op, v *vec.Vec, c types.Decimal, mask []uint64, a *arena.Arena) {
	b := constVec(types.BytesValue(types.T(types.Numeric), c.Encode()), v.N)
	compareNumeric(&frame{n: v.N, arena: a}, op, v, &b, mask)
}

// compareNumeric compares NUMERIC vectors of any memory form.
func compareNumeric(f *frame, op kernel.Op, a, b *vec.Vec, w []uint64) {
	if c, ok := scaledConst(b); ok && a.Type.IsScaled() {
		b = &c
	}
	if a.Type.IsScaled() && b.Type.IsScaled() {
		if compareScaled(f, op, a, b, w) {
			return
		}
	}
	x, y := newWideReader(f, a), newWideReader(f, b)
	clear(w)
	if x.wide != nil && b.Form == vec.Const && f.n > 0 {
		if c, ok := y.at(0); ok && compareWideConst(op, &x, c, w) {
			return
		}
	}
	switch {
	case x.scaled != nil && y.wide != nil && compareScaledWide(op, x.scaled, x.scale, &y, w):
		return
	case y.scaled != nil && x.wide != nil && compareScaledWide(op.Swap(), y.scaled, y.scale, &x, w):
		return
	}
	for i := range f.n {
		// A NULL row may hold anything; its bit does not matter.
		order, ok := compareAt(&x, &y, i)
		if !ok {
			order = types.CompareDecimalForms(x.form(i), y.form(i))
		}
		if op.Holds(order) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
}

// compareWideConst compares a Wide vector with a constant; false where the constant does not fit at some scale.
func compareWideConst(op kernel.Op, x *wideReader, c wide, w []uint64) bool {
	bounds := wideBounds{c: c}
	holds := [3]uint64{}
	for k := range holds {
		if op.Holds(k - 1) {
			holds[k] = 1
		}
	}
	scales := x.scales[:len(x.wide)]
	for i := 0; i < len(x.wide); i++ {
		if i&63 == 0 && i+64 <= len(x.wide) && sameBytes(scales[i:i+64]) {
			if b := bounds.at(scales[i]); b != nil && compareBlock(op, x.wide[i:i+64], b, &w[i>>6]) {
				i += 63
				continue
			}
		}
		v := x.wide[i]
		b := bounds.at(scales[i])
		if b == nil {
			clear(w)
			return false
		}
		w[i>>6] |= holds[b.order(v)+1] << (uint(i) & 63)
	}
	return true
}

// compareBlock compares 64 integers of one scale with a constant; false for = and <>.
func compareBlock(op kernel.Op, x []kernel.Int128, b *wideBound, w *uint64) bool {
	switch op {
	case kernel.Gt:
		*w = kernel.BeyondMask(x, b.x, true)
	case kernel.Le:
		*w = ^kernel.BeyondMask(x, b.x, true)
	case kernel.Lt:
		*w = kernel.BeyondMask(x, b.up, false)
	case kernel.Ge:
		*w = ^kernel.BeyondMask(x, b.up, false)
	default:
		return false
	}
	return true
}

// compareAt orders row i of two vectors; ok is false where that takes binary forms.
func compareAt(x, y *wideReader, i int) (order int, ok bool) {
	p, ok := x.at(i)
	if !ok {
		return 0, false
	}
	q, ok := y.at(i)
	if !ok {
		return 0, false
	}
	return p.compare(q)
}

// scaledConst returns a constant in the binary form of decimals as a scaled integer, where it is one.
func scaledConst(v *vec.Vec) (vec.Vec, bool) {
	if v.Form != vec.Const || v.Type.IsScaled() || v.IsNull(0) {
		return vec.Vec{}, false
	}
	d, err := types.DecodeDecimal(v.Bytes(0))
	if err != nil {
		return vec.Vec{}, false
	}
	for scale := range types.MaxScaledPrec + 1 {
		if x, ok := d.Scaled(scale); ok {
			return constVec(types.IntValue(types.Dec(types.MaxScaledPrec, scale), x), v.N), true
		}
	}
	return vec.Vec{}, false
}

// compareScaled compares scaled integers after giving them one scale; false when
// that overflows.
func compareScaled(f *frame, op kernel.Op, a, b *vec.Vec, w []uint64) bool {
	diff := int(a.Type.Scale) - int(b.Type.Scale)
	if b.Form == vec.Const && diff >= 0 {
		c := vec.Of[int64](b)[0]
		p := types.Pow10(diff)
		if kernel.MulOverflows(c, p) {
			return false
		}
		up := constVec(types.IntValue(a.Type, c*p), f.n)
		compareInts[int64](f, op, a, &up, w)
		return true
	}
	x, y, ok := sameScale(f, a, b)
	if ok {
		kernel.Compare(op, x, y, w)
	}
	return ok
}

// sameScale returns the integers of two scaled vectors at the larger scale; false
// when a value, of any row, does not fit.
func sameScale(f *frame, a, b *vec.Vec) (x, y []int64, ok bool) {
	x, y = values[int64](f, a), values[int64](f, b)
	switch diff := int(a.Type.Scale) - int(b.Type.Scale); {
	case diff > 0:
		y, ok = scaleUp(f, y, diff)
	case diff < 0:
		x, ok = scaleUp(f, x, -diff)
	default:
		ok = true
	}
	return x, y, ok
}

// scaleUp multiplies by 10^digits.
func scaleUp(f *frame, x []int64, digits int) ([]int64, bool) {
	if digits > types.MaxScaledPrec {
		return nil, false
	}
	_, dst := fixed[int64](f, types.T(types.Int64))
	over := kernel.MulConst(dst, x, types.Pow10(digits))
	return dst, !over
}

// decimalForms returns a NUMERIC vector in the binary form of decimals.
func decimalForms(f *frame, v *vec.Vec) (vec.Vec, error) {
	if !v.Type.IsScaled() {
		return flatten(f, v), nil
	}
	x := values[int64](f, v)
	b := newBuilder(f, types.T(types.Numeric))
	for i := range f.n {
		b.room(32)
		b.heap = types.AppendScaled(b.heap, x[i], int(v.Type.Scale))
		b.skip()
	}
	out, err := b.finish()
	out.Valid = spread(f, v)
	return out, err
}

// Strict returns v, which may be what a loose program made of a NUMERIC, in the memory form of type t.
func Strict(v vec.Vec, t types.Type, a *arena.Arena) vec.Vec {
	return strict(&frame{n: v.N, arena: a}, v, t)
}

// strict returns v in the memory form that type t has.
func strict(f *frame, v vec.Vec, t types.Type) vec.Vec {
	if v.Type == t && v.Form != vec.Wide || t.ID != types.Numeric {
		return v
	}
	if isNullConst(&v) {
		return nullVec(t, v.N)
	}
	if v.Form == vec.Wide && !t.IsScaled() {
		v = formsOfWide(f, &v)
	}
	switch from, to := v.Type.IsScaled(), t.IsScaled(); {
	case from && !to:
		if v.Form == vec.Const {
			d := types.DecimalFromInt(vec.Of[int64](&v)[0], int(v.Type.Scale))
			return constVec(types.BytesValue(t, d.Encode()), v.N)
		}
		out, err := decimalForms(f, &v)
		if err != nil {
			return nullVec(t, v.N) // unreachable: a batch of integers exceeds no limit
		}
		out.Type = t
		return out
	case !from && to:
		return scaledFromForms(f, &v, t)
	}
	v.Type = t
	return v
}

// scaledFromForms reads binary forms and Wide vectors as scaled integers. Values of rows that are
// not selected may not fit; they become the smallest integer.
func scaledFromForms(f *frame, v *vec.Vec, t types.Type) vec.Vec {
	g := frame{n: v.N, arena: f.arena}
	out, dst := fixed[int64](&g, t)
	r := newWideReader(&g, v)
	for i := range dst {
		dst[i] = math.MinInt64
		if v.IsNull(i) {
			continue
		}
		w, ok := r.at(i)
		if ok && w.scale == int(t.Scale) && w.isWord() {
			dst[i] = int64(w.x.Lo)
		} else if d, err := r.decimals.at(i); err == nil {
			if s, ok := d.Scaled(int(t.Scale)); ok {
				dst[i] = s
			}
		}
	}
	out.Valid = spread(&g, v)
	return out
}

// compareKeys compares JSONB, row, CHAR or array vectors by their keys. The bits of NULL rows do not matter.
func compareKeys(f *frame, op kernel.Op, a, b *vec.Vec, w []uint64) {
	clear(w)
	var x, y []byte
	for i := range f.n {
		if a.IsNull(i) || b.IsNull(i) {
			continue
		}
		if b.Form != vec.Const || len(y) == 0 {
			y = valueKey(y[:0], b.Type, string(b.Bytes(i)))
		}
		x = valueKey(x[:0], a.Type, string(a.Bytes(i)))
		if op.Holds(bytes.Compare(x, y)) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
}

// valueKey appends the key of a stored JSONB, row, CHAR or array.
func valueKey(dst []byte, t types.Type, form string) []byte {
	switch {
	case t.IsArray():
		return types.ArrayKey(dst, t, form)
	case t.ID == types.Record:
		return types.RecordKey(dst, form)
	case t.ID == types.Bpchar:
		return append(dst, types.TrimChar(form)...)
	}
	return types.JSONKey(dst, form)
}
