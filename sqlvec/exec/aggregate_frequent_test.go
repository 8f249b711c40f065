package exec

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// sameHash returns n texts of twelve printable bytes whose keys have the same hash.
func sameHash(t *testing.T, n int) []string {
	codec := groupCodec([]types.Type{types.T(types.Text)})
	before := func(s string) uint64 { return hashWord(hashWord(0x8ebc6af09c88c6e3) ^ strOf([]byte(s)).lo) }
	list := []string{"0000address!"}
	want := before(list[0]) ^ binary.LittleEndian.Uint64([]byte(list[0][4:]))
	for i := 1; len(list) < n && i < 1<<20; i++ {
		text := fmt.Appendf(nil, "%04x", i&0xffff)
		text[0] += byte(i >> 16)
		text = binary.LittleEndian.AppendUint64(text, want^before(string(append(text, "12345678"...))))
		if !slices.ContainsFunc(text, func(c byte) bool { return c < ' ' || c > '~' }) {
			list = append(list, string(text))
		}
	}
	if len(list) < n {
		t.Fatalf("%d texts", len(list))
	}
	hashes := map[uint64]bool{}
	for _, text := range list {
		s := strOf([]byte(text))
		hashes[codec.hashRow([]uint64{0, s.lo, s.hi, 0})] = true
	}
	if len(hashes) != 1 {
		t.Fatalf("%d hashes of %q", len(hashes), list)
	}
	return list
}

// TestFrequentGroups compares the groups with the most rows of many with those of a map: texts that the
// scan lends or not, beside another key or not, of which several have the same hash.
func TestFrequentGroups(t *testing.T) {
	const many = 80000
	same := sameHash(t, 7)
	text, number := types.T(types.Text), types.T(types.Int64)
	for name, c := range map[string]struct {
		same  []int // rows of the texts with the same hash
		often int   // rows of each of 20 others
		limit int64
	}{
		"no text":                  {nil, 9, 10},
		"texts behind":             {[]int{5, 4, 3}, 9, 10},
		"texts beside":             {[]int{9, 9, 1}, 9, 25},
		"texts before":             {[]int{30, 20, 9, 1, 1, 1, 1}, 9, 10},
		"texts that would be last": {[]int{6, 5}, 9, 21},
		"all alike":                {[]int{3, 3}, 2, 10},
	} {
		rows := make([]string, 0, 3*many)
		for i := range many {
			rows = append(rows, fmt.Sprintf("%d is an address with a number", i), fmt.Sprint("short ", i/2))
		}
		for i := range 20 {
			for range c.often - 1 {
				rows = append(rows, fmt.Sprintf("%d is an address with a number", 4000*i))
			}
		}
		for i, n := range c.same {
			for range n {
				rows = append(rows, same[i])
			}
		}
		rand.New(rand.NewPCG(1, uint64(len(rows)))).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		want := mostFrequent(rows, int(c.limit))
		m := &memTable{cols: []plan.Column{{ID: 1, Type: text}, {ID: 2, Type: number}}}
		for part := range slices.Chunk(rows, 50000) {
			var texts, numbers []types.Value
			for _, s := range part {
				texts, numbers = append(texts, types.BytesValue(text, s)), append(numbers, types.IntValue(number, int64(len(s)%3)))
			}
			cols := []vec.Vec{vecOf(text, texts, testArena), vecOf(number, numbers, testArena)}
			m.groups = append(m.groups, colstore.Group{N: len(part), Cols: cols, Mapped: make([]bool, 2)})
		}
		for i := range 4 {
			lent, keys, workers := i&1 == 1, 1+i>>1, 1+2*(i^i>>1)&2
			for _, g := range m.groups {
				g.Mapped[0] = lent
			}
			var lines []string
			for _, row := range mustRows(t, frequentPlan(t, m, keys, c.limit), Options{Workers: workers}) {
				lines = append(lines, fmt.Sprint(row[0].I, row[1].I, row[2].S))
			}
			if !slices.Equal(lines, want) {
				t.Errorf("%s, lent %t, %d keys, %d workers:\n%q, want\n%q", name, lent, keys, workers, lines, want)
			}
		}
	}
}

// frequentPlan returns the plan of the most frequent texts of m, which are a key with or without the
// number: the count comes first, the text behind the greatest number.
func frequentPlan(t *testing.T, m *memTable, keys int, limit int64) plan.Node {
	agg := &plan.Aggregate{Input: m.scan(), Aggs: []plan.AggCall{mustAgg(t, "max", m.col(1)), mustAgg(t, "count")}}
	for k := range keys {
		agg.Keys = append(agg.Keys, m.col(k))
	}
	for i := range keys + 2 {
		agg.Out = append(agg.Out, plan.Column{ID: 3 + i, Type: columnType(agg, i)})
	}
	out := func(i int) expr.Expr { return &expr.Col{Index: i, Typ: agg.Out[i].Type} }
	list := &plan.Project{Input: agg, Exprs: []expr.Expr{out(keys + 1), out(keys), out(0)}}
	for i, e := range list.Exprs {
		list.Out = append(list.Out, plan.Column{ID: 10 + i, Type: e.Type()})
	}
	return &plan.Sort{Input: list, Limit: limit, Keys: []plan.SortKey{
		{Expr: &expr.Col{Index: 0, Typ: list.Out[0].Type}, Desc: true}, {Expr: &expr.Col{Index: 2, Typ: list.Out[2].Type}}}}
}

// mostFrequent returns the n most frequent texts behind their counts and the rests of their lengths by three.
func mostFrequent(rows []string, n int) []string {
	counts := map[string]int{}
	for _, s := range rows {
		counts[s]++
	}
	texts := make([]string, 0, len(counts))
	for s := range counts {
		texts = append(texts, s)
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	var out []string
	for _, s := range texts[:n] {
		out = append(out, fmt.Sprint(counts[s], len(s)%3, s))
	}
	return out
}
