package parquetio

import (
	"io"
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Rows reads some columns of one row group, batch after batch.
type Rows struct {
	group  int
	left   int64
	chunks []columnReader
	mem    [keptBatches]arena.Arena
	turn   int // of mem
}

// keptBatches is how many batches of Rows are valid at a time.
const keptBatches = 3

// columnReader reads a column of one row group.
type columnReader interface {
	// next returns the next n rows, in memory of a where that is possible.
	next(n int, a *arena.Arena) (vec.Vec, error)
	guard(fn func() error) error
	close()
}

// Next returns the next rows, at most n, or io.EOF after the last. n is a multiple of 64. The
// batch is valid until the third call behind it, or Close.
func (r *Rows) Next(n int) (*vec.Batch, error) {
	n = int(min(int64(n), r.left))
	if n == 0 {
		return nil, io.EOF
	}
	a := &r.mem[r.turn%keptBatches]
	a.Reset()
	r.turn++
	b := &vec.Batch{N: n, Cols: make([]vec.Vec, len(r.chunks))}
	for i, c := range r.chunks {
		err := c.guard(func() (err error) {
			b.Cols[i], err = c.next(n, a)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	r.left -= int64(n)
	return b, nil
}

// Close ends the reading.
func (r *Rows) Close() {
	for _, c := range r.chunks {
		c.close()
	}
	for i := range r.mem {
		r.mem[i].Free()
	}
}

// close implements columnReader.
func (c *chunk) close() { c.pages.close() }

// chunk reads the pages of one column in one row group.
type chunk struct {
	col   *column
	group int
	pages *pageReader

	begun  bool
	levels []byte  // of the page's rows, nil when none is NULL
	codes  []int32 // of the page's values, when they are in dict
	values packed  // of the page, when it has no codes
	row    int     // the next row of the page
	value  int     // the next value of the page
	rows   int     // of the page

	dict   packed
	dictOf int             // the number of the dictionary that dict is, 0 for none
	shared *vec.Dictionary // dict for vectors of codes, nil until there is one
}

// guard is guard, and errors say which row group and column they are about.
func (c *chunk) guard(fn func() error) error { return place(guard(fn), c.group, c.col.Name) }

// turn goes to the next page.
func (c *chunk) turn() error {
	page, err := c.pages.next()
	if err == io.EOF {
		return damaged("the rows end before those that the footer counts")
	}
	if err != nil {
		return err
	}
	c.begun, c.row, c.value = true, 0, 0
	c.rows, c.levels = page.entries, page.defs
	have, err := c.valuesOf(page)
	if err != nil {
		return err
	}
	if page.values > have {
		return damaged("a page has %d values for %d rows", have, page.values)
	}
	return nil
}

// valuesOf reads the values or codes of a page and returns how many there are.
func (c *chunk) valuesOf(page *page) (have int, err error) {
	c.codes = page.codes
	if page.codes == nil {
		c.values, err = c.col.read(page.raw, c.col.Type)
		return c.values.n, err
	}
	if c.dictOf != c.pages.dictionaries {
		if c.dict, err = c.col.read(c.pages.dictionary, c.col.Type); err != nil {
			return 0, err
		}
		c.dictOf, c.shared = c.pages.dictionaries, nil
	}
	for _, code := range c.codes {
		if uint(code) >= uint(c.dict.n) {
			return 0, damaged("code %d in a dictionary of %d values", code, c.dict.n)
		}
	}
	return len(c.codes), nil
}

// next returns the next n rows.
func (c *chunk) next(n int, a *arena.Arena) (vec.Vec, error) {
	if err := c.ready(); err != nil {
		return vec.Vec{}, err
	}
	if c.textCodes() {
		return c.nextCodes(n, a)
	}
	return c.fill(newBuilder(c.col.Type, n, a), n)
}

// ready turns to a page that has rows left.
func (c *chunk) ready() error {
	for !c.begun || c.row == c.rows {
		if err := c.turn(); err != nil {
			return err
		}
	}
	return nil
}

// fill adds rows to b until it has n.
func (c *chunk) fill(b *builder, n int) (vec.Vec, error) {
	for b.n < n {
		err := c.ready()
		if err == nil {
			err = c.take(b, min(n-b.n, c.rows-c.row))
		}
		if err != nil {
			return vec.Vec{}, err
		}
	}
	return b.vector(), nil
}

// maxShared is the most values of a dictionary whose codes are handed out.
const maxShared = 1 << 16

// textCodes reports whether the rows of the page can be handed out as codes of texts.
func (c *chunk) textCodes() bool {
	return c.codes != nil && c.col.Type.Class() == types.Bytes && c.dict.n <= maxShared && c.dict.n > 0
}

// nextCodes returns the next n rows as codes. Where a page among them has other values they are texts after all.
func (c *chunk) nextCodes(n int, a *arena.Arena) (vec.Vec, error) {
	if c.shared == nil { // pages are memory of the library's
		values := vec.FromBytes(c.col.Type, append([]int32(nil), c.dict.offs...), append([]byte(nil), c.dict.heap...), nil)
		c.shared = &vec.Dictionary{Values: values}
	}
	dict := c.shared
	b := &builder{typ: c.col.Type, mem: a, valid: arena.MakeZero[uint64](a, vec.Words(n)), words: arena.MakeZero[uint64](a, (n*2+7)/8)}
	for b.n < n {
		if err := c.ready(); err != nil {
			return vec.Vec{}, err
		}
		if !c.textCodes() || c.shared != dict {
			return c.fill(b.texts(dict, n), n)
		}
		c.takeCodes(b, min(n-b.n, c.rows-c.row))
	}
	v := vec.Vec{Type: b.typ, N: n, Form: vec.Dict, Width: 2, Data: vec.BytesOf(b.words)[:2*n], Dict: dict}
	if b.nulls {
		v.Valid = b.valid
	}
	return v, nil
}

// takeCodes moves the codes of n rows of the page to b.
func (c *chunk) takeCodes(b *builder, n int) {
	dst := vec.Cast[uint16](vec.BytesOf(b.words))[b.n : b.n+n]
	if c.levels == nil {
		for i, code := range c.codes[c.value : c.value+n] {
			dst[i] = uint16(code)
		}
		c.value += n
		b.setValid(n)
	} else {
		for i, level := range c.levels[c.row : c.row+n] {
			if level == 0 {
				b.nulls = true
				continue
			}
			dst[i] = uint16(c.codes[c.value])
			c.value++
			b.valid[(b.n+i)>>6] |= 1 << (uint(b.n+i) & 63)
		}
	}
	b.n += n
	c.row += n
}

// take moves n rows of the page to b.
func (c *chunk) take(b *builder, n int) error {
	from, levels := &c.values, c.levels
	if c.codes != nil {
		from = &c.dict
	}
	if levels != nil {
		levels = levels[c.row : c.row+n]
	}
	used, err := b.add(from, c.codes, c.value, n, levels)
	c.row += n
	c.value += used
	return err
}

// builder makes a vector of n rows.
type builder struct {
	typ   types.Type
	mem   *arena.Arena
	n     int
	words []uint64 // fixed-width values, aligned; booleans as bytes until the end
	valid []uint64
	nulls bool
	offs  []int32
	heap  []byte
}

// newBuilder returns a builder of n rows in memory of a, where that is nil of Go; of more rows where reserve makes
// room.
func newBuilder(t types.Type, n int, a *arena.Arena) *builder {
	b := &builder{typ: t, mem: a, valid: zeros[uint64](a, vec.Words(n))}
	if t.Class() == types.Bytes {
		b.offs = zeros[int32](a, n+1)[:1]
	} else {
		b.words = zeros[uint64](a, (n*max(t.Class().Size(), 1)+7)/8)
	}
	return b
}

// zeros returns n zeros in memory of a, where that is nil of Go.
func zeros[T vec.Fixed](a *arena.Arena, n int) []T {
	if a == nil {
		return make([]T, n)
	}
	return arena.MakeZero[T](a, n)
}

// texts returns a builder of n rows that has those of b, whose values are codes of dict, as texts.
func (b *builder) texts(dict *vec.Dictionary, n int) *builder {
	out := newBuilder(b.typ, n, b.mem)
	for i, code := range vec.Cast[uint16](vec.BytesOf(b.words))[:b.n] {
		if b.valid[i>>6]>>(uint(i)&63)&1 != 0 {
			out.heap = append(out.heap, dict.Values.Bytes(int(code))...)
		}
		out.offs = append(out.offs, int32(len(out.heap)))
	}
	out.n, out.valid, out.nulls = b.n, b.valid, b.nulls
	return out
}

// setValid marks the next n rows as values.
func (b *builder) setValid(n int) {
	for i := b.n; i < b.n+n; {
		if i&63 == 0 && b.n+n-i >= 64 {
			b.valid[i>>6] = ^uint64(0)
			i += 64
			continue
		}
		b.valid[i>>6] |= 1 << (uint(i) & 63)
		i++
	}
}

// reserve makes room for n rows more.
func (b *builder) reserve(n int) {
	size := max(b.typ.Class().Size(), 1)
	for len(b.valid) < vec.Words(b.n+n) {
		b.valid = append(b.valid, 0)
	}
	if want := ((b.n+n)*size + 7) / 8; b.typ.Class() != types.Bytes && want > len(b.words) {
		b.words = append(b.words, make([]uint64, max(want-len(b.words), len(b.words)))...)
	}
}

// add adds n rows whose values begin with value at of from, or with code at of codes, and
// returns how many values they took. A level of 0 is NULL.
func (b *builder) add(from *packed, codes []int32, at, n int, levels []byte) (used int, err error) {
	switch b.typ.Class() {
	case types.Bits:
		used = scatter[uint8](b, from, codes, at, n, levels)
	case types.I16:
		used = scatter[uint16](b, from, codes, at, n, levels)
	case types.I32, types.F32:
		used = scatter[uint32](b, from, codes, at, n, levels)
	case types.I64, types.F64:
		used = scatter[uint64](b, from, codes, at, n, levels)
	case types.Span:
		used = scatter[vec.Span](b, from, codes, at, n, levels)
	default:
		used, err = b.addTexts(from, codes, at, n, levels)
	}
	b.n += n
	return used, err
}

// scatter adds fixed-width values.
func scatter[T any](b *builder, from *packed, codes []int32, at, n int, levels []byte) int {
	src := vec.Cast[T](from.data)
	dst := vec.Cast[T](vec.BytesOf(b.words))[b.n : b.n+n]
	if levels == nil {
		if codes == nil {
			copy(dst, src[at:at+n])
		} else {
			for i, code := range codes[at : at+n] {
				dst[i] = src[code]
			}
		}
		b.setValid(n)
		return n
	}
	first := at
	for i := range n {
		if levels[i] == 0 {
			b.nulls = true
			continue
		}
		k := at
		if codes != nil {
			k = int(codes[at])
		}
		dst[i] = src[k]
		at++
		b.valid[(b.n+i)>>6] |= 1 << (uint(b.n+i) & 63)
	}
	return at - first
}

func (b *builder) addTexts(from *packed, codes []int32, at, n int, levels []byte) (int, error) {
	if levels == nil && codes == nil && n > 0 {
		return n, b.addRange(from, at, n)
	}
	first := at
	for i := range n {
		if levels != nil && levels[i] == 0 {
			b.nulls = true
			b.offs = append(b.offs, int32(len(b.heap)))
			continue
		}
		k := at
		if codes != nil {
			k = int(codes[at])
		}
		text := from.at(k)
		if len(b.heap)+len(text) > math.MaxInt32 {
			return 0, dberr.New(dberr.ProgramLimitExceeded, "a batch of rows holds more than 2 GiB of text in a column")
		}
		b.heap = append(b.heap, text...)
		b.offs = append(b.offs, int32(len(b.heap)))
		at++
		b.valid[(b.n+i)>>6] |= 1 << (uint(b.n+i) & 63)
	}
	return at - first, nil
}

// maxTextRoom is the most bytes that a batch of texts gets before they are there.
const maxTextRoom = 4 << 20

// addRange adds n texts that lie one behind the other.
func (b *builder) addRange(from *packed, at, n int) error {
	offs := from.offs[at : at+n+1]
	text := from.heap[offs[0]:offs[n]]
	if len(b.heap)+len(text) > math.MaxInt32 {
		return dberr.New(dberr.ProgramLimitExceeded, "a batch of rows holds more than 2 GiB of text in a column")
	}
	if rows := cap(b.offs) - 1; b.heap == nil && n < rows && b.mem != nil { // the others will be about as long
		b.heap = b.mem.Alloc(max(len(text), min(len(text)/n*(rows+rows/32), maxTextRoom)))[:0]
	}
	shift := int32(len(b.heap)) - offs[0]
	b.heap = append(b.heap, text...)
	for _, off := range offs[1:] {
		b.offs = append(b.offs, off+shift)
	}
	b.setValid(n)
	return nil
}

// vector returns the rows.
func (b *builder) vector() vec.Vec {
	v := vec.Vec{Type: b.typ, N: b.n, Offs: b.offs, Heap: b.heap, Data: vec.BytesOf(b.words)}
	if b.nulls {
		v.Valid = b.valid
	}
	switch size := b.typ.Class().Size(); {
	case b.typ.Class() == types.Bits:
		words := make([]uint64, vec.Words(b.n))
		for i, one := range vec.BytesOf(b.words)[:b.n] {
			words[i>>6] |= uint64(one&1) << (uint(i) & 63)
		}
		v.Data = vec.BytesOf(words)
	case size > 0:
		v.Data = v.Data[:b.n*size]
	default:
		v.Data = nil
	}
	return v
}
