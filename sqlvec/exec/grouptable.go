package exec

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/vec"
)

// groupTable numbers the distinct keys that it has seen: 0, 1, 2, … in the order of their
// first rows. It is an open-addressing hash table over the codec's key rows. A table
// belongs to one goroutine at a time.
type groupTable struct {
	codec *keyCodec
	a     *arena.Arena
	left  *leftWords // of tables before it in a, nil for none
	heap  heap
	n     int      // groups
	keys  []uint64 // stride words a group; capacity grows by doubling
	mask  uint64
	limit int // groups at which the slots double
	// slots are the upper half of the hash and the group's number plus one; 0 is free.
	// A single codec has two words a slot: the number plus one, and the key.
	slots []uint64
	null  int // single: the group of NULL, -1 while there is none
	// unplaced says that groups have no slots, which settle gives them: those of keys that
	// came in ascending order, or that the memo knows.
	unplaced bool
	// rising says that all keys of a single codec have come in ascending order, as those of
	// a table that is kept in it do: a key is the last one or a new one.
	rising bool
	packed bool // the codec has fields
	kept   bool // the texts of all keys that come are kept elsewhere as long as the table

	memo   memo
	idx    []int32
	groups []uint32 // of some rows, while they are put in place
}

// noGroup is the number of no group.
const noGroup = ^uint32(0)

// maxGroups bounds the groups of one table: numbers are 32 bits.
const maxGroups = 1<<32 - 2

// newGroupTable returns a table without groups in memory of a.
func newGroupTable(codec *keyCodec, a *arena.Arena) *groupTable { return newTableIn(codec, a, nil) }

// newTableIn is newGroupTable for one of several tables, which use what those before them left.
func newTableIn(codec *keyCodec, a *arena.Arena, left *leftWords) *groupTable {
	t := &groupTable{codec: codec, a: a, left: left, heap: heap{a: a}, null: -1}
	t.resize(1 << 8)
	t.rising, t.packed = codec.single, codec.fields != nil
	t.unplaced = t.rising
	return t
}

// borrow makes the table leave the texts of its keys where they are.
func (t *groupTable) borrow() { t.kept = true }

// slotsFor returns how many slots a table of n groups has.
func slotsFor(n int) int { return 1 << bits.Len(uint(2*n-1)) }

// unplacedBytes returns the memory that the slots of ascending keys will take when the table
// is merged with another.
func (t *groupTable) unplacedBytes() int64 {
	if t == nil || !t.unplaced || t.n == 0 {
		return 0
	}
	return 2 * 8 * int64(slotsFor(t.n))
}

// resize gives the table n slots, a power of two, and places its groups.
func (t *groupTable) resize(n int) {
	t.mask = uint64(n - 1)
	t.limit = n / 2
	t.left.give(t.slots)
	if !t.codec.single {
		t.slots = t.left.take(t.a, n)
		clear(t.slots)
		for g := range t.n {
			t.place(t.keys[g*t.codec.stride+t.codec.words], g)
		}
		return
	}
	t.slots = t.left.take(t.a, 2*n)
	clear(t.slots)
	for g := range t.n {
		if g == t.null {
			continue
		}
		key := t.keys[g]
		pos := t.codec.hashOfWord(key) & t.mask
		for t.slots[2*pos] != 0 {
			pos = (pos + 1) & t.mask
		}
		t.slots[2*pos], t.slots[2*pos+1] = uint64(g+1), key
	}
}

// reserve makes room for n groups.
func (t *groupTable) reserve(n int) {
	t.settle()
	if n <= t.limit {
		return
	}
	t.resize(slotsFor(n))
	t.moveKeys(n)
}

// moveKeys gives the keys memory for n groups.
func (t *groupTable) moveKeys(n int) {
	bigger := t.left.take(t.a, n*t.codec.stride)
	copy(bigger, t.keys[:t.n*t.codec.stride])
	t.left.give(t.keys)
	t.keys = bigger
}

// finish ends the life of the slots of a table that has groups: no key will be looked for any more.
func (t *groupTable) finish() {
	if t.n > 0 {
		t.left.give(t.slots)
		t.slots = nil
	}
}

// leftWords is memory that tables of one arena have outgrown. Those after them use it. A nil
// leftWords keeps none.
type leftWords struct{ free [][]uint64 }

// take returns n words, with unspecified contents, of what is left where that is not much more.
func (l *leftWords) take(a *arena.Arena, n int) []uint64 {
	if l != nil {
		for i, w := range l.free {
			if len(w) >= n && len(w) <= 2*n {
				l.free[i] = l.free[len(l.free)-1]
				l.free = l.free[:len(l.free)-1]
				return w
			}
		}
	}
	return arena.Make[uint64](a, n)
}

