package exec

import (
	"bytes"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// maxFan is the most runs that are merged at once.
const maxFan = 1 << 10

// merge merges sorted runs. It is a tree of losers (Knuth, The Art of Computer Programming,
// volume 3, 5.4.1) over cursors, each at a row of one page of its run. The pages are the
// blocks of a store, so that rows are gathered as those of a store are. Rows with equal keys
// come in the order of their morsels, then of their runs.
type merge struct {
	w     *worker
	file  *tempFile
	types []types.Type
	specs []orderSpec
	a     *arena.Arena // of the pages

	cursors []mergeCursor
	losers  []int32 // losers[0] is the winner
	pages   *store
	in      []byte // of an extent as it is in the file
}

// mergeCursor is a place in a run.
type mergeCursor struct {
	run   *sortedRun
	next  int // the extent that follows
	at, n int // row of the page, rows of the page; at is n when the run has ended
	raw   []byte
	keys  []mergeKey
	kept  [][]byte // of columns that a store keeps otherwise than a file
}

// mergeKey is a key of the rows of a page: words that ascend in the wanted order. rank is
// nil while nothing is NULL.
type mergeKey struct {
	words []uint64
	rank  []uint8
	has   bool // rank is valid
}

// Ranks of values among NULLs.
const (
	nullBefore uint8 = iota
	notNull
	nullBehind
)

// cursorBytes returns the memory that a cursor over r takes.
func (s *sorting) cursorBytes(r *sortedRun) int64 {
	n := int64(0)
	for _, t := range s.types {
		if c := t.Class(); c == types.Bits || c == types.Bytes {
			n += int64(keptSize(t))
		}
	}
	n += 9 * int64(len(s.specs)+1)
	return int64(r.raw) + n*int64(r.most) + 64*int64(len(s.types)+3*len(s.specs)+4)
}

func (s *sorting) newMerge(w *worker, runs []*sortedRun) *merge {
	m := &merge{w: w, file: s.spill.file, types: s.runTypes(), a: arena.New(w.ex.budget)}
	m.specs = append(append(m.specs, s.specs...), orderSpec{column: len(s.types)})
	m.pages = &store{
		types: m.types, view: make([][][]byte, len(m.types)), valid: make([][][]uint64, len(m.types)),
		nulls: make([]bool, len(m.types)),
	}
	m.cursors = make([]mergeCursor, len(runs))
	for i, r := range runs {
		m.cursors[i].run = r
		m.pages.blocks = append(m.pages.blocks, &block{})
	}
	for c := range m.types {
		m.pages.view[c], m.pages.valid[c] = make([][]byte, len(runs)), make([][]uint64, len(runs))
	}
	return m
}

func (m *merge) close() { m.a.Free() }

// pageRows returns the rows of the extents of a merged run.
func (m *merge) pageRows() int {
	n := int32(leastPage)
	for i := range m.cursors {
		n = max(n, m.cursors[i].run.most)
	}
	return int(n)
}

// each hands the merged rows to push in batches of up to size rows: their first n columns. A
// limit that is not 0 ends it. The columns are valid until push returns.
func (m *merge) each(n int, limit int64, size int, push func(cols []vec.Vec, n int) error) error {
	if err := m.begin(); err != nil || len(m.cursors) == 0 {
		return err
	}
	ids := make([]rowID, 0, size)
	cols := make([]vec.Vec, n)
	left := limit
	for {
		k := m.losers[0]
		c := &m.cursors[k]
		ended := c.at == c.n
		if !ended {
			ids = append(ids, rowID(k)<<blockShift|rowID(c.at))
			c.at++
			left--
		}
		full := len(ids) == size || left == 0 && limit > 0
		if ended || full || c.at == c.n {
			if err := m.push(ids, cols, push); err != nil {
				return err
			}
			ids = ids[:0]
			if ended || left == 0 && limit > 0 {
				return nil
			}
			if c.at == c.n {
				if err := m.load(int(k)); err != nil {
					return err
				}
			}
		}
		m.replay(k)
	}
}

// push gathers the rows ids.
func (m *merge) push(ids []rowID, cols []vec.Vec, push func(cols []vec.Vec, n int) error) error {
	if err := m.w.ex.check(); err != nil || len(ids) == 0 {
		return err
	}
	a := m.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	for c := range cols {
		cols[c] = m.pages.gather(c, ids, false, a)
	}
	return push(cols, len(ids))
}

// begin loads the first page of every run and plays the first round.
func (m *merge) begin() error {
	for i := range m.cursors {
		m.open(&m.cursors[i])
		if err := m.load(i); err != nil {
			return err
		}
	}
	n := len(m.cursors)
	m.losers = make([]int32, n)
	for i := range m.losers {
		m.losers[i] = -1
	}
	for i := n - 1; i >= 0; i-- {
		m.enter(int32(i))
	}
	return nil
}

// enter plays cursor k of the first round up to the first place that nobody has reached.
func (m *merge) enter(k int32) {
	for at := (int(k) + len(m.cursors)) / 2; at > 0; at /= 2 {
		switch other := m.losers[at]; {
		case other < 0:
			m.losers[at] = k
			return
		case m.before(other, k):
			m.losers[at], k = k, other
		}
	}
	m.losers[0] = k
}

// replay plays the games of the winner, whose row is a new one.
func (m *merge) replay(k int32) {
	for at := (int(k) + len(m.cursors)) / 2; at > 0; at /= 2 {
		if other := m.losers[at]; m.before(other, k) {
			m.losers[at], k = k, other
		}
	}
	m.losers[0] = k
}

// before reports whether the row of cursor i goes before that of cursor j.
func (m *merge) before(i, j int32) bool {
	a, b := &m.cursors[i], &m.cursors[j]
	if a.at == a.n || b.at == b.n {
		return b.at == b.n && (a.at < a.n || i < j)
	}
	for k := range m.specs {
		if c := m.compare(k, int(i), int(j)); c != 0 {
			return c < 0
		}
	}
	return i < j
}

// compare compares key k of the rows of two cursors.
func (m *merge) compare(k, i, j int) int {
	a, b := &m.cursors[i], &m.cursors[j]
	x, y := &a.keys[k], &b.keys[k]
	if x.has || y.has {
		p, q := x.rankOf(a.at), y.rankOf(b.at)
		if p != q {
			return int(p) - int(q)
		}
		if p != notNull {
			return 0
		}
	}
	if v, w := x.words[a.at], y.words[b.at]; v != w {
		if v < w {
			return -1
		}
		return 1
	}
	spec := &m.specs[k]
	c := 0
	switch t := m.types[spec.column]; t.Class() {
	case types.Bytes:
		c = compareStrs(t, vec.Cast[str](m.pages.view[spec.column][i])[a.at], vec.Cast[str](m.pages.view[spec.column][j])[b.at])
	case types.Span:
		v := spanWord(vec.Cast[vec.Span](m.pages.view[spec.column][i])[a.at], microsSegment)
		w := spanWord(vec.Cast[vec.Span](m.pages.view[spec.column][j])[b.at], microsSegment)
		c = compareInts(int64(v), int64(w))
	}
	if spec.desc {
		return -c
	}
	return c
}

// compareStrs compares strings of type t.
func compareStrs(t types.Type, a, b str) int {
	var p, q [24]byte
	x, y := a.appendShort(p[:0]), b.appendShort(q[:0])
	if isForm(t) {
		x, y = types.DecimalKey(x), types.DecimalKey(y)
	}
	return bytes.Compare(x, y)
}

func (k *mergeKey) rankOf(i int) uint8 {
	if !k.has {
		return notNull
	}
	return k.rank[i]
}

// open gives a cursor the memory of its page.
func (m *merge) open(c *mergeCursor) {
	c.raw = m.a.Alloc(int(c.run.raw))
	n := int(c.run.most)
	c.kept = make([][]byte, len(m.types))
	for i, t := range m.types {
		if class := t.Class(); class == types.Bits || class == types.Bytes {
			c.kept[i] = m.a.Alloc(n * keptSize(t))
		}
	}
	c.keys = make([]mergeKey, len(m.specs))
	for k := range c.keys {
		c.keys[k] = mergeKey{words: arena.Make[uint64](m.a, n), rank: m.a.Alloc(n)}
	}
}

// load moves cursor i to the next page of its run, if there is one.
func (m *merge) load(i int) error {
	c := &m.cursors[i]
	c.at, c.n = 0, 0
	if c.next == len(c.run.extents) {
		return nil
	}
	x := c.run.extents[c.next]
	c.next++
	if len(m.in) < int(x.size) {
		m.in = make([]byte, x.size)
	}
	cols, err := m.file.load(x, m.types, m.in[:x.size], c.raw)
	if err != nil {
		return err
	}
	c.n = int(x.rows)
	for k := range cols {
		m.keep(i, k, &cols[k])
	}
	a := m.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	for k, spec := range m.specs {
		c.keys[k].fill(&cols[spec.column], spec, c.n, a)
	}
	return nil
}

// keep makes a column of a page one of block i.
func (m *merge) keep(i, col int, v *vec.Vec) {
	data, kept := v.Data, m.cursors[i].kept[col]
	switch v.Type.Class() {
	case types.Bits:
		data = kept[:v.N]
		boolsInto(v, nil, data)
	case types.Bytes:
		data = kept[:v.N*keptSize(v.Type)]
		strsInto(v, nil, vec.Cast[str](data))
	}
	m.pages.view[col][i], m.pages.valid[col][i] = data, v.Valid
	m.pages.nulls[col] = m.pages.nulls[col] || v.Valid != nil
}

// fill computes the key of n rows.
func (k *mergeKey) fill(v *vec.Vec, spec orderSpec, n int, a *arena.Arena) {
	orderWords(v, nil, k.words[:n], a)
	if spec.desc {
		for i, w := range k.words[:n] {
			k.words[i] = ^w
		}
	}
	if k.has = v.Valid != nil; !k.has {
		return
	}
	null := nullBehind
	if spec.nullsFirst {
		null = nullBefore
	}
	for i := range n {
		k.rank[i] = notNull
		if v.IsNull(i) {
			k.rank[i] = null
		}
	}
}
