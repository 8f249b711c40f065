package part

import (
	"slices"
	"unsafe"

	"github.com/zeebo/xxh3"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// textPiece is how many strings are staged between two looks at the dictionary's size.
const textPiece = 2048

// textStage stages the strings of a row group: as codes of a dictionary of the whole part as
// long as there are few distinct ones, flat from then on.
type textStage struct {
	mem    *sharedArena
	dict   *dictBuilder
	n      int           // staged rows
	seen   int           // rows staged in all groups
	flat   bool          // the dictionary was given up
	codes  []uint16      // staged, until flat
	offs   []int32       // staged, once flat: n+1
	heap   []byte        // staged, once flat; len is what is used
	group  sketch        // of the staged rows, once flat
	over   bool          // a group has too many bytes
	expect int           // bytes that the heap of a group may well have
	from   [remaps]remap // of the last dictionary vectors that were appended
}

// remaps is how many foreign dictionaries are known: those of as many readers of one file.
const remaps = 4

// remap gives for the codes of one foreign dictionary our code plus one, 0 when unknown.
type remap struct {
	dict  *vec.Dictionary
	codes []uint32
}

func newTextStage(mem *sharedArena) *textStage {
	return &textStage{mem: mem, dict: newDictBuilder()}
}

// reserve makes the buffers hold n rows.
func (t *textStage) reserve(n int) {
	if !t.flat {
		codes := makeOf[uint16](t.mem, n)
		copy(codes, t.codes[:min(t.n, len(t.codes))])
		t.codes = codes
		return
	}
	offs := makeOf[int32](t.mem, n+1)
	copy(offs, t.offs[:min(t.n+1, len(t.offs))])
	t.offs = offs
}

// clear forgets the staged rows.
func (t *textStage) clear() {
	t.n, t.heap = 0, t.heap[:0]
	t.group = sketch{}
}

// append stages the given rows of v; NULLs become empty strings or code 0.
func (t *textStage) append(v *vec.Vec, r rows, nulls bool) {
	for r.n > 0 {
		var piece rows
		piece, r = r.split(min(r.n, textPiece))
		if !t.flat && (t.tooMany(piece.n) || len(t.dict.heap)+textBytes(v, piece) > maxDictBytes) {
			t.giveUp()
		}
		switch {
		case t.flat && v.Form == vec.Flat && piece.idx == nil && !nulls:
			t.appendRange(v, piece.lo, piece.n)
		case t.flat:
			t.appendFlat(v, piece)
		case v.Form == vec.Dict:
			t.appendDict(v, piece)
		default:
			t.appendCodes(v, piece)
		}
		t.n, t.seen = t.n+piece.n, t.seen+piece.n
	}
}

// trialRows is how many rows show whether a dictionary pays: values may well come for the
// second time only when all have come once.
const trialRows = 1 << 16

// tooMany reports whether the dictionary might become full with n more rows, or does not pay.
func (t *textStage) tooMany(n int) bool {
	d := t.dict.len()
	return d+n > maxDictValues || t.seen >= trialRows && d > t.seen/2
}

// appendSame stages the one value of a Const vector n times.
func (t *textStage) appendSame(v *vec.Vec, n int, null bool) {
	var b []byte
	if !null {
		b = v.Bytes(0)
	}
	if t.flat {
		for range n {
			t.push(b)
			t.n++
		}
		if !null {
			t.group.add(hashBytes(b))
		}
		t.seen += n
		return
	}
	if t.tooMany(1) || len(t.dict.heap)+len(b) > maxDictBytes {
		t.giveUp()
		t.appendSame(v, n, null)
		return
	}
	code := uint16(0)
	if !null {
		code = t.dict.code(b)
	}
	fill(t.codes[t.n:t.n+n], code)
	t.n, t.seen = t.n+n, t.seen+n
}

func (t *textStage) appendCodes(v *vec.Vec, r rows) {
	codes := t.codes[t.n : t.n+r.n]
	for i := range codes {
		j := r.lo + i
		if r.idx != nil {
			j = int(r.idx[i])
		}
		if v.Valid != nil && !bit(v.Valid, j) {
			codes[i] = 0
			continue
		}
		codes[i] = t.dict.codeIn(v.Heap, int(v.Offs[j]), int(v.Offs[j+1]))
	}
}

// appendDict stages rows of a dictionary vector, hashing each of its values once.
func (t *textStage) appendDict(v *vec.Vec, r rows) {
	known := t.remapOf(v.Dict)
	switch v.Width {
	case 1:
		appendForeign(t, v, v.Data, known, r)
	case 2:
		appendForeign(t, v, vec.Of[uint16](v), known, r)
	default:
		appendForeign(t, v, vec.Of[uint32](v), known, r)
	}
}

// codeAt returns the code of row i of a Dict vector.
func codeAt(v *vec.Vec, i int) int {
	switch v.Width {
	case 1:
		return int(v.Data[i])
	case 2:
		return int(vec.Of[uint16](v)[i])
	}
	return int(vec.Of[uint32](v)[i])
}

// remapOf returns what is known of the codes of a foreign dictionary.
func (t *textStage) remapOf(d *vec.Dictionary) []uint32 {
	for i := range t.from {
		if t.from[i].dict == d {
			return t.from[i].codes
		}
	}
	copy(t.from[1:], t.from[:])
	t.from[0] = remap{d, make([]uint32, d.Values.N)}
	return t.from[0].codes
}

// appendForeign stages rows whose codes are those of a foreign dictionary.
func appendForeign[C code](t *textStage, v *vec.Vec, codes []C, known []uint32, r rows) {
	for i := range r.n {
		j := r.lo + i
		if r.idx != nil {
			j = int(r.idx[i])
		}
		if v.Valid != nil && !bit(v.Valid, j) {
			t.codes[t.n+i] = 0
			continue
		}
		c := &known[codes[j]]
		if *c == 0 {
			*c = uint32(t.dict.code(v.Dict.Values.Bytes(int(codes[j])))) + 1
		}
		t.codes[t.n+i] = uint16(*c - 1)
	}
}

func (t *textStage) appendFlat(v *vec.Vec, r rows) {
	at := t.n
	for i := range r.n {
		j := r.lo + i
		if r.idx != nil {
			j = int(r.idx[i])
		}
		var b []byte
		if !v.IsNull(j) {
			b = v.Bytes(j)
			t.group.add(hashBytes(b))
		}
		t.push(b)
		t.n++
	}
	t.n = at
}

// push puts b behind the staged strings, as row n.
func (t *textStage) push(b []byte) {
	if t.grow(len(b)) {
		t.heap = append(t.heap, b...)
	}
	t.offs[t.n+1] = int32(len(t.heap))
}

// appendRange stages n strings that lie one behind the other, without a NULL.
func (t *textStage) appendRange(v *vec.Vec, lo, n int) {
	offs := v.Offs[lo : lo+n+1]
	shift := int32(len(t.heap)) - offs[0]
	src := v.Heap[offs[0]:offs[n]]
	if !t.grow(len(src)) {
		return
	}
	t.heap = append(t.heap, src...)
	dst := t.offs[t.n+1 : t.n+1+n]
	for i, off := range offs[1:] {
		dst[i] = off + shift
		t.group.add(hashBytes(v.Heap[offs[i]:off]))
	}
}

// grow makes room for n more bytes in the heap. When they are too many it notes that.
func (t *textStage) grow(n int) bool {
	if len(t.heap)+n <= cap(t.heap) {
		return true
	}
	if len(t.heap)+n > maxHeapBytes {
		t.over = true
		return false
	}
	heap := t.mem.alloc(max(2*cap(t.heap), len(t.heap)+n, 4096, min(t.expect, maxHeapBytes)))[:len(t.heap)]
	copy(heap, t.heap)
	t.heap = heap
	return true
}

// giveHeap gives the staged bytes away. The next group will have about as many.
func (t *textStage) giveHeap() []byte {
	given := t.heap[:len(t.heap):len(t.heap)]
	t.heap, t.expect = nil, len(given)+len(given)/32
	return given
}

// textBytes returns at least the bytes of the given rows of v.
func textBytes(v *vec.Vec, r rows) int {
	switch {
	case v.Form == vec.Dict:
		return len(v.Dict.Values.Heap)
	case r.idx == nil:
		return int(v.Offs[r.lo+r.n] - v.Offs[r.lo])
	}
	n := 0
	for _, j := range r.idx {
		n += int(v.Offs[j+1] - v.Offs[j])
	}
	return n
}

// giveUp turns the staged codes into strings and stages flat from now on.
func (t *textStage) giveUp() {
	codes, n := t.codes, t.n
	t.flat, t.codes, t.n = true, nil, 0
	t.offs = makeOf[int32](t.mem, len(codes)+1)
	t.offs[0] = 0
	for _, c := range codes[:n] {
		b := t.dict.value(c)
		t.push(b)
		t.group.add(hashBytes(b))
		t.n++
	}
}

// encodeText keeps the staged strings of c as a group.
func (c *columnWriter) encodeText(e *encoded) {
	t := c.text
	if !t.flat {
		e.coded, e.width = true, 1
		if t.dict.len() > 1<<8 {
			e.width = 2
		}
		e.data = c.mem.alloc(c.n * e.width)
		if codes := t.codes[:c.n]; e.width == 2 {
			copy(e.data, vec.BytesOf(codes))
		} else {
			for i, code := range codes {
				e.data[i] = uint8(code)
			}
		}
		return // statistics are made when the dictionary is complete
	}
	e.offs = makeOf[int32](c.mem, c.n+1)
	copy(e.offs, t.offs[:c.n+1])
	e.heap = t.giveHeap()
	textStats(c.spec.Type, e)
	e.stats.Distinct = min(t.group.estimate(), c.n-c.nulls)
	c.seen.merge(&t.group)
}

// textStats sets bounds and order of a flat group of strings that has a value.
func textStats(t types.Type, e *encoded) {
	var lo, hi, last []byte
	sorted, any := e.valid == nil, false
	compare := bytesOrder(t)
	for i := range e.n {
		if e.valid != nil && !bit(e.valid, i) {
			continue
		}
		b := e.heap[e.offs[i]:e.offs[i+1]]
		if !any {
			lo, hi, last, any = b, b, b, true
			continue
		}
		if sorted {
			sorted = compare(last, b) <= 0
			last = b
		}
		if compare(b, hi) > 0 {
			hi = b
		} else if compare(b, lo) < 0 {
			lo = b
		}
	}
	e.stats.Sorted = sorted
	setTextBounds(&e.stats, t, lo, hi)
}

// setTextBounds sets Min and Max, cutting what is long: a cut lower bound is still one, a
// cut upper bound is raised at its last byte.
func setTextBounds(s *Stats, t types.Type, lo, hi []byte) {
	s.Valid, s.Exact = true, true
	if !cuttable(t) && max(len(lo), len(hi)) > maxStatBytes {
		s.Valid, s.Exact = false, false
		return
	}
	if len(lo) > maxStatBytes {
		lo, s.Exact = lo[:maxStatBytes], false
	}
	if len(hi) > maxStatBytes {
		s.Exact = false
		hi = raised(hi[:maxStatBytes])
		if hi == nil {
			s.Valid = false
			return
		}
	}
	s.Min, s.Max = types.BytesValue(t, string(lo)), types.BytesValue(t, string(hi))
}

// raised returns the least string that is greater than every string with prefix b, nil if none.
func raised(b []byte) []byte {
	b = slices.Clone(b)
	for len(b) > 0 && b[len(b)-1] == 0xFF {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return nil
	}
	b[len(b)-1]++
	return b
}

func hashBytes(b []byte) uint64 { return xxh3.Hash(b) }

// stringBytes views a string as bytes, which must not be changed.
func stringBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