// give leaves words to later tables.
func (l *leftWords) give(w []uint64) {
	if l != nil && len(w) > 0 {
		l.free = append(l.free, w)
	}
}

// place writes group g with hash h into a free slot.
func (t *groupTable) place(h uint64, g int) {
	pos := h & t.mask
	for t.slots[pos] != 0 {
		pos = (pos + 1) & t.mask
	}
	t.slots[pos] = h&^0xffffffff | uint64(g+1)
}

// append adds the key row as a new group.
func (t *groupTable) append(row []uint64) int {
	if t.n == maxGroups {
		panic(arena.Exhausted{Err: dberr.New(dberr.ProgramLimitExceeded, "too many groups")})
	}
	stride := t.codec.stride
	if need := (t.n + 1) * stride; need > len(t.keys) {
		t.moveKeys(max(2*len(t.keys)/stride, 64))
	}
	kept := t.keys[t.n*stride : (t.n+1)*stride]
	copy(kept, row)
	if !t.kept {
		t.codec.keep(kept, &t.heap)
	}
	t.n++
	return t.n - 1
}

// group returns the group of a key row, which it adds when it is new.
func (t *groupTable) group(row []uint64) uint32 {
	h := row[t.codec.words]
	stride := t.codec.stride
	pos := h & t.mask
	for {
		s := t.slots[pos]
		if s == 0 {
			break
		}
		if (s^h)>>32 == 0 {
			g := int(uint32(s)) - 1
			if t.codec.equal(t.keys[g*stride:(g+1)*stride], row) {
				return uint32(g)
			}
		}
		pos = (pos + 1) & t.mask
	}
	return t.addAt(pos, row)
}

// addAt adds the key row as a new group, whose slot is at pos.
func (t *groupTable) addAt(pos uint64, row []uint64) uint32 {
	g := t.append(row)
	t.slots[pos] = row[t.codec.words]&^0xffffffff | uint64(g+1)
	if t.n > t.limit {
		t.resize(2 * (int(t.mask) + 1))
	}
	return uint32(g)
}

// settle places the groups that have no slots.
func (t *groupTable) settle() {
	if t.unplaced {
		t.unplaced, t.rising = false, false
		t.resize(max(1<<8, 1<<bits.Len(uint(2*t.n))))
	}
}

// groupOfWord is group for a single codec.
func (t *groupTable) groupOfWord(key uint64) uint32 {
	if t.unplaced {
		switch {
		case !t.rising || t.packed && key&wideKey != 0:
		case t.n == 0 || int64(key) > int64(t.keys[t.n-1]):
			return uint32(t.append([]uint64{key}))
		case key == t.keys[t.n-1]:
			return uint32(t.n - 1)
		}
		t.settle()
	}
	if t.packed && key&wideKey != 0 {
		return t.groupOfWide(key)
	}
	pos := hashWord(key) & t.mask
	for {
		g := t.slots[2*pos]
		if g == 0 {
			break
		}
		if t.slots[2*pos+1] == key {
			return uint32(g - 1)
		}
		pos = (pos + 1) & t.mask
	}
	g := t.append([]uint64{key})
	t.slots[2*pos], t.slots[2*pos+1] = uint64(g+1), key
	if t.n > t.limit {
		t.resize(2 * (int(t.mask) + 1))
	}
	return uint32(g)
}

// groupsOfWords writes the groups of keys of a single codec.
func (t *groupTable) groupsOfWords(keys []uint64, group []uint32) {
	group = group[:len(keys)]
	var last uint64 // a partition has many rows of a key that many rows have
	of := noGroup
	for i := 0; i < len(keys); {
		slots, mask, apart := t.slots, t.mask, uint64(0)
		if t.unplaced { // the slots do not tell
			if i += t.rise(keys[i:], group[i:]); i < len(keys) {
				group[i] = t.groupOfWord(keys[i])
				i++
			}
			continue
		}
		if t.packed {
			apart = wideKey
		}
		for ; i < len(keys); i++ {
			key := keys[i]
			if key&apart != 0 {
				break
			}
			if key == last && of != noGroup {
				group[i] = of
				continue
			}
			pos := hashWord(key) & mask
			g, k := slots[2*pos], slots[2*pos+1]
			for g != 0 && k != key {
				pos = (pos + 1) & mask
				g, k = slots[2*pos], slots[2*pos+1]
			}
			if g == 0 {
				break
			}
			last, of = key, uint32(g-1)
			group[i] = of
		}
		if i < len(keys) {
			group[i] = t.groupOfWord(keys[i])
			i++
		}
	}
}

