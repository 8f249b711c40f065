package part

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// cpuNanos returns the processor time of this process so far. Unlike time on the clock it says
// much the same on a busy machine.
func cpuNanos() float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

// lineColumns are sixteen columns like those of an order line: what an import appends.
func lineColumns(n int) []vec.Vec {
	r := rand.New(rand.NewPCG(1, 1))
	ints := func(t types.Type, f func(i int) int64) vec.Vec {
		s := make([]int64, n)
		for i := range s {
			s[i] = f(i)
		}
		return vec.FromFixed(t, s, nil)
	}
	dates := func() vec.Vec {
		s := make([]int32, n)
		for i := range s {
			s[i] = 8000 + int32(r.IntN(2500))
		}
		return vec.FromFixed(types.T(types.Date), s, nil)
	}
	text := func(f func(i int) string) vec.Vec {
		offs, heap := make([]int32, 1, n+1), []byte(nil)
		for i := range n {
			heap = append(heap, f(i)...)
			offs = append(offs, int32(len(heap)))
		}
		return vec.FromBytes(types.T(types.Text), offs, heap, nil)
	}
	pick := func(words ...string) vec.Vec {
		return text(func(int) string { return words[r.IntN(len(words))] })
	}
	big, money := types.T(types.Int64), types.Dec(15, 2)
	return []vec.Vec{
		ints(big, func(i int) int64 { return int64(i/4)*4 + int64(i%4) }),
		ints(big, func(int) int64 { return r.Int64N(200_000) }),
		ints(big, func(int) int64 { return r.Int64N(10_000) }),
		ints(big, func(i int) int64 { return int64(i%7) + 1 }),
		ints(money, func(int) int64 { return 100 * (1 + r.Int64N(50)) }),
		ints(money, func(int) int64 { return 90_000 + r.Int64N(10_000_000) }),
		ints(money, func(int) int64 { return r.Int64N(11) }), ints(money, func(int) int64 { return r.Int64N(9) }),
		pick("R", "A", "N"), pick("O", "F"), dates(), dates(), dates(),
		pick("COLLECT COD", "NONE", "DELIVER IN PERSON", "TAKE BACK RETURN"),
		pick("AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"),
		text(func(i int) string { return fmt.Sprintf("final deposits %x among the %d", r.Uint32(), i) }),
	}
}

func lineOptions(cols []vec.Vec) WriteOptions {
	opt := WriteOptions{Indexes: []IndexSpec{{Columns: []uint32{1, 4}, Unique: true}}}
	for i := range cols {
		opt.Columns = append(opt.Columns, ColumnSpec{ID: uint32(i + 1), Name: fmt.Sprintf("c%d", i), Type: cols[i].Type})
	}
	return opt
}

func vectorBytes(cols []vec.Vec) (n int64) {
	for i := range cols {
		n += int64(len(cols[i].Data) + len(cols[i].Heap) + 4*len(cols[i].Offs))
	}
	return n
}

// BenchmarkWrite writes a part of 2^20 rows of sixteen columns with a primary key, into nothing.
func BenchmarkWrite(b *testing.B) {
	cols := lineColumns(1 << 18)
	b.SetBytes(4 * vectorBytes(cols))
	var size int64
	start := cpuNanos()
	for b.Loop() {
		w, err := NewWriter(io.Discard, lineOptions(cols))
		if err != nil {
			b.Fatal(err)
		}
		for range 4 {
			for lo := 0; lo < 1<<18; lo += vec.BatchRows {
				piece := make([]vec.Vec, len(cols))
				for i := range cols {
					piece[i] = cols[i].Slice(lo, lo+vec.BatchRows)
				}
				if err := w.Append(piece, nil, nil); err != nil {
					b.Fatal(err)
				}
			}
		}
		info, err := w.Finish()
		if err != nil {
			b.Fatal(err)
		}
		size = info.Bytes
		w.Close()
	}
	b.ReportMetric((cpuNanos()-start)/float64(b.N)/(1<<20), "cpu-ns/row")
	b.ReportMetric(float64(size)/(1<<20), "B/row")
}

