package arena

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPoolHalvesAndJoins takes and gives back chunks at random: none overlaps another, and in the
// end every mapping is whole and free.
func TestPoolHalvesAndJoins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p chunkPool
		var live [][]byte
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			if len(live) > 0 && rapid.IntRange(0, 2).Draw(t, "give back") == 0 {
				at := rapid.IntRange(0, len(live)-1).Draw(t, "which")
				p.put(live[at])
				live = append(live[:at], live[at+1:]...)
				continue
			}
			n := leastChunk << rapid.IntRange(0, 8).Draw(t, "class")
			c, err := p.get(n)
			if err != nil || len(c) != n || cap(c) != n {
				t.Fatalf("get(%d) is %d bytes, %v", n, len(c), err)
			}
			for _, other := range live {
				if addressOf(c) < addressOf(other)+uintptr(len(other)) && addressOf(other) < addressOf(c)+uintptr(n) {
					t.Fatalf("chunks of %d and %d bytes overlap", n, len(other))
				}
			}
			live = append(live, c)
		}
		for _, c := range live {
			p.put(c)
		}
		free := 0
		for class := range maxClasses {
			free += len(p.warm[class]) + len(p.cold[class])
		}
		if free != len(p.mappings) {
			t.Fatalf("%d mappings are free in %d pieces", len(p.mappings), free)
		}
		for _, m := range p.mappings {
			if class := classOf(len(m.mem)); !p.warm[class].remove(m.base) && !p.cold[class].remove(m.base) {
				t.Fatalf("a mapping of %d bytes is not free as a whole", len(m.mem))
			}
		}
	})
}

// TestPoolTouchesNoMoreThanIsUsed asks for sizes that free chunks do not have: as many bytes go back
// to the system as are taken from it.
func TestPoolTouchesNoMoreThanIsUsed(t *testing.T) {
	var p chunkPool
	get := func(n int) []byte {
		t.Helper()
		c, err := p.get(n)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	bytesOf := func(free *[maxClasses]freeSet) (n int) {
		for class, set := range free {
			n += len(set) << class
		}
		return n
	}
	var small [][]byte
	for range 8 {
		small = append(small, get(ChunkSize))
	}
	for _, c := range small {
		p.put(c)
	}
	if warm := bytesOf(&p.warm); warm != 8*ChunkSize {
		t.Fatalf("%d bytes are warm", warm)
	}
	large := get(4 * ChunkSize)
	if warm, cold := bytesOf(&p.warm), bytesOf(&p.cold); warm != 4*ChunkSize || cold != 4*ChunkSize {
		t.Errorf("%d bytes are warm and %d cold", warm, cold)
	}
	p.put(large)
	get(2 * ChunkSize) // a half of what was large
	if warm, cold := bytesOf(&p.warm), bytesOf(&p.cold); warm != 6*ChunkSize || cold != 4*ChunkSize {
		t.Errorf("after a half: %d bytes are warm and %d cold", warm, cold)
	}
}
