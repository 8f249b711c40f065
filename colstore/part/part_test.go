package part

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// tb is what a test and a property have in common.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// memSource is a file in memory.
type memSource struct {
	name string
	data []byte
}

func (s *memSource) Bytes() []byte { return s.data }
func (s *memSource) Name() string  { return s.name }

// aligned copies b to an address that is a multiple of 64.
func aligned(b []byte) []byte {
	buf := make([]byte, len(b)+64)
	off := int(-uintptr(unsafe.Pointer(&buf[0])) & 63)
	return buf[off : off+copy(buf[off:], b)]
}

func sourceOf(b []byte) *memSource { return &memSource{"test.part", aligned(b)} }

// column is a column of a test: what it should read as.
type column struct {
	spec   ColumnSpec
	values []types.Value
}

// vectorOf builds a vector of the values in the given form; Narrow and Const where they can.
func vectorOf(t types.Type, values []types.Value, form vec.Form) vec.Vec {
	v := vec.Vec{Type: t, N: len(values)}
	for i, x := range values {
		if !x.Valid && v.Valid == nil {
			v.Valid = make([]uint64, vec.Words(len(values)))
			setBits(v.Valid, 0, len(values))
		}
		if !x.Valid {
			putBitKeep(v.Valid, i)
		}
	}
	switch form {
	case vec.Const:
		c := vectorOf(t, values[:1], vec.Flat)
		c.Form, c.N = vec.Const, len(values)
		return c
	case vec.Dict:
		return dictOf(t, values, v)
	case vec.Narrow:
		return narrowOf(t, values, v)
	}
	flatOf(t, values, &v)
	return v
}

func putBitKeep(words []uint64, i int) { words[i>>6] &^= 1 << (i & 63) }

func flatOf(t types.Type, values []types.Value, v *vec.Vec) {
	n := len(values)
	switch t.Class() {
	case types.Bits:
		words := make([]uint64, max(vec.Words(n), 1))
		for i, x := range values {
			words[i>>6] |= uint64(x.I&1) << (i & 63)
		}
		v.Data = vec.BytesOf(words)
	case types.I16:
		v.Data = cells(values, func(x types.Value) int16 { return int16(x.I) })
	case types.I32:
		v.Data = cells(values, func(x types.Value) int32 { return int32(x.I) })
	case types.I64:
		v.Data = cells(values, func(x types.Value) int64 { return x.I })
	case types.F32:
		v.Data = cells(values, func(x types.Value) float32 { return float32(x.F) })
	case types.F64:
		v.Data = cells(values, func(x types.Value) float64 { return x.F })
	case types.Span:
		v.Data = cells(values, func(x types.Value) types.IntervalValue { return x.Iv })
	case types.Bytes:
		v.Offs = []int32{0}
		for _, x := range values {
			v.Heap = append(v.Heap, x.S...)
			v.Offs = append(v.Offs, int32(len(v.Heap)))
		}
	}
}

func cells[T any](values []types.Value, get func(types.Value) T) []byte {
	out := make([]T, len(values))
	for i, x := range values {
		out[i] = get(x)
	}
	return vec.BytesOf(out)
}

func dictOf(t types.Type, values []types.Value, v vec.Vec) vec.Vec {
	var distinct []types.Value
	codes := make([]uint16, len(values))
	for i, x := range values {
		if !x.Valid {
			continue
		}
		at := slices.IndexFunc(distinct, func(y types.Value) bool { return sameValue(x, y) })
		if at < 0 {
			at = len(distinct)
			distinct = append(distinct, x)
		}
		codes[i] = uint16(at)
	}
	if len(distinct) == 0 {
		distinct = []types.Value{{Type: t, Valid: true}}
	}
	v.Form, v.Width, v.Data = vec.Dict, 2, vec.BytesOf(codes)
	v.Dict = &vec.Dictionary{Values: vectorOf(t, distinct, vec.Flat)}
	return v
}

