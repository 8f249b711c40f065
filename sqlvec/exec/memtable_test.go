package exec

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"driftdb/colstore"
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// testArena holds the values of test tables. Tests that draw tables do not run in parallel.
var testArena = arena.New(nil)

// memTable is a table in memory: the groups of a scan, and the rows that it delivers.
type memTable struct {
	cols   []plan.Column
	groups []colstore.Group
	rows   [][]types.Value
	fail   error // of Load
	closed int
}

func (m *memTable) Open(context.Context, colstore.ScanSpec) (plan.Rows, error) { return m, nil }
func (m *memTable) Groups() int                                                { return len(m.groups) }
func (m *memTable) GroupRows(i int) int                                        { return m.groups[i].Count() }
func (m *memTable) Close()                                                     { m.closed++ }
func (m *memTable) Load(i int, g *colstore.Group) error {
	if m.fail != nil && i == len(m.groups)-1 {
		return m.fail
	}
	*g = m.groups[i]
	return nil
}

// scan returns a scan of all columns.
func (m *memTable) scan() *plan.Scan { return &plan.Scan{Source: m, Out: m.cols} }

// col returns column i as an expression.
func (m *memTable) col(i int) expr.Expr {
	return &expr.Col{Index: i, Typ: m.cols[i].Type, Name: m.cols[i].Name}
}

// testTypes are types of every class and kind of key.
var testTypes = []types.Type{
	types.T(types.Bool), types.T(types.Int16), types.T(types.Int32), types.T(types.Int64),
	types.T(types.Float32), types.T(types.Float64), types.Dec(10, 2), types.T(types.Numeric),
	types.T(types.Text), types.T(types.Date), types.T(types.TimestampTZ), types.T(types.Interval),
}

// drawValue draws a value of type t that is not NULL, from few so that some are equal.
func drawValue(r *rapid.T, t types.Type) types.Value {
	switch t.Class() {
	case types.Bits:
		return types.BoolValue(rapid.Bool().Draw(r, "b"))
	case types.F32, types.F64:
		return types.FloatValue(t, rapid.SampledFrom([]float64{0, 1, -1, 1.5, -2.25, nan(), negZero(), inf()}).Draw(r, "f"))
	case types.Span:
		return types.SpanValue(rapid.SampledFrom([]types.IntervalValue{
			{}, {Months: 1}, {Days: 30}, {Days: -1}, {Micros: dayMicros}, {Days: 1}, {Days: 2, Micros: -dayMicros}, {Months: -3, Micros: 7},
		}).Draw(r, "iv"))
	case types.Bytes:
		if t.ID == types.Numeric {
			d, err := types.ParseDecimal(rapid.SampledFrom([]string{
				"0", "1", "1.0", "1.00", "-3", "12345678901234567890.5", "12345678901234567890.50", "NaN", "0.000", "-12345678901234567890123",
			}).Draw(r, "d"))
			if err != nil {
				r.Fatal(err)
			}
			return types.BytesValue(t, d.Encode())
		}
		return types.BytesValue(t, rapid.SampledFrom([]string{
			"", "a", "b", "ab", "abcdefg", "abcdefgh", "abcdefghijkl", "abcdefghijklm", "abcdefghijklmn",
			"a\x00", "a\x00b", "abcdefg\x00", "zzzzzzzzzzzzzzzzzzzzzzzzzz1", "zzzzzzzzzzzzzzzzzzzzzzzzzz2", "é", "\xff",
		}).Draw(r, "s"))
	case types.I16:
		return types.IntValue(t, int64(rapid.SampledFrom([]int16{0, 1, 2, 3, -1, -32768, 32767}).Draw(r, "i")))
	case types.I32:
		return types.IntValue(t, int64(rapid.SampledFrom([]int32{0, 1, 2, 3, 1000, -1 << 31, 1<<31 - 1}).Draw(r, "i")))
	}
	return types.IntValue(t, rapid.SampledFrom([]int64{0, 1, 2, 3, 1000, 1 << 40, -1 << 63, 1<<63 - 1}).Draw(r, "i"))
}

