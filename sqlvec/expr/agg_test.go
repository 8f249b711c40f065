package expr

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// allAggregates returns every aggregate, by name and arguments.
func allAggregates() []*Aggregate {
	var out []*Aggregate
	for _, list := range aggregates {
		out = append(out, list...)
	}
	sort.Slice(out, func(i, j int) bool {
		return fmt.Sprint(out[i].Name, out[i].Params) < fmt.Sprint(out[j].Name, out[j].Params)
	})
	return out
}

// TestAggregatesAgreeWithThemselves compares three ways to the same result: all rows
// at once by group, group by group, and row by row into states that are merged.
func TestAggregatesAgreeWithThemselves(t *testing.T) {
	fewerChecks(t)
	for _, g := range allAggregates() {
		t.Run(fmt.Sprint(g.Name, g.Params), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a := arena.New(nil)
				defer a.Free()
				n := rapid.SampledFrom([]int{1, 3, 64, 70}).Draw(t, "n")
				var typs []types.Type
				var cols []vec.Vec
				for _, id := range g.Params {
					typ := drawType(t, id)
					typs = append(typs, typ)
					cols = append(cols, tame(drawVec(t, typ, n, a)))
				}
				checkAggregate(t, g, typs, cols, drawSel(t, n), n, a)
			})
		})
	}
}

// tame keeps floats and large integers small, so that sums do not depend on order
// and cannot overflow.
func tame(v vec.Vec) vec.Vec {
	w := &v
	if v.Form == vec.Dict {
		w = &v.Dict.Values
	}
	switch v.Type.Class() {
	case types.F32:
		for i, f := range vec.Of[float32](w) {
			vec.Of[float32](w)[i] = float32(math.Mod(math.Round(float64(f)), 1000))
		}
	case types.F64:
		for i, f := range vec.Of[float64](w) {
			vec.Of[float64](w)[i] = math.Mod(math.Round(f), 1000)
		}
	}
	return v
}

// checkAggregate is one check of TestAggregatesAgreeWithThemselves.
func checkAggregate(t *rapid.T, g *Aggregate, typs []types.Type, cols []vec.Vec, sel []uint64, n int, a *arena.Arena) {
	const groups = 3
	group := make([]uint32, n)
	for i := range group {
		group[i] = uint32(rapid.IntRange(0, groups-1).Draw(t, "group"))
	}
	whole := g.New(typs, a)
	whole.Grow(groups)
	errs := []error{whole.Update(group, cols, sel, n)}
	byGroup, merged := g.New(typs, a), g.New(typs, a)
	byGroup.Grow(groups)
	merged.Grow(groups)
	for k := range uint32(groups) {
		mask := make([]uint64, vec.Words(n))
		for i := range n {
			if group[i] == k && has(sel, i) {
				mask[i>>6] |= 1 << (uint(i) & 63)
			}
		}
		errs = append(errs, byGroup.UpdateOne(k, cols, mask, n))
	}
	for i := range n {
		if !has(sel, i) {
			continue
		}
		one := g.New(typs, a)
		one.Grow(1)
		row := make([]vec.Vec, len(cols))
		for j := range cols {
			row[j] = constVec(cols[j].Value(i), 1)
		}
		errs = append(errs, one.UpdateOne(0, row, nil, 1), merged.Merge(one, []uint32{group[i]}))
	}
	if slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
		return // an overflow or a NULL name: the ways may find it at different rows
	}
	want := finals(t, whole, groups, a)
	if got := finals(t, byGroup, groups, a); !slices.Equal(got, want) {
		t.Fatalf("group by group %v, at once %v", got, want)
	}
	if got := finals(t, merged, groups, a); g.Name != "any_value" && !closeTo(got, want, g) {
		t.Fatalf("merged %v, at once %v", got, want)
	}
}

// finals returns the results as text.
func finals(t *rapid.T, s States, n int, a *arena.Arena) []string {
	v, err := s.Final(0, n, a)
	if err != nil {
		return []string{"error " + codeOf(err)}
	}
	out := make([]string, n)
	for i := range out {
		out[i] = describe(v.Value(i))
	}
	if v.N != n {
		t.Fatalf("%d results of %d groups", v.N, n)
	}
	return out
}