// narrowOf makes a Narrow vector when the class and the spread allow it, else a Flat one.
func narrowOf(t types.Type, values []types.Value, v vec.Vec) vec.Vec {
	class, base, top := t.Class(), int64(math.MaxInt64), int64(math.MinInt64)
	for _, x := range values {
		if x.Valid {
			base, top = min(base, x.I), max(top, x.I)
		}
	}
	if class != types.I16 && class != types.I32 && class != types.I64 || base > top || uint64(top)-uint64(base) > math.MaxUint32 {
		flatOf(t, values, &v)
		return v
	}
	v.Form, v.Width, v.Base = vec.Narrow, 4, base
	v.Data = cells(values, func(x types.Value) uint32 {
		if !x.Valid {
			return 0
		}
		return uint32(x.I - base)
	})
	return v
}

// sameValue compares bit by bit.
func sameValue(a, b types.Value) bool {
	if a.Valid != b.Valid {
		return false
	}
	return !a.Valid || a.I == b.I && a.S == b.S && a.Iv == b.Iv && math.Float64bits(a.F) == math.Float64bits(b.F)
}

// writePart writes the columns in one piece and returns the image.
func writePart(t tb, opt WriteOptions, cols []column, runs []Run) ([]byte, Info) {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	appendAll(t, w, cols, runs)
	info, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if info.Bytes != int64(out.Len()) {
		t.Fatalf("Info says %d bytes, %d were written", info.Bytes, out.Len())
	}
	return out.Bytes(), info
}

// vectorsOf returns the columns as flat vectors.
func vectorsOf(cols []column) []vec.Vec {
	vecs := make([]vec.Vec, len(cols))
	for i, c := range cols {
		vecs[i] = vectorOf(c.spec.Type, c.values, vec.Flat)
	}
	return vecs
}