// drawColumn draws n values of type t, and a vector of them in a form of its own.
func drawColumn(r *rapid.T, t types.Type, n int) ([]types.Value, vec.Vec) {
	form := rapid.SampledFrom([]string{"flat", "small", "dict", "const"}).Draw(r, "form")
	nullable := rapid.Bool().Draw(r, "nullable")
	vals := make([]types.Value, n)
	for i := range vals {
		switch {
		case nullable && rapid.IntRange(0, 3).Draw(r, "null") == 0:
			vals[i] = types.NullOf(t)
		case form == "const" && i > 0:
			vals[i] = vals[0]
		case form == "small" && (t.Class() == types.I16 || t.Class() == types.I32 || t.Class() == types.I64):
			vals[i] = types.IntValue(t, int64(rapid.IntRange(-3, 3).Draw(r, "i")))
		default:
			vals[i] = drawValue(r, t)
		}
	}
	if form == "const" {
		for i := range vals {
			vals[i] = vals[0]
		}
		return vals, expr.ConstVec(vals[0], n)
	}
	return vals, formed(r, t, vals, form)
}

// dictionaries counts the dictionaries with an ID.
var dictionaries atomic.Uint64

// formed returns vals as a vector of the given form, flat where the form does not fit.
func formed(r *rapid.T, t types.Type, vals []types.Value, form string) vec.Vec {
	flat := vecOf(t, vals, testArena)
	width := rapid.SampledFrom([]uint8{1, 2, 4}).Draw(r, "width")
	code := func(of func(i int) int) []byte {
		switch width {
		case 1:
			return codesOf[uint8](len(vals), of)
		case 2:
			return codesOf[uint16](len(vals), of)
		}
		return codesOf[uint32](len(vals), of)
	}
	cl := t.Class()
	if form == "small" && (cl == types.I16 || cl == types.I32 || cl == types.I64) {
		flat.Form, flat.Width, flat.Base = vec.Narrow, width, -3
		flat.Data = code(func(i int) int {
			if !vals[i].Valid {
				return 0
			}
			return int(vals[i].I + 3)
		})
		return flat
	}
	if form != "dict" || cl == types.Bits {
		return flat
	}
	var words []types.Value
	find := func(v types.Value) int {
		return slices.IndexFunc(words, func(w types.Value) bool { return show(w) == show(v) })
	}
	for _, v := range vals {
		if v.Valid && find(v) < 0 {
			words = append(words, v)
		}
	}
	id := uint64(0)
	if rapid.Bool().Draw(r, "id") {
		id = dictionaries.Add(1)
	}
	d := &vec.Dictionary{ID: id, Values: vecOf(t, words, testArena)}
	flat.Form, flat.Width, flat.Dict, flat.Offs, flat.Heap = vec.Dict, width, d, nil, nil
	flat.Data = code(func(i int) int { return max(0, find(vals[i])) })
	return flat
}

func codesOf[T vec.Fixed](n int, of func(i int) int) []byte {
	out := make([]T, n+8)
	for i := range n {
		out[i] = T(of(i))
	}
	return vec.BytesOf(out)[:n*int(len(vec.BytesOf(out[:1])))]
}

