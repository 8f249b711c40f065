package part

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/vec"
)

// openDeaths encodes and opens the deaths.
func openDeaths(t tb, rows int, deaths []Death) *Deaths {
	t.Helper()
	img, err := EncodeDeaths(rows, deaths)
	if err != nil {
		t.Fatal(err)
	}
	d, err := OpenDeaths(sourceOf(img), Location{Length: int64(len(img))}, rows)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// checkMask compares a mask with the deaths at or before seq.
func checkMask(t tb, d *Deaths, all []Death, seq uint64) {
	t.Helper()
	m, err := d.MaskAt(seq)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]uint64, vec.Words(d.Rows())+pageWords)
	n := 0
	for _, x := range all {
		if x.Seq <= seq {
			want[x.Row>>6] |= 1 << (x.Row & 63)
			n++
		}
	}
	if m.Count() != n || m.CountBetween(0, d.Rows()) != n {
		t.Fatalf("mask at %d has %d dead rows, want %d", seq, m.Count(), n)
	}
	if got, err := d.CountBy(seq); err != nil || got != n {
		t.Fatalf("%d deaths by %d, want %d (%v)", got, seq, n, err)
	}
	for row := 0; row < d.Rows(); row += 64 {
		words := m.Words(row, min(64, d.Rows()-row))
		if w := want[row>>6]; (words == nil) != (w == 0) || words != nil && words[0] != w {
			t.Fatalf("mask at %d, rows from %d: %x, want %x", seq, row, words, w)
		}
	}
}

// checkEnds compares the ends of all rows with the deaths at or before seq.
func checkEnds(t tb, d *Deaths, all []Death, seq uint64) {
	t.Helper()
	want := make([]uint64, d.Rows())
	for i := range want {
		want[i] = math.MaxInt64
	}
	for _, x := range all {
		if x.Seq <= seq {
			want[x.Row] = x.Seq
		}
	}
	for row := 0; row < d.Rows(); row += pageRows {
		got := make([]uint64, min(pageRows, d.Rows()-row))
		if err := d.FillEnds(got, row, seq); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want[row:row+len(got)]) {
			t.Fatalf("the ends at %d are wrong", seq)
		}
	}
}

// randomDeaths lets some rows die, a few at a time.
func randomDeaths(r *rand.Rand, rows, n int, first uint64, step int) []Death {
	deaths := make([]Death, n)
	seq := first
	for i, row := range r.Perm(rows)[:n] {
		seq += uint64(r.IntN(step))
		deaths[i] = Death{Seq: seq, Row: uint32(row)}
	}
	return deaths
}

func TestDeathsEqualModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		rows := rapid.SampledFrom([]int{1, 64, 100, 5000, 70000}).Draw(t, "rows")
		n := r.IntN(min(rows, 2000) + 1)
		all := randomDeaths(r, rows, n, 1000, 1+r.IntN(3)*r.IntN(4000))
		stored := r.IntN(n + 1)
		d := openDeaths(t, rows, slices.Clone(all[:stored]))
		for _, x := range all[stored:] {
			if err := d.Append(x.Row, x.Seq); err != nil {
				t.Fatal(err)
			}
			if r.IntN(100) == 0 {
				checkMask(t, d, all[:d.Len()], x.Seq)
			}
		}
		if err := d.Verify(); err != nil {
			t.Fatal(err)
		}
		for range 12 {
			seq := uint64(r.IntN(1001))
			if n > 0 && r.IntN(4) > 0 {
				seq = all[r.IntN(n)].Seq + uint64(r.IntN(2))
			}
			checkMask(t, d, all, seq)
			checkEnds(t, d, all, seq)
		}
		list, err := d.List(math.MaxUint64)
		if err != nil || len(list) != n {
			t.Fatalf("%d deaths listed, want %d (%v)", len(list), n, err)
		}
		again := openDeaths(t, rows, list)
		checkMask(t, again, all, math.MaxUint64)
		checkBetween(t, r, d, all)
	})
}

func checkBetween(t tb, r *rand.Rand, d *Deaths, all []Death) {
	t.Helper()
	after := uint64(r.IntN(3000))
	by := after + uint64(r.IntN(3000))
	var want, got []Death
	for _, x := range all {
		if x.Seq > after && x.Seq <= by {
			want = append(want, x)
		}
	}
	if err := d.Between(after, by, func(x Death) bool { got = append(got, x); return true }); err != nil {
		t.Fatal(err)
	}
	byRow := func(a, b Death) int { return int(a.Seq) - int(b.Seq) }
	if len(got) != len(want) || !slices.IsSortedFunc(got, byRow) {
		t.Fatalf("%d deaths in (%d, %d], want %d", len(got), after, by, len(want))
	}
	for _, x := range want {
		if !slices.Contains(got, x) {
			t.Fatalf("%v is not in (%d, %d]", x, after, by)
		}
	}
}

