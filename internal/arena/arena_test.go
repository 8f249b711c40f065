package arena

import (
	"runtime/debug"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"driftdb/internal/dberr"
)

func TestAllocationsAreAlignedAndApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := New(nil)
		defer a.Free()
		type span struct {
			b    []byte
			fill byte
		}
		var live []span
		sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(1<<20, 5<<20)), 1, 12).Draw(t, "sizes")
		for i, n := range sizes {
			b := a.Alloc(n)
			if len(b) != n || cap(b) != n {
				t.Fatalf("Alloc(%d) has len %d, cap %d", n, len(b), cap(b))
			}
			if uintptr(unsafe.Pointer(unsafe.SliceData(b)))%align != 0 {
				t.Fatalf("Alloc(%d) is not aligned", n)
			}
			for j := range b {
				b[j] = byte(i)
			}
			live = append(live, span{b, byte(i)})
		}
		for _, s := range live {
			for _, c := range s.b {
				if c != s.fill {
					t.Fatal("allocations overlap")
				}
			}
		}
	})
}

func TestReleaseReusesMemory(t *testing.T) {
	a := New(nil)
	defer a.Free()
	a.Alloc(100)
	m := a.Mark()
	first := a.Alloc(3 << 20)
	size := a.Size()
	a.Release(m)
	second := a.Alloc(3 << 20)
	if unsafe.SliceData(first) != unsafe.SliceData(second) || a.Size() != size {
		t.Fatal("the memory after the mark was not used again")
	}
	if got := MakeZero[int64](a, 10); len(got) != 10 || got[9] != 0 {
		t.Fatalf("MakeZero gave %v", got)
	}
}

func TestBudgetRefusesAndIsGivenBack(t *testing.T) {
	budget := NewBudget(3 * ChunkSize)
	a := New(budget)
	err := Catch(func() error {
		for range 4 {
			a.Alloc(ChunkSize)
		}
		return nil
	})
	if dberr.CodeOf(err) != dberr.OutOfMemory {
		t.Fatalf("got %v, want SQLSTATE %s", err, dberr.OutOfMemory)
	}
	if budget.Used() != 3*ChunkSize {
		t.Fatalf("used %d bytes, want %d", budget.Used(), 3*ChunkSize)
	}
	a.Free()
	if budget.Used() != 0 {
		t.Fatalf("used %d bytes after Free, want 0", budget.Used())
	}
	defer func() {
		if recover() == nil {
			t.Fatal("Catch swallowed a panic that is not about memory")
		}
	}()
	_ = Catch(func() error { panic("other") })
}

// TestSmallBudgetHoldsManyArenas checks that the chunks of a small budget are small, and
// those of a large one are not.
func TestSmallBudgetHoldsManyArenas(t *testing.T) {
	small, large := NewBudget(40<<20), NewBudget(1<<30)
	var arenas []*Arena
	for range 200 {
		a := New(small)
		copy(a.Alloc(1000), "these bytes are its own")
		arenas = append(arenas, a)
	}
	if used := small.Used(); used > 40<<20 || used < 200*leastChunk {
		t.Errorf("200 arenas hold %d bytes", used)
	}
	for _, a := range arenas {
		a.Free()
	}
	a := New(large)
	defer a.Free()
	a.Alloc(1)
	if small.Used() != 0 || large.Used() != ChunkSize {
		t.Errorf("%d and %d bytes are held", small.Used(), large.Used())
	}
}

func BenchmarkAlloc(b *testing.B) {
	a := New(nil)
	defer a.Free()
	for b.Loop() {
		a.Reset()
		for range 64 {
			a.Alloc(16384)
		}
	}
}

func TestPartOfBudget(t *testing.T) {
	whole := NewBudget(8 * ChunkSize)
	a, b := whole.Part(6*ChunkSize), whole.Part(6*ChunkSize)
	one, two := New(a), New(b)
	one.Alloc(4 * ChunkSize)
	two.Alloc(2 * ChunkSize)
	if free := b.Free(); free > 2*ChunkSize {
		t.Errorf("%d bytes are free beside what the other part holds", free)
	}
	if err := Catch(func() error { two.Alloc(4 * ChunkSize); return nil }); err == nil {
		t.Error("two parts hold more than the whole")
	}
	if b.Used() != 2*ChunkSize || whole.Used() != 6*ChunkSize {
		t.Errorf("a refused allocation is counted: %d of the part, %d of the whole, %d of the other", b.Used(), whole.Used(), a.Used())
	}
	one.Free()
	two.Alloc(4 * ChunkSize)
	two.Free()
	if whole.Used() != 0 {
		t.Errorf("%d bytes are counted after all were freed", whole.Used())
	}
}

func TestMachineMemory(t *testing.T) {
	const limit = 123 << 20
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	if n := MachineMemory(); n <= 0 || n > limit {
		t.Errorf("MachineMemory() = %d with GOMEMLIMIT=%d", n, limit)
	}
}