// rise writes the groups of keys as long as they ascend from the last key on, if all have until now. It returns how many
// that was.
func (t *groupTable) rise(keys []uint64, group []uint32) (done int) {
	if !t.rising || t.packed || t.n+len(keys) > maxGroups {
		return 0
	}
	if need := t.n + len(keys); need > len(t.keys) {
		t.moveKeys(max(2*len(t.keys), need))
	}
	n, last, known := t.n, int64(0), t.keys
	if n > 0 {
		last = int64(known[n-1])
	}
	group = group[:len(keys)]
	for i, k := range keys {
		if key := int64(k); key != last || n == 0 {
			if key < last && n > 0 {
				break
			}
			known[n], last = k, key
			n++
		}
		group[i] = uint32(n - 1)
		done = i + 1
	}
	t.n = n
	return done
}

// groupOfWide is groupOfWord for a wide key.
func (t *groupTable) groupOfWide(key uint64) uint32 {
	pos := t.codec.hashOfWord(key) & t.mask
	for ; t.slots[2*pos] != 0; pos = (pos + 1) & t.mask {
		if t.codec.equalWide(t.slots[2*pos+1], key) {
			return uint32(t.slots[2*pos] - 1)
		}
	}
	g := t.append([]uint64{key})
	t.slots[2*pos], t.slots[2*pos+1] = uint64(g+1), t.keys[g]
	if t.n > t.limit {
		t.resize(2 * (int(t.mask) + 1))
	}
	return uint32(g)
}

// groupOfNull returns the group of the single NULL key.
func (t *groupTable) groupOfNull() uint32 {
	if t.null < 0 {
		t.rising = false // the last key may be NULL from now on
		t.null = t.append([]uint64{0})
	}
	return uint32(t.null)
}

// find writes the group of every selected row of the keys to out, which has n elements;
// those of other rows are unspecified. scratch holds what it needs meanwhile.
func (t *groupTable) find(keys []vec.Vec, n int, sel []uint64, out []uint32, scratch *arena.Arena) {
	t.findSlots(keys, sel, out[:n], scratch)
	for i := range out[:n] {
		out[i]--
	}
}

// selected returns the numbers of the selected rows, nil when all are.
func (t *groupTable) selected(sel []uint64, n int) []int32 {
	if sel == nil {
		return nil
	}
	if t.idx == nil {
		t.idx = make([]int32, 0, n) // no row at all is not nil
	}
	t.idx = setBits(sel, n, t.idx[:0])
	return t.idx
}

// findRows writes the groups of rows idx (nil: all n).
func (t *groupTable) findRows(keys []vec.Vec, n int, idx []int32, out []uint32, scratch *arena.Arena) {
	rows := t.codec.encode(keys, n, idx, scratch)
	if t.codec.single {
		t.findWords(&keys[0], rows, idx, out)
		return
	}
	stride := t.codec.stride
	if idx == nil {
		for i := range n {
			out[i] = t.group(rows[i*stride : (i+1)*stride])
		}
		return
	}
	for k, i := range idx {
		out[i] = t.group(rows[k*stride : (k+1)*stride])
	}
}

// findWords is findRows for a single codec.
func (t *groupTable) findWords(v *vec.Vec, words []uint64, idx []int32, out []uint32) {
	if v.Valid != nil && !t.packed {
		t.findNullable(v, words, idx, out)
		return
	}
	if idx == nil {
		t.groupsOfWords(words, out)
		return
	}
	if len(t.groups) < len(words) {
		t.groups = make([]uint32, max(len(words), vec.BatchRows))
	}
	t.groupsOfWords(words, t.groups[:len(words)])
	for k, i := range idx {
		out[i] = t.groups[k]
	}
}

func (t *groupTable) findNullable(v *vec.Vec, words []uint64, idx []int32, out []uint32) {
	for k, w := range words {
		i := k
		if idx != nil {
			i = int(idx[k])
		}
		if v.IsNull(i) {
			out[i] = t.groupOfNull()
		} else {
			out[i] = t.groupOfWord(w)
		}
	}
}

// columns appends the keys of groups [lo, hi) to cols, as vectors in a.
func (t *groupTable) columns(lo, hi int, cols []vec.Vec, a *arena.Arena) []vec.Vec {
	for k := range t.codec.types {
		cols = append(cols, t.column(k, lo, hi, a))
	}
	return cols
}

// column returns key k of groups [lo, hi), as a vector in a.
func (t *groupTable) column(k, lo, hi int, a *arena.Arena) vec.Vec {
	null := -1
	if t.null >= 0 {
		null = t.null - lo
	}
	return t.codec.decode(k, t.keys[lo*t.codec.stride:hi*t.codec.stride], null, a)
}