// closeTo compares results; the variance of floats may differ in the last digits.
func closeTo(got, want []string, g *Aggregate) bool {
	if g.ReturnType(make([]types.Type, 1)).ID != types.Float64 {
		return slices.Equal(got, want)
	}
	for i := range got {
		x, errX := types.Parse(got[i], types.T(types.Float64))
		y, errY := types.Parse(want[i], types.T(types.Float64))
		if errX != nil || errY != nil {
			if got[i] != want[i] {
				return false
			}
			continue
		}
		if types.CompareFloat(x.F, y.F) != 0 && !(math.Abs(x.F-y.F) <= 1e-9*(1+math.Abs(y.F))) {
			return false
		}
	}
	return true
}

// TestAggregateResults checks results that are known.
func TestAggregateResults(t *testing.T) {
	column := func(id types.ID, texts ...string) vec.Vec {
		a := arena.New(nil)
		b := newBuilder(&frame{n: len(texts), arena: a}, types.T(id))
		for _, s := range texts {
			if s == "NULL" {
				b.null()
				continue
			}
			v, err := types.Parse(s, types.T(id))
			if err != nil {
				t.Fatal(err)
			}
			b.value(v)
		}
		v, err := b.finish()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	i4, i8, f8, num, txt := types.Int32, types.Int64, types.Float64, types.Numeric, types.Text
	for _, c := range []struct {
		name string
		args []vec.Vec
		want string
	}{
		{"count", []vec.Vec{column(i4, "1", "NULL", "3")}, "2"},
		{"sum", []vec.Vec{column(i4, "2147483647", "2147483647")}, "4294967294"},
		{"sum", []vec.Vec{column(i8, "9223372036854775807", "9223372036854775807", "NULL")}, "18446744073709551614"},
		{"sum", []vec.Vec{column(num, "1.5", "2.25", "-0.75")}, "3.00"},
		{"sum", []vec.Vec{column(i4, "NULL")}, "NULL"},
		{"avg", []vec.Vec{column(i4, "1", "2", "2")}, "1.6666666666666667"},
		{"avg", []vec.Vec{column(num, "1.00", "2")}, "1.5000000000000000"},
		{"avg", []vec.Vec{column(f8, "1", "2")}, "1.5"},
		{"min", []vec.Vec{column(f8, "NaN", "1", "-Infinity")}, "-Infinity"},
		{"max", []vec.Vec{column(f8, "NaN", "1", "Infinity")}, "NaN"},
		{"max", []vec.Vec{column(txt, "b", "a", "é")}, "é"},
		{"min", []vec.Vec{column(types.Date, "2020-02-01", "2020-01-31")}, "2020-01-31"},
		{"max", []vec.Vec{column(num, "1.0", "1.00")}, "1.0"},
		{"stddev", []vec.Vec{column(i4, "1", "2", "3", "4")}, "1.2909944487358056"},
		{"var_pop", []vec.Vec{column(i4, "1", "2", "3", "4")}, "1.2500000000000000"},
		{"variance", []vec.Vec{column(f8, "1", "2", "3", "4")}, "1.6666666666666667"},
		{"stddev", []vec.Vec{column(i4, "1")}, "NULL"},
		{"string_agg", []vec.Vec{column(txt, "a", "NULL", "b"), column(txt, ",", ",", "; ")}, "a; b"},
		{"bool_and", []vec.Vec{column(types.Bool, "t", "NULL", "f")}, "f"},
		{"every", []vec.Vec{column(types.Bool, "t", "NULL")}, "t"},
		{"bit_xor", []vec.Vec{column(i4, "5", "3")}, "6"},
		{"sum", []vec.Vec{column(types.Interval, "1 day", "2 hours")}, "1 day 02:00:00"},
		{"avg", []vec.Vec{column(types.Interval, "1 day", "2 days")}, "1 day 12:00:00"},
		{"json_agg", []vec.Vec{column(i4, "1", "NULL")}, "[1, null]"},
		{"first", []vec.Vec{column(txt, "x", "y")}, "x"},
		{"last", []vec.Vec{column(txt, "x", "NULL")}, "NULL"},
	} {
		var typs []types.Type
		for _, v := range c.args {
			typs = append(typs, v.Type)
		}
		g, _, err := ResolveAggregate(c.name, typs)
		if err != nil {
			t.Fatal(err)
		}
		a := arena.New(nil)
		s := g.New(typs, a)
		s.Grow(1)
		if err := s.UpdateOne(0, c.args, nil, c.args[0].N); err != nil {
			t.Fatal(err)
		}
		v, err := s.Final(0, 1, a)
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(v.Value(0)); got != c.want {
			t.Errorf("%s(%v) is %s, want %s", c.name, typs, got, c.want)
		}
		a.Free()
	}
}