func TestKeyframes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	rows := 300_000
	for _, ordered := range []bool{false, true} {
		all := randomDeaths(r, rows, 200_000, 5, 3)
		if ordered { // runs of dead rows
			for i := range all {
				all[i].Row = uint32(i + 1000)
			}
		}
		d := openDeaths(t, rows, slices.Clone(all))
		if d.base.frames != 3 {
			t.Fatalf("%d keyframes of %d deaths", d.base.frames, len(all))
		}
		if err := d.Verify(); err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 65535, 65536, 131072, 150_000, 199_999, 3, 199_998} {
			checkMask(t, d, all, all[i].Seq)
		}
		checkEnds(t, d, all, all[180_000].Seq)
	}
}

func TestDeathOf(t *testing.T) {
	d := openDeaths(t, 1000, []Death{{Seq: 50, Row: 3}, {Seq: 40, Row: 900}})
	for i := range 500 {
		if err := d.Append(uint32(i+100), uint64(100+i)); err != nil {
			t.Fatal(err)
		}
		if seq, ok, err := d.DeathOf(uint32(i + 100)); err != nil || !ok || seq != uint64(100+i) {
			t.Fatalf("row %d died at %d (%t, %v)", i+100, seq, ok, err)
		}
	}
	for row, want := range map[uint32]uint64{3: 50, 900: 40, 599: 599} {
		if seq, ok, err := d.DeathOf(row); err != nil || !ok || seq != want {
			t.Fatalf("row %d died at %d (%t, %v), want %d", row, seq, ok, err, want)
		}
	}
	if _, ok, err := d.DeathOf(4); ok || err != nil {
		t.Fatalf("row 4 is dead (%v)", err)
	}
}

func TestMasksSharePages(t *testing.T) {
	d := NewDeaths(MaxRows)
	for i := range 16 {
		if err := d.Append(uint32(i*pageRows), uint64(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	a, err := d.MaskAt(16)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Append(5*pageRows+77, 17); err != nil {
		t.Fatal(err)
	}
	b, err := d.MaskAt(17)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.pages {
		if (a.pages[i] == b.pages[i]) != (i != 5) {
			t.Fatalf("page %d: shared is %t", i, a.pages[i] == b.pages[i])
		}
	}
	if a.Dead(5*pageRows+77) || !b.Dead(5*pageRows+77) {
		t.Fatal("the death at 17 is seen at 16, or not at 17")
	}
}

func TestDeathsAreRefused(t *testing.T) {
	for _, bad := range [][]Death{{{Row: 10}}, {{Row: 1}, {Row: 1, Seq: 2}}} {
		if _, err := EncodeDeaths(10, bad); err == nil {
			t.Errorf("%v: accepted", bad)
		}
	}
	d := NewDeaths(10)
	if d.Append(10, 1) == nil || d.Append(1, 5) != nil || d.Append(2, 4) == nil {
		t.Error("a row behind the last or a seq that falls is accepted")
	}
}

func TestDeathsWhileReading(t *testing.T) {
	const n = 20_000
	d := NewDeaths(n)
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for seen := 0; seen < n; {
				seen = d.Len()
				if m, err := d.MaskAt(uint64(seen)); err != nil || m.Count() != seen {
					t.Errorf("%d dead rows at %d (%v)", m.Count(), seen, err)
					return
				}
				if seen > 0 {
					if seq, ok, err := d.DeathOf(uint32(seen - 1)); err != nil || !ok || seq != uint64(seen) {
						t.Errorf("row %d died at %d (%t, %v)", seen-1, seq, ok, err)
						return
					}
				}
			}
		}()
	}
	for i := range n {
		if err := d.Append(uint32(i), uint64(i+1)); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

func TestDeathsFlippedByteIsNoticed(t *testing.T) {
	all := randomDeaths(rand.New(rand.NewPCG(9, 9)), 400, 150, 30, 4)
	img, err := EncodeDeaths(400, slices.Clone(all))
	if err != nil {
		t.Fatal(err)
	}
	for i := range img {
		bad := bytes.Clone(img)
		bad[i] ^= 1 << (i % 8)
		d, err := OpenDeaths(sourceOf(bad), Location{Length: int64(len(bad))}, 400)
		if err == nil {
			_, maskErr := d.MaskAt(math.MaxUint64)
			err = d.Verify()
			if err == nil || maskErr == nil {
				t.Fatalf("byte %d flipped: Verify %v, mask %v", i, err, maskErr)
			}
		}
		checkCorruption(t, err, i)
	}
}