func openPart(t tb, img []byte) *Part {
	t.Helper()
	p, err := Open(sourceOf(img), Location{Length: int64(len(img))}, NewCache(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkValues compares every value of the part with what was written.
func checkValues(t tb, p *Part, cols []column) {
	t.Helper()
	for c, col := range cols {
		row := 0
		for g := range p.Groups() {
			v, err := p.Chunk(g, c)
			if err != nil {
				t.Fatal(err)
			}
			if v.N != p.GroupRows(g) || v.Type != col.spec.Type {
				t.Fatalf("chunk (%d, %d): %d rows of %s", g, c, v.N, v.Type)
			}
			for i := range v.N {
				if got, want := v.Value(i), col.values[row]; !sameValue(got, want) {
					t.Fatalf("column %d row %d (%s): got %+v, want %+v", c, row, col.spec.Type, got, want)
				}
				row++
			}
		}
		if row != len(col.values) {
			t.Fatalf("column %d: %d rows, want %d", c, row, len(col.values))
		}
	}
}

// allTypes are the types of the tests, every class and every storage among them.
var allTypes = []types.Type{
	types.T(types.Bool), types.T(types.Int16), types.T(types.Int32), types.T(types.Int64),
	types.T(types.Float32), types.T(types.Float64), types.Dec(12, 2), types.Dec(30, 4), types.T(types.Numeric),
	types.T(types.Text), {ID: types.Varchar, Len: 40}, types.T(types.Bytea), types.T(types.Date),
	types.T(types.Timestamp), types.T(types.TimestampTZ), types.T(types.Interval), types.T(types.JSON),
	types.T(types.JSONB), types.T(types.ArrayOf(types.Int32)),
}

// randomValue returns a value of t out of about spread different ones.
func randomValue(r *rand.Rand, t types.Type, spread int64) types.Value {
	k := r.Int64N(spread)
	switch t.Class() {
	case types.Bits:
		return types.BoolValue(k&1 == 1)
	case types.I16:
		return types.IntValue(t, int64(int16(k-spread/2)))
	case types.I32:
		return types.IntValue(t, int64(int32(k*7-spread)))
	case types.I64:
		return types.IntValue(t, k*k*k-spread)
	case types.F32:
		return types.FloatValue(t, float64(float32(k)/3))
	case types.F64:
		return types.FloatValue(t, randomFloat(r, k))
	case types.Span:
		return types.SpanValue(types.IntervalValue{Months: int32(k % 5), Days: int32(k % 31), Micros: k * 1e6})
	}
	if t.ID == types.Numeric {
		return types.BytesValue(t, types.DecimalFromInt(k-spread/2, int(k%4)).Encode())
	}
	if t.ID == types.JSONB {
		form := []string{"%d", `"%d"`, "[%d]", `{"a": %d}`, "[1, %d]", "-%d.5"}[k%6]
		return types.BytesValue(t, fmt.Sprintf(form, k))
	}
	if t.IsArray() {
		elem := types.T(types.Int32)
		v, err := types.List([]types.Value{types.IntValue(elem, 50-k), types.IntValue(elem, k)}[:k%3]).Value(t)
		if err != nil {
			panic(err)
		}
		return v
	}
	return types.BytesValue(t, fmt.Sprintf("key/%0*d%s", int(k%3)+1, k, "xyzuvwxyz"[:k%9]))
}

func randomFloat(r *rand.Rand, k int64) float64 {
	switch r.IntN(40) {
	case 0:
		return math.NaN()
	case 1:
		return math.Copysign(0, -1)
	case 2:
		return math.Inf(1)
	}
	return float64(k-50) * 0.37
}

// randomColumns returns a column of every type.
func randomColumns(r *rand.Rand, n int, nulls float64, spread int64) []column {
	var cols []column
	for i, t := range allTypes {
		c := column{spec: ColumnSpec{ID: uint32(i + 1), TypeVersion: 3, Name: fmt.Sprintf("c%d", i), Type: t}}
		for range n {
			if r.Float64() < nulls {
				c.values = append(c.values, types.NullOf(t))
			} else {
				c.values = append(c.values, randomValue(r, t, spread))
			}
		}
		cols = append(cols, c)
	}
	return cols
}

func specsOf(cols []column) []ColumnSpec {
	var specs []ColumnSpec
	for _, c := range cols {
		specs = append(specs, c.spec)
	}
	return specs
}

func TestPartReadsWhatWasWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 63, 64, 65, 1000, 5000} {
		for _, nulls := range []float64{0, 0.3, 1} {
			for _, compress := range []bool{false, true} {
				cols := randomColumns(r, n, nulls, 200)
				img, info := writePart(t, WriteOptions{Columns: specsOf(cols), Compress: compress, GroupRows: 1024}, cols, nil)
				p := openPart(t, img)
				if p.Rows() != n || p.Check() != info.Check || p.Bytes() != info.Bytes {
					t.Fatalf("%d rows, check %x; written %d, %x", p.Rows(), p.Check(), n, info.Check)
				}
				checkValues(t, p, cols)
			}
		}
	}
}

func TestEncodingsAreSmall(t *testing.T) {
	n := 4096
	ints := func(f func(i int) int64) []types.Value {
		var v []types.Value
		for i := range n {
			v = append(v, types.IntValue(types.T(types.Int64), f(i)))
		}
		return v
	}
	text := func(f func(i int) string) []types.Value {
		var v []types.Value
		for i := range n {
			v = append(v, types.BytesValue(types.T(types.Text), f(i)))
		}
		return v
	}
	for _, c := range []struct {
		values []types.Value
		enc    Encoding
		width  int
		form   vec.Form
	}{
		{ints(func(i int) int64 { return 1<<40 + int64(i%200) }), Offset, 1, vec.Narrow},
		{ints(func(i int) int64 { return 1<<40 + int64(i%30) }), Packed, 1, vec.Packed},
		{ints(func(i int) int64 { return -5 + int64(i) }), Offset, 2, vec.Narrow},
		{ints(func(i int) int64 { return -5 + int64(i%900) }), Packed, 2, vec.Packed},
		{ints(func(i int) int64 { return -5 + int64(i%900)*70 }), Packed, 2, vec.Packed},
		{ints(func(i int) int64 { return int64(i) << 18 }), Packed, 4, vec.Packed},
		{ints(func(i int) int64 { return int64(i) << 39 }), Packed, 8, vec.Packed},
		{ints(func(i int) int64 { return int64(uint64(i) * 0x9E3779B97F4A7C15) }), Plain, 0, vec.Flat},
		{ints(func(i int) int64 { return 77 }), Packed, 1, vec.Const},
		{text(func(i int) string { return fmt.Sprint(i % 30) }), PackedCodes, 1, vec.Packed},
		{text(func(i int) string { return fmt.Sprint(i % 100) }), Coded, 1, vec.Dict},
		{text(func(i int) string { return fmt.Sprint(i % 1000) }), PackedCodes, 2, vec.Packed},
		{text(func(i int) string { return fmt.Sprint(i / 2) }), PackedText, 4, vec.Packed},
	} {
		cols := []column{{spec: ColumnSpec{ID: 1, Name: "v", Type: c.values[0].Type}, values: c.values}}
		img, _ := writePart(t, WriteOptions{Columns: specsOf(cols)}, cols, nil)
		p := openPart(t, img)
		enc, width := p.Encoding(0)
		v, err := p.Chunk(0, 0)
		if err != nil || enc != c.enc || width != c.width || v.Form != c.form {
			t.Errorf("%v …: %s of width %d, form %d, error %v; want %s, %d, %d", c.values[1], enc, width, v.Form, err, c.enc, c.width, c.form)
		}
		checkValues(t, p, cols)
		for _, opt := range []WriteOptions{{Compress: true}, {Indexes: []IndexSpec{{Columns: []uint32{1}}}}} {
			opt.Columns = specsOf(cols)
			img, _ := writePart(t, opt, cols, nil)
			p := openPart(t, img)
			if enc, _ := p.Encoding(0); enc.packed() || p.trailer.version != versionFirst {
				t.Errorf("%v …: %s in a part that is compressed or has an index, version %d", c.values[1], enc, p.trailer.version)
			}
			checkValues(t, p, cols)
		}
	}
}

// TestConstAmongTexts writes vectors of one value, NULL among them, into a group whose dictionary of
// texts was given up before.
func TestConstAmongTexts(t *testing.T) {
	text := types.T(types.Text)
	col := column{spec: ColumnSpec{ID: 1, Name: "v", Type: text}}
	var out bytes.Buffer
	w, err := NewWriter(&out, WriteOptions{Columns: specsOf([]column{col})})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	add := func(n int, form vec.Form, value func(i int) types.Value) {
		values := make([]types.Value, n)
		for i := range values {
			values[i] = value(i)
		}
		if err := w.Append([]vec.Vec{vectorOf(text, values, form)}, nil, nil); err != nil {
			t.Fatal(err)
		}
		col.values = append(col.values, values...)
	}
	for round := range 3 {
		add(10_000, vec.Flat, func(i int) types.Value { return types.BytesValue(text, fmt.Sprint("text ", round, i)) })
		add(1000, vec.Const, func(int) types.Value { return types.BytesValue(text, "one text") })
		add(1000, vec.Const, func(int) types.Value { return types.NullOf(text) })
		add(1000, vec.Const, func(int) types.Value { return types.BytesValue(text, "") })
	}
	add(70_000, vec.Const, func(int) types.Value { return types.NullOf(text) }) // beyond the end of the group
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	checkValues(t, openPart(t, out.Bytes()), []column{col})
}

// TestManyTexts writes more distinct texts than a dictionary takes, and exactly as many.
func TestManyTexts(t *testing.T) {
	text := types.T(types.Text)
	for _, distinct := range []int{maxDictValues, maxDictValues + 1, 1 << 20} {
		col := column{spec: ColumnSpec{ID: 1, Name: "v", Type: text}}
		var out bytes.Buffer
		w, err := NewWriter(&out, WriteOptions{Columns: specsOf([]column{col})})
		if err != nil {
			t.Fatal(err)
		}
		for lo := 0; lo < 3*maxDictValues; lo += 2048 {
			values := make([]types.Value, 2048)
			for i := range values {
				values[i] = types.BytesValue(text, fmt.Sprint("text ", (lo+i)%distinct))
			}
			if err := w.Append([]vec.Vec{vectorOf(text, values, vec.Flat)}, nil, nil); err != nil {
				t.Fatal(err)
			}
			col.values = append(col.values, values...)
		}
		if _, err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		checkValues(t, openPart(t, out.Bytes()), []column{col})
		w.Close()
	}
}

func TestRunsNumberRows(t *testing.T) {
	cols := []column{{spec: ColumnSpec{ID: 1, Name: "v", Type: types.T(types.Int64)}}}
	for i := range 200 {
		cols[0].values = append(cols[0].values, types.IntValue(types.T(types.Int64), int64(i)))
	}
	for _, big := range []uint64{0, 1 << 40} {
		runs := []Run{{0, 5, 10}, {20, 25, 50}, {150, 400 + big, 300}}
		img, _ := writePart(t, WriteOptions{Columns: specsOf(cols)}, cols, runs)
		p, err := Open(sourceOf(img), Location{Length: int64(len(img)), BaseRID: 1000, BaseSeq: 7000}, nil)
		if err != nil {
			t.Fatal(err)
		}
		rids, seqs := make([]uint64, 200), make([]uint64, 200)
		p.FillRIDs(rids, 0)
		p.FillSeqs(seqs, 0)
		for row := range 200 {
			run := runs[0]
			if row >= 150 {
				run = runs[2]
			} else if row >= 20 {
				run = runs[1]
			}
			rid, seq := 1000+run.RID+uint64(row)-uint64(run.Row), 7000+run.Seq+uint64(row)-uint64(run.Row)
			back, ok := p.RowOfRID(rid)
			if p.RIDOf(uint32(row)) != rid || p.SeqOf(uint32(row)) != seq || rids[row] != rid || seqs[row] != seq || !ok || back != uint32(row) {
				t.Fatalf("row %d: rid %d seq %d, want %d %d", row, rids[row], seqs[row], rid, seq)
			}
			if p.RowsBornBy(seq) != row+1 || p.RowsBornBy(seq-1) > row {
				t.Fatalf("row %d born at %d: %d rows by then", row, seq, p.RowsBornBy(seq))
			}
		}
		if _, ok := p.RowOfRID(1000 + 260); ok || p.RowsBornBy(7005) != 0 || p.RowsBornBy(math.MaxUint64) != 200 || p.LastRID() != rids[199] {
			t.Fatal("numbers outside the runs are answered wrongly")
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	spec := ColumnSpec{ID: 1, Name: "v", Type: types.T(types.Int64)}
	for name, opt := range map[string]WriteOptions{
		"no columns":    {},
		"column twice":  {Columns: []ColumnSpec{spec, spec}},
		"group rows":    {Columns: []ColumnSpec{spec}, GroupRows: 100},
		"unknown key":   {Columns: []ColumnSpec{spec}, Indexes: []IndexSpec{{Columns: []uint32{9}}}},
		"no key":        {Columns: []ColumnSpec{spec}, Indexes: []IndexSpec{{}}},
		"index twice":   {Columns: []ColumnSpec{spec}, Indexes: []IndexSpec{{Columns: []uint32{1}}, {Columns: []uint32{1}}}},
		"unknown types": {Columns: []ColumnSpec{{ID: 1, Type: types.Type{ID: 99}}}},
	} {
		if _, err := NewWriter(&bytes.Buffer{}, opt); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	w, err := NewWriter(&bytes.Buffer{}, WriteOptions{Columns: []ColumnSpec{spec}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	text := vectorOf(types.T(types.Text), []types.Value{types.BytesValue(types.T(types.Text), "a")}, vec.Flat)
	if err := w.Append([]vec.Vec{text}, nil, nil); dberr.CodeOf(err) != dberr.InternalError {
		t.Errorf("a text vector in a bigint column: %v", err)
	}
	one := vectorOf(spec.Type, []types.Value{types.IntValue(spec.Type, 1)}, vec.Flat)
	if err := w.Append([]vec.Vec{one}, nil, []Run{{Row: 3}}); err == nil {
		t.Error("a run that does not begin at row 0 was accepted")
	}
}
