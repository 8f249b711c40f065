package colstore

import (
	"context"
	"slices"
	"sort"
	"sync"

	"driftdb/colstore/part"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// OrderedScan is a scan whose rows come in the order of an index's keys. Every part has its rows in
// that order, and so have the runs of a chunk; the scan merges them, and reads no more than it is
// asked for. Filters on the index's first columns bound where it begins and ends.
type OrderedScan struct {
	*Scan
	order   KeyOrder
	first   int         // leading columns of the index that have one value only
	cursors []keyCursor // a heap: the next row is the first one's
	cells   map[rowset]*cells
	mem     *pieceMemory // nil before the first piece
}

// pieceMemory is what the pieces of ordered scans are made in, one after another.
type pieceMemory struct {
	rows    []place
	inGroup []int // rows by their numbers in their row groups
	from    []*vec.Vec
	texts   [][]byte
	touched byte     // see gatheredTexts
	heaps   [][]byte // of string columns
	group   Group
}

var pieces = sync.Pool{New: func() any { return new(pieceMemory) }}

// maxPieceHeap is the most bytes of a column that are kept for other scans.
const maxPieceHeap = 1 << 20

// Close ends the scan. It may be called twice.
func (o *OrderedScan) Close() {
	o.Scan.Close()
	m := o.mem
	if m == nil {
		return
	}
	o.mem = nil
	clear(m.rows[:cap(m.rows)])
	clear(m.from[:cap(m.from)])
	clear(m.texts[:cap(m.texts)])
	clear(m.group.Cols[:cap(m.group.Cols)])
	for i, h := range m.heaps {
		if cap(h) > maxPieceHeap {
			m.heaps[i] = nil
		}
	}
	pieces.Put(m)
}

// Ordered reports whether OrderedScan can read a table in the order of an index.
func (v *View) Ordered(t *Table, x *Index) bool {
	for _, id := range x.Columns {
		if c, ok := t.Column(id); !ok || !orderedType(c.Type) {
			return false
		}
	}
	st, err := v.db.store(t.ID)
	if err != nil {
		return false
	}
	s := st.pinned()
	defer s.unpin()
	sets := s.sets
	if own := v.own.of(t.ID); own != nil {
		sets = append(sets[:len(sets):len(sets)], own.sets...)
	}
	for _, rs := range sets {
		if p, ok := rs.(*storedPart); ok {
			if _, ok := p.index(t, x); !ok {
				return false
			}
		}
	}
	return true
}

// orderedType reports whether storage orders a type as SQL does.
func orderedType(t types.Type) bool {
	switch t.ID {
	case types.Int16, types.Int32, types.Int64, types.Text, types.Varchar, types.Date, types.Time, types.Timestamp, types.TimestampTZ, types.UUID:
		return true
	}
	return t.ID == types.Numeric && t.IsScaled()
}

// CountRows counts the rows of a table that the view sees.
func (v *View) CountRows(t *Table) (int64, error) {
	st, err := v.db.store(t.ID)
	if err != nil {
		return 0, err
	}
	if v.own != nil && v.own.err != nil {
		return 0, v.own.err
	}
	s := st.pinned()
	defer s.unpin()
	return v.countRows(t, s)
}

// Versions is about how many row versions a table has had. It costs next to nothing.
func (v *View) Versions(t *Table) (n uint64) {
	st, err := v.db.store(t.ID)
	if err != nil {
		return 0
	}
	s := st.pinned()
	defer s.unpin()
	if len(s.sets) > 0 {
		if first, last := s.sets[len(s.sets)-1].ridRange(); last+1 > first {
			n = last
		}
	}
	if own := v.own.of(t.ID); own != nil {
		n += own.rows
	}
	return n
}

// OrderedScan reads a table in the order that spec.Order says, which Ordered allows, at the view's
// point: spec has no Versions, and of the pseudo columns ColRID only. Rows with equal keys come in
// any order. Its rows come by Stream. The caller closes the scan.
func (v *View) OrderedScan(ctx context.Context, t *Table, spec ScanSpec) (*OrderedScan, error) {
	s, err := v.newScan(ctx, t, spec, cut{born: v.point.Seq, alive: v.point.Seq, seen: v.horizon})
	if err != nil {
		return nil, err
	}
	o := &OrderedScan{Scan: s, order: *spec.Order, cells: map[rowset]*cells{}}
	_, err = s.opened(o.planOrder)
	return o, err
}

// planOrder places a cursor in every sorted list of rows.
func (o *OrderedScan) planOrder() error {
	x := o.indexOf()
	if x == nil {
		return dberr.Bug("table \"%s\" has no index %d", o.table.Name, o.order.Index)
	}
	o.explain.Index, o.explain.Groups = x.Name, 1
	lo, hi, first := o.bounds(x)
	o.first = first
	own := o.view.own.of(o.table.ID)
	if own != nil {
		if o.view.own.err != nil {
			return o.view.own.err
		}
		o.ended = o.view.own.ended(o.table.ID)
	}
	for _, rs := range o.state.sets {
		if err := o.addCursors(rs, x, lo, hi, o.cut.born, false); err != nil {
			return err
		}
	}
	if own != nil {
		for _, rs := range own.sets {
			if err := o.addCursors(rs, x, lo, hi, o.view.own.seq, true); err != nil {
				return err
			}
		}
	}
	for i := len(o.cursors)/2 - 1; i >= 0; i-- {
		o.sink(i)
	}
	return nil
}

func (o *OrderedScan) indexOf() *Index {
	keys := o.table.Keys()
	for i := range keys {
		if keys[i].ID == o.order.Index {
			return &keys[i]
		}
	}
	return nil
}

// bounds returns the range of the index that the filters leave, and how many of its first columns
// have one value in it.
func (o *OrderedScan) bounds(x *Index) (lo, hi *part.Bound, first int) {
	p := &probe{table: o.table, index: x}
	var key []types.Value
	for _, id := range x.Columns {
		v, ok := o.equalToOne(id)
		if !ok {
			break
		}
		key = append(key, v)
	}
	if first = len(key); first < len(x.Columns) {
		p.addBounds(o.spec.Filters, x.Columns[first])
		if p.hi == nil && o.notNull(x.Columns[first]) {
			c, _ := o.table.Column(x.Columns[first])
			p.hi = &part.Bound{Key: []types.Value{types.NullOf(c.Type)}}
		}
	}
	lo, hi = p.bounds(key)
	return lo, hi, first
}

// equalToOne returns the one value that a filter allows for a column.
func (o *OrderedScan) equalToOne(id uint32) (types.Value, bool) {
	for _, f := range o.spec.Filters {
		if f.Column == id && f.Op == Eq && f.Values[0].Valid {
			return f.Values[0], true
		}
	}
	return types.Value{}, false
}

func (o *OrderedScan) notNull(id uint32) bool {
	for _, f := range o.spec.Filters {
		if f.Column == id && f.Op == IsNotNull {
			return true
		}
	}
	return false
}

// addCursors adds a cursor for every sorted list of a rowset's rows.
func (o *OrderedScan) addCursors(rs rowset, x *Index, lo, hi *part.Bound, born uint64, own bool) error {
	n := rs.bornBy(born)
	if n == 0 {
		return nil
	}
	o.countSet(rs, n)
	c := keyCursor{set: rs, n: n}
	var err error
	if !own {
		if c.dead, err = o.mask(rs); err != nil {
			return err
		}
	}
	if p, ok := rs.(*storedPart); ok {
		if c.index, ok = p.index(o.table, x); !ok {
			return dberr.Bug("part of table \"%s\" has no index \"%s\"", o.table.Name, x.Name)
		}
		c.keys = newCells(rs, o.table, x.Columns)
		if c.from, c.to, err = c.index.Positions(lo, hi); err != nil {
			return err
		}
		return o.addCursor(c)
	}
	ch, ok := rs.(*chunk)
	if !ok {
		return dberr.Bug("rows of table \"%s\" have no order", o.table.Name)
	}
	runs, err := ch.ordered.of(ch, o.table, x, n)
	c.keys = newCells(rs, o.table, x.Columns)
	for _, c.run = range runs {
		if err == nil {
			err = c.narrow(lo, hi)
		}
		if err == nil {
			err = o.addCursor(c)
		}
	}
	return err
}

// addCursor adds a cursor at its first row, if it has one.
func (o *OrderedScan) addCursor(c keyCursor) error {
	if c.at = c.from; o.order.Desc {
		c.at = c.to - 1
	}
	ok, err := o.settle(&c)
	if ok {
		o.cursors = append(o.cursors, c)
	}
	return err
}

// keyCursor is a place in a sorted list of a rowset's rows, [from, to) of which lie in the scan's range.
type keyCursor struct {
	set      rowset
	n        int         // rows of the set that are seen
	dead     *part.Mask  // nil: none
	index    *part.Index // of a part; a chunk has
	run      []uint32
	from, to int
	at       int
	keys     *cells

	row int // at the place
	key []types.Value
}

func (c *keyCursor) rowAt(i int) (int, error) {
	if c.index == nil {
		return int(c.run[i]), nil
	}
	row, err := c.index.RowAt(i)
	return int(row), err
}

// narrow finds the range of a run.
func (c *keyCursor) narrow(lo, hi *part.Bound) (err error) {
	if c.from, c.to = 0, len(c.run); lo != nil {
		c.from, err = c.search(lo.Key, !lo.Inclusive)
	}
	if hi != nil && err == nil {
		c.to, err = c.search(hi.Key, hi.Inclusive)
	}
	c.to = max(c.from, c.to)
	return err
}

// search returns the first place of a run whose key is not less than key or, with after, greater.
// Rows that are not seen compare too: their values stay.
func (c *keyCursor) search(key []types.Value, after bool) (at int, err error) {
	at = sort.Search(len(c.run), func(i int) bool {
		d := 0
		for k := 0; k < len(key) && d == 0 && err == nil; k++ {
			var v types.Value
			if v, err = c.keys.value(k, int(c.run[i])); err == nil {
				d = compareParts(&key[k], &v)
			}
		}
		return d < 0 || d == 0 && !after
	})
	return at, err
}

// settle moves a cursor on to a row that the scan sees, from where it stands; ok is false where
// there is none.
func (o *OrderedScan) settle(c *keyCursor) (ok bool, err error) {
	step := 1
	if o.order.Desc {
		step = -1
	}
	for ; c.at >= c.from && c.at < c.to; c.at += step {
		if c.row, err = c.rowAt(c.at); err != nil {
			return false, err
		}
		if c.row >= c.n || c.dead != nil && c.dead.Dead(uint32(c.row)) {
			continue
		}
		if o.ended.has(c.set.ridOf(c.row)) {
			continue
		}
		c.key = c.key[:0:cap(c.key)]
		for k := o.first; k < len(c.keys.cols); k++ {
			v, err := c.keys.value(k, c.row)
			if err != nil {
				return false, err
			}
			c.key = append(c.key, v)
		}
		return true, nil
	}
	return false, nil
}

// before reports whether the row of a cursor comes before that of another.
func (o *OrderedScan) before(a, b *keyCursor) bool {
	for k := range a.key {
		if d := compareParts(&a.key[k], &b.key[k]); d != 0 {
			return d < 0 != o.order.Desc
		}
	}
	return false
}

// sink restores the heap below i.
func (o *OrderedScan) sink(i int) {
	for {
		least := i
		for _, k := range [2]int{2*i + 1, 2*i + 2} {
			if k < len(o.cursors) && o.before(&o.cursors[k], &o.cursors[least]) {
				least = k
			}
		}
		if least == i {
			return
		}
		o.cursors[i], o.cursors[least] = o.cursors[least], o.cursors[i]
		i = least
	}
}

// next appends the next rows to dst, up to n.
func (o *OrderedScan) next(dst []place, n int) ([]place, error) {
	for len(dst) < n && len(o.cursors) > 0 {
		c := &o.cursors[0]
		dst = append(dst, place{c.set, c.row})
		if c.at++; o.order.Desc {
			c.at -= 2
		}
		ok, err := o.settle(c)
		if err != nil {
			return nil, err
		}
		if !ok {
			last := len(o.cursors) - 1
			o.cursors[0] = o.cursors[last]
			o.cursors = o.cursors[:last]
		}
		o.sink(0)
	}
	return dst, nil
}

// Groups is 1: there is one order.
func (o *OrderedScan) Groups() int { return 1 }

// GroupRows is a bound of the rows.
func (o *OrderedScan) GroupRows(int) int {
	n := 0
	for i := range o.cursors {
		n += o.cursors[i].to - o.cursors[i].from
	}
	return n
}

const (
	firstOrdered = 32 // rows of the first piece where it is not known how many are wanted
	mostOrdered  = vec.BatchRows
)

// Stream calls fn with the rows, piece after piece, in order. A piece is valid until fn returns.
func (o *OrderedScan) Stream(_ int, fn func(*Group) error) error {
	want := firstOrdered
	if o.order.First > 0 {
		want = min(o.order.First, mostOrdered)
	}
	if o.mem == nil {
		o.mem = pieces.Get().(*pieceMemory)
	}
	m := o.mem
	g := &m.group
	g.Cols = slices.Grow(g.Cols[:0], len(o.columns))[:len(o.columns)]
	for {
		if o.ctx.Err() != nil {
			return canceled()
		}
		var err error
		if m.rows, err = o.next(m.rows[:0], want); err != nil || len(m.rows) == 0 {
			return err
		}
		m.inGroup = m.inGroup[:0]
		for _, p := range m.rows {
			m.inGroup = append(m.inGroup, p.row%p.set.groupSize())
		}
		g.N = len(m.rows)
		for i, c := range o.columns {
			if c == nil {
				g.Cols[i], err = gatherPseudo(types.T(types.Int64), o.spec.Columns[i], m.rows)
			} else {
				g.Cols[i], err = o.gathered(i, m.rows, m.inGroup)
			}
			if err != nil {
				return err
			}
		}
		if err := fn(g); err != nil {
			return err
		}
		want = min(2*want, mostOrdered)
	}
}

// gathered copies one column of rows. rows[i] is row inGroup[i] of its group.
func (o *OrderedScan) gathered(col int, rows []place, inGroup []int) (vec.Vec, error) {
	from := o.mem.from[:0]
	var last *vec.Vec
	for i, p := range rows {
		if i == 0 || p.set != rows[i-1].set || p.row-inGroup[i] != rows[i-1].row-inGroup[i-1] {
			var err error
			if last, err = o.cellsOf(p.set).group(col, p.row); err != nil {
				return vec.Vec{}, err
			}
		}
		from = append(from, last)
	}
	o.mem.from = from
	t := o.columns[col].Type
	if t.Class() == types.Bytes {
		return o.mem.gatheredTexts(t, col, inGroup), nil
	}
	out := newColumn(t, len(rows))
	for i, at := range inGroup {
		out.setFrom(i, len(rows), from[i], at)
	}
	return out.vector(len(rows)), nil
}

// gatheredTexts is gathered for strings. They lie far apart in memory: each is touched before any is
// copied, so that the processor waits for many of them at once.
func (m *pieceMemory) gatheredTexts(t types.Type, col int, inGroup []int) vec.Vec {
	from, texts, size, nulls := m.from, m.texts[:0], 0, false
	for i, at := range inGroup {
		if from[i].IsNull(at) {
			texts, nulls = append(texts, nil), true
			continue
		}
		b := from[i].Bytes(at)
		texts, size = append(texts, b), size+len(b)
	}
	m.texts = texts
	for _, b := range texts {
		if len(b) > 0 {
			m.touched ^= b[0] ^ b[len(b)-1]
		}
	}
	for col >= len(m.heaps) {
		m.heaps = append(m.heaps, nil)
	}
	out := vec.Vec{Type: t, N: len(texts), Offs: make([]int32, len(texts)+1), Heap: slices.Grow(m.heaps[col][:0], size)}
	for i, b := range texts {
		out.Heap = append(out.Heap, b...)
		out.Offs[i+1] = int32(len(out.Heap))
	}
	if m.heaps[col] = out.Heap; !nulls {
		return out
	}
	out.Valid = make([]uint64, vec.Words(len(texts)))
	for i, at := range inGroup {
		if !from[i].IsNull(at) {
			out.Valid[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	return out
}

func (o *OrderedScan) cellsOf(rs rowset) *cells {
	c := o.cells[rs]
	if c == nil {
		c = &cells{set: rs, cols: o.columns, n: rs.bornBy(^uint64(0))}
		o.cells[rs] = c
	}
	return c
}

// cells reads single values of a rowset's columns; it keeps what it has loaded.
type cells struct {
	set    rowset
	cols   []*Column
	n      int                 // rows
	first  []loadedGroup       // of each column, the group that was asked for first
	loaded map[[2]int]*vec.Vec // by column and number, the other groups
}

// loadedGroup is a column of a row group.
type loadedGroup struct {
	group int
	ok    bool
	v     vec.Vec
}

// newCells reads all rows that a rowset has by now, those that are not seen, too.
func newCells(rs rowset, t *Table, ids []uint32) *cells {
	c := &cells{set: rs, n: rs.bornBy(^uint64(0))}
	for _, id := range ids {
		col, _ := t.Column(id)
		c.cols = append(c.cols, col)
	}
	return c
}

// group returns a column of the row group that a row is in.
func (c *cells) group(col, row int) (*vec.Vec, error) {
	size := c.set.groupSize()
	if c.first == nil {
		c.first = make([]loadedGroup, len(c.cols))
	}
	f := &c.first[col]
	if f.ok && f.group == row/size {
		return &f.v, nil
	}
	at := [2]int{col, row / size}
	if v := c.loaded[at]; v != nil {
		return v, nil
	}
	start := row / size * size
	v, err := resolve(c.set, c.cols[col], start, min(size, c.n-start))
	if err != nil {
		return nil, err
	}
	if !f.ok {
		*f = loadedGroup{row / size, true, v}
		return &f.v, nil
	}
	if c.loaded == nil {
		c.loaded = map[[2]int]*vec.Vec{}
	}
	c.loaded[at] = &v
	return &v, nil
}

// value returns one value; a string aliases the rowset.
func (c *cells) value(col, row int) (types.Value, error) {
	v, err := c.group(col, row)
	if err != nil {
		return types.Value{}, err
	}
	return valueAt(v, row%c.set.groupSize()), nil
}