// drawTable draws a table with columns of the given types.
func drawTable(r *rapid.T, ts []types.Type, maxRows int) *memTable {
	m := &memTable{}
	for i, t := range ts {
		m.cols = append(m.cols, plan.Column{ID: i + 1, Name: fmt.Sprint("c", i), Type: t})
	}
	for range rapid.IntRange(0, 3).Draw(r, "groups") {
		n := rapid.IntRange(1, maxRows).Draw(r, "rows")
		g := colstore.Group{N: n}
		vals := make([][]types.Value, len(ts))
		for c, t := range ts {
			var v vec.Vec
			vals[c], v = drawColumn(r, t, n)
			g.Cols = append(g.Cols, v)
		}
		if rapid.Bool().Draw(r, "dead") {
			g.Live = make([]uint64, vec.Words(n))
			for i := range n {
				if rapid.IntRange(0, 2).Draw(r, "live") > 0 {
					g.Live[i>>6] |= 1 << (uint(i) & 63)
				}
			}
		}
		for i := range n {
			if g.Live != nil && bit(g.Live, i) == 0 {
				continue
			}
			row := make([]types.Value, len(ts))
			for c := range ts {
				row[c] = vals[c][i]
			}
			m.rows = append(m.rows, row)
		}
		m.groups = append(m.groups, g)
	}
	return m
}

// drawTypes draws between lo and hi column types.
func drawTypes(r *rapid.T, lo, hi int) []types.Type {
	return rapid.SliceOfN(rapid.SampledFrom(testTypes), lo, hi).Draw(r, "types")
}

// drawOptions draws the settings that must not change an answer.
func drawOptions(r *rapid.T) Options {
	return Options{
		Workers:     rapid.SampledFrom([]int{1, 4}).Draw(r, "workers"),
		BatchRows:   rapid.SampledFrom([]int{1, 3, 64, 2048}).Draw(r, "batch"),
		SpillAlways: rapid.Bool().Draw(r, "spill"),
		Temp:        TempSpace{FS: vfs.NewMem(), Dir: "temp"},
	}
}

// rowsOf runs a plan and returns its rows.
func rowsOf(t testing.TB, n plan.Node, opts Options) ([][]types.Value, error) {
	var out [][]types.Value
	err := Run(context.Background(), n, opts, func(b *vec.Batch) error {
		for i := range b.N {
			if b.Sel != nil && bit(b.Sel, i) == 0 {
				continue
			}
			row := make([]types.Value, len(b.Cols))
			for c := range b.Cols {
				row[c] = b.Cols[c].Value(i)
			}
			out = append(out, row)
		}
		return nil
	})
	return out, err
}

// mustRows is rowsOf for plans that have no error.
func mustRows(t fataler, n plan.Node, opts Options) [][]types.Value {
	out, err := rowsOf(nil, n, opts)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	return out
}

type fataler interface{ Fatalf(string, ...any) }

// show returns a value as text that differs where values do.
func show(v types.Value) string {
	if !v.Valid {
		return "NULL"
	}
	switch v.Type.Class() {
	case types.Span:
		return fmt.Sprintf("%d:%d:%d", v.Iv.Months, v.Iv.Days, v.Iv.Micros)
	case types.F32, types.F64:
		return fmt.Sprint(v.F)
	}
	if v.Type.ID == types.Numeric {
		d, err := v.Decimal()
		if err != nil {
			return "bad " + err.Error()
		}
		return d.String()
	}
	return fmt.Sprintf("%d%q", v.I, v.S)
}

// showRow returns a row as text.
func showRow(row []types.Value) string {
	var b strings.Builder
	for _, v := range row {
		b.WriteString(show(v))
		b.WriteByte('|')
	}
	return b.String()
}

// showRows returns rows as lines, sorted unless the order matters.
func showRows(rows [][]types.Value, inOrder bool) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = showRow(row)
	}
	if !inOrder {
		slices.Sort(out)
	}
	return out
}

// sameRows fails unless got and want are the same rows.
func sameRows(t fataler, got, want [][]types.Value, inOrder bool) {
	g, w := showRows(got, inOrder), showRows(want, inOrder)
	if !slices.Equal(g, w) {
		t.Fatalf("got %d rows:\n%s\nwant %d rows:\n%s", len(g), strings.Join(g, "\n"), len(w), strings.Join(w, "\n"))
	}
}

// equalKeys reports whether two keys are equal, NULLs too.
func equalKeys(a, b types.Value) bool {
	if !a.Valid || !b.Valid {
		return a.Valid == b.Valid
	}
	return types.Compare(a, b) == 0
}
