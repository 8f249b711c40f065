package kernel

// The bounds of the batches and slots that packed sums are for: the words are unpacked after every batch.
const (
	mostPacked    = 1 << 11 // rows
	leastPacked   = 1 << 9
	packedSlots   = 1 << 9
	packedCount   = 12 // bits of the count of rows
	packedSumBits = 11 // of a sum beside those of a value
	// MaxPacked is the most columns.
	MaxPacked = 2
)

// PackedSums adds columns of unsigned integers of a batch and the count of its rows by their slots, all in
// one word: the loop is bound by the store of each row. Its methods are called in the order Reset, Pack8 to Pack32, Add,
// Count and Sum. It is not safe for concurrent use.
type PackedSums struct {
	cols  [MaxPacked]packedColumn
	n     int
	next  uint                   // bits that are taken
	one   uint64                 // what each row adds to the count
	lanes [2][packedSlots]uint64 // rows in turn, so that few wait for what the row before stores
	slots int
}

// packedColumn is one column, in one of the slices, and where its sum is in a word.
type packedColumn struct {
	shift, bits uint
	x8          []uint8
	x16         []uint16
	x32         []uint32
}

// CanPack reports whether sums of so many rows and slots can be packed.
func CanPack(rows, slots int) bool {
	return leastPacked <= rows && rows <= mostPacked && slots <= packedSlots
}

// Reset forgets all columns. count says whether rows are counted.
func (p *PackedSums) Reset(count bool) {
	p.n, p.next, p.one = 0, 0, 0
	if count {
		p.next, p.one = packedCount, 1
	}
}

// Columns returns how many columns there are.
func (p *PackedSums) Columns() int { return p.n }

// Pack8 adds a column of bytes, if there is room.
func (p *PackedSums) Pack8(x []uint8) bool { return p.pack(packedColumn{bits: 8, x8: x}) }

// Pack16 adds a column of integers of 16 bits, if there is room.
func (p *PackedSums) Pack16(x []uint16) bool { return p.pack(packedColumn{bits: 16, x16: x}) }

// Pack32 adds a column of integers of 32 bits, if there is room.
func (p *PackedSums) Pack32(x []uint32) bool { return p.pack(packedColumn{bits: 32, x32: x}) }

func (p *PackedSums) pack(c packedColumn) bool {
	c.bits += packedSumBits
	if p.n == MaxPacked || p.next+c.bits > 64 {
		return false
	}
	c.shift = p.next
	p.cols[p.n] = c
	p.n++
	p.next += c.bits
	return true
}

// Add adds the rows of a batch, whose slots are below slots, as CanPack allows. There is a column.
func (p *PackedSums) Add(slot []uint32, slots int) {
	p.slots = slots
	even, odd := &p.lanes[0], &p.lanes[1]
	clear(even[:slots])
	clear(odd[:slots])
	switch a := &p.cols[0]; {
	case a.x8 != nil:
		addPacked(p, slot, a.x8)
	case a.x16 != nil:
		addPacked(p, slot, a.x16)
	default:
		addPacked(p, slot, a.x32)
	}
	for s := range even[:slots] {
		even[s] += odd[s]
	}
}

// addPacked adds rows whose first column is x.
func addPacked[T ~uint8 | ~uint16 | ~uint32](p *PackedSums, slot []uint32, x []T) {
	switch b := &p.cols[1]; {
	case p.n == 1:
		addPackedOne(p, slot, x)
	case b.x8 != nil:
		addPackedTwo(p, slot, x, b.x8)
	case b.x16 != nil:
		addPackedTwo(p, slot, x, b.x16)
	default:
		addPackedTwo(p, slot, x, b.x32)
	}
}

// addPackedOne adds rows of one column.
func addPackedOne[T ~uint8 | ~uint16 | ~uint32](p *PackedSums, slot []uint32, x []T) {
	one, times := p.one, uint64(1)<<p.cols[0].shift
	even, odd := &p.lanes[0], &p.lanes[1]
	n := len(slot) &^ 63
	for lo := 0; lo < n; lo += 64 {
		s, v := (*[64]uint32)(slot[lo:]), (*[64]T)(x[lo:])
		for j := range 32 {
			even[s[2*j]%packedSlots] += one + uint64(v[2*j])*times
			odd[s[2*j+1]%packedSlots] += one + uint64(v[2*j+1])*times
		}
	}
	for i, s := range slot[n:] {
		even[s%packedSlots] += one + uint64(x[n+i])*times
	}
}

// addPackedTwo adds rows of two columns.
func addPackedTwo[T, U ~uint8 | ~uint16 | ~uint32](p *PackedSums, slot []uint32, x []T, y []U) {
	one, first, second := p.one, uint64(1)<<p.cols[0].shift, uint64(1)<<p.cols[1].shift
	even, odd := &p.lanes[0], &p.lanes[1]
	n := len(slot) &^ 63
	for lo := 0; lo < n; lo += 64 {
		s, v, w := (*[64]uint32)(slot[lo:]), (*[64]T)(x[lo:]), (*[64]U)(y[lo:])
		for j := range 32 {
			even[s[2*j]%packedSlots] += one + uint64(v[2*j])*first + uint64(w[2*j])*second
			odd[s[2*j+1]%packedSlots] += one + uint64(v[2*j+1])*first + uint64(w[2*j+1])*second
		}
	}
	for i, s := range slot[n:] {
		even[s%packedSlots] += one + uint64(x[n+i])*first + uint64(y[n+i])*second
	}
}

// Count sets counts to the rows of every slot.
func (p *PackedSums) Count(counts []int64) {
	for s, w := range p.lanes[0][:p.slots] {
		counts[s] = int64(w & (1<<packedCount - 1))
	}
}

// Sum adds the sum of column n to that of every slot, and base for each of the rows of the batch, which counts holds.
func (p *PackedSums) Sum(n int, sums, counts []int64, base int64) {
	c := &p.cols[n]
	mask := uint64(1)<<c.bits - 1
	sums, counts = sums[:p.slots], counts[:p.slots]
	for s, w := range p.lanes[0][:p.slots] {
		sums[s] += int64(w>>(c.shift&63)&mask) + base*counts[s]
	}
}