// benchPart is a part of n rows with one BIGINT key column.
func benchPart(b testing.TB, n int, key func(i int) int64) *Part {
	var out bytes.Buffer
	s := make([]int64, n)
	for i := range s {
		s[i] = key(i)
	}
	opt := WriteOptions{Columns: []ColumnSpec{{ID: 1, Name: "k", Type: types.T(types.Int64)}},
		Indexes: []IndexSpec{{Columns: []uint32{1}, Unique: true}}}
	w, err := NewWriter(&out, opt)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	if err := w.Append([]vec.Vec{vec.FromFixed(types.T(types.Int64), s, nil)}, nil, nil); err != nil {
		b.Fatal(err)
	}
	if _, err := w.Finish(); err != nil {
		b.Fatal(err)
	}
	p, err := Open(sourceOf(out.Bytes()), Location{Length: int64(out.Len())}, nil)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func BenchmarkOpen(b *testing.B) {
	var out bytes.Buffer
	cols := lineColumns(1 << 20)
	w, err := NewWriter(&out, lineOptions(cols))
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	if err := w.Append(cols, nil, nil); err != nil {
		b.Fatal(err)
	}
	if _, err := w.Finish(); err != nil {
		b.Fatal(err)
	}
	src := sourceOf(out.Bytes())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(src, Location{Length: int64(out.Len())}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChunk(b *testing.B) {
	p := benchPart(b, 1<<18, func(i int) int64 { return int64(i) * 3 })
	b.ReportAllocs()
	for b.Loop() {
		for g := range p.Groups() {
			if _, err := p.Chunk(g, 0); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkLookup looks up keys of ten parts of 2^20 rows.
func BenchmarkLookup(b *testing.B) {
	for name, key := range map[string]func(part, i int) int64{
		"ascending": func(part, i int) int64 { return int64(part<<20+i) * 3 },
		"shuffled":  func(part, i int) int64 { return int64((uint64(i)*2654435761+uint64(part))%(1<<20))*10 + int64(part) },
		"random":    func(part, i int) int64 { return int64(hashInt(int64(part<<20 + i))) },
	} {
		var parts []*Part
		for k := range 10 {
			parts = append(parts, benchPart(b, 1<<20, func(i int) int64 { return key(k, i) }))
		}
		r := rand.New(rand.NewPCG(1, 2))
		keys := make([]int64, 1<<16)
		for i := range keys {
			keys[i] = key(r.IntN(10), r.IntN(1<<20))
		}
		b.Run(name, func(b *testing.B) { benchLookup(b, parts, keys) })
		b.Run(name+"-one", func(b *testing.B) {
			for i := range keys {
				keys[i] = key(0, r.IntN(1<<20))
			}
			benchLookup(b, parts[:1], keys)
		})
		b.Run(name+"-batch", func(b *testing.B) {
			x, _ := parts[0].Index(0)
			batch := []vec.Vec{vec.FromFixed(types.T(types.Int64), keys[:2048], nil)}
			found, start := 0, cpuNanos()
			for b.Loop() {
				if err := x.LookupBatch(batch, nil, func(int, uint32) bool { found++; return true }); err != nil {
					b.Fatal(err)
				}
			}
			if found == 0 {
				b.Fatal("nothing found")
			}
			b.ReportMetric((cpuNanos()-start)/float64(b.N)/2048, "cpu-ns/key")
		})
	}
}

func benchLookup(b *testing.B, parts []*Part, keys []int64) {
	key := []types.Value{types.IntValue(types.T(types.Int64), 0)}
	var indexes []*Index
	for _, p := range parts {
		x, _ := p.Index(0)
		indexes = append(indexes, x)
	}
	found, i, start := 0, 0, cpuNanos()
	count := func(uint32) bool { found++; return true }
	b.ReportAllocs()
	for b.Loop() {
		key[0].I = keys[i&(len(keys)-1)]
		i++
		for _, x := range indexes {
			if x.MayContain(key) {
				if err := x.Lookup(key, count); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.ReportMetric((cpuNanos()-start)/float64(i), "cpu-ns/op")
	if found < i {
		b.Fatalf("%d of %d keys found", found, i)
	}
}

// BenchmarkMaskAt expands 500,000 deaths of 2^20 rows at a seq that no mask is kept of, and
// moves a mask on by 100 deaths.
func BenchmarkMaskAt(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 3))
	all := make([]Death, 500_000)
	for i, row := range r.Perm(MaxRows)[:len(all)] {
		all[i] = Death{Row: uint32(row), Seq: uint64(i + 1)}
	}
	img, err := EncodeDeaths(MaxRows, all)
	if err != nil {
		b.Fatal(err)
	}
	src := sourceOf(img)
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			d, err := OpenDeaths(src, Location{Length: int64(len(img))}, MaxRows)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := d.MaskAt(490_000); err != nil {
				b.Fatal(err)
			}
		}
	})
	d := openDeaths(b, MaxRows, all)
	b.Run("cached", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.MaskAt(250_000); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("next100", func(b *testing.B) {
		seq := uint64(0)
		for b.Loop() {
			seq = (seq + 100) % 490_000
			if _, err := d.MaskAt(seq); err != nil {
				b.Fatal(err)
			}
		}
	})
}
