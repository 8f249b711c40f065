package colstore

import (
	"context"
	"math"
	"slices"
	"sync"

	"driftdb/colstore/part"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// Scan is an open scan of one table. Load may be called from many goroutines; what it loads
// is valid until Close.
type Scan struct {
	ctx     context.Context
	view    *View
	table   *Table
	spec    ScanSpec
	columns []*Column // of spec.Columns; nil for a pseudo column
	state   *state
	cut     cut
	groups  []scanGroup
	explain Explain
	times   timeCache
	masks   sync.Map // rowset → *part.Mask
	ended   ownEnds  // rows that the transaction itself has ended
	signed  bool     // a scan of Changes
}

// cut says which versions a scan delivers: born at or before until, and not dead at alive.
type cut struct {
	born  uint64 // last birth that is seen
	alive uint64 // versions that ended at or before this event are not seen
	seen  uint64 // ends behind this event are not told
}

// scanGroup is one group of a scan: rows of one row group of a rowset.
type scanGroup struct {
	set   rowset
	own   bool     // rows of the transaction itself
	row   int      // first row in the set
	n     int      // rows, cut at the births
	pick  []uint64 // rows that an index found; nil for all
	sign  int8     // Changes: +1 born, -1 died
	empty bool     // nothing in it can match
}

// Scan reads a table. The caller closes the scan.
func (v *View) Scan(ctx context.Context, t *Table, spec ScanSpec) (*Scan, error) {
	c := cut{born: v.point.Seq, alive: v.point.Seq, seen: v.horizon}
	if r := spec.Versions; r != nil {
		c.born, c.alive = min(r.To, v.horizon), r.From
	}
	s, err := v.newScan(ctx, t, spec, c)
	if err != nil {
		return nil, err
	}
	return s.opened(s.plan)
}

// opened runs a step of opening and closes the scan when it fails.
func (s *Scan) opened(step func() error) (*Scan, error) {
	if err := vfs.Guard(step); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (v *View) newScan(ctx context.Context, t *Table, spec ScanSpec, c cut) (*Scan, error) {
	st, err := v.db.store(t.ID)
	if err != nil {
		return nil, err
	}
	s := &Scan{ctx: ctx, view: v, table: t, spec: spec, cut: c, columns: make([]*Column, 0, len(spec.Columns))}
	for _, id := range spec.Columns {
		if _, pseudo := PseudoType(id); pseudo {
			s.columns = append(s.columns, nil)
			continue
		}
		col, ok := t.Column(id)
		if !ok {
			return nil, dberr.Bug("table \"%s\" has no column %d", t.Name, id)
		}
		s.columns = append(s.columns, col)
	}
	s.state = st.pinned()
	s.explain.Point, s.explain.Snapshot = v.point, st.snapshotSeq()
	return s, nil
}

// plan lists the groups, by an index where one is worth it.
func (s *Scan) plan() error {
	probe := s.chooseIndex()
	for _, rs := range s.state.sets {
		if err := s.addSet(rs, s.cut.born, false, probe); err != nil {
			return err
		}
	}
	if own := s.view.own.of(s.table.ID); own != nil {
		if s.view.own.err != nil {
			return s.view.own.err
		}
		s.ended = s.view.own.ended(s.table.ID)
		for _, rs := range own.sets {
			if err := s.addSet(rs, s.view.own.seq, true, probe); err != nil {
				return err
			}
		}
	}
	s.explain.Groups = len(s.groups)
	for i := range s.groups {
		if s.groups[i].empty {
			s.explain.Skipped++
		}
	}
	return nil
}

// addSet adds the row groups of a rowset that hold rows born by seq born.
func (s *Scan) addSet(rs rowset, born uint64, own bool, probe *probe) error {
	n := rs.bornBy(born)
	if n == 0 {
		return nil
	}
	s.countSet(rs, n)
	gone, err := s.gone(rs, n, own)
	if err != nil {
		return err
	}
	var found *picks
	if probe != nil && !gone {
		if found, err = probe.rows(rs, n, own); err != nil {
			return err
		}
		if found != nil {
			s.explain.Index = probe.index.Name
		}
	}
	size := rs.groupSize()
	for start := 0; start < n; start += size {
		g := scanGroup{set: rs, own: own, row: start, n: min(size, n-start)}
		if found != nil {
			g.choose(found.of(start / size))
		}
		g.empty = gone || g.empty || s.excluded(rs, start/size)
		if !g.empty && !own {
			dead, err := s.allDead(&g)
			if err != nil {
				return err
			}
			g.empty = dead
		}
		s.groups = append(s.groups, g)
	}
	return nil
}

// gone reports whether all of the first n rows of a rowset ended before what the scan delivers, as
// those of a part of old versions have.
func (s *Scan) gone(rs rowset, n int, own bool) (bool, error) {
	if own || rs.deaths().Len() < n || s.cut.alive > s.cut.born {
		return false, nil
	}
	dead, err := rs.deaths().CountBy(s.cut.alive)
	return dead == n, err
}

// choose cuts a group to the rows that an index found, nil for none, and those within whole words of
// them: a lookup of one row reads 64.
func (g *scanGroup) choose(p *groupPicks) {
	if g.empty = p == nil; g.empty {
		return
	}
	lo, hi := 0, len(p.mask)
	for lo < hi && p.mask[lo] == 0 {
		lo++
	}
	for hi > lo && p.mask[hi-1] == 0 {
		hi--
	}
	g.pick = p.mask[lo:hi]
	lo, hi = lo+p.word, hi+p.word
	g.row, g.n = g.row+lo*64, min(g.n, hi*64)-lo*64
}

func (s *Scan) countSet(rs rowset, n int) {
	if _, ok := rs.(*storedPart); ok {
		s.explain.Parts++
		return
	}
	s.explain.EventsReplayed += int64(n + rs.deaths().Len())
}

// mask returns the rows of a rowset that are dead for the scan, nil for none.
func (s *Scan) mask(rs rowset) (*part.Mask, error) {
	if rs.deaths().Len() == 0 {
		return nil, nil
	}
	if m, ok := s.masks.Load(rs); ok {
		return m.(*part.Mask), nil
	}
	m, err := rs.deaths().MaskAt(s.cut.alive)
	if err != nil {
		return nil, err
	}
	s.masks.Store(rs, m)
	return m, nil
}

// allDead reports whether no row of a group is alive.
func (s *Scan) allDead(g *scanGroup) (bool, error) {
	m, err := s.mask(g.set)
	if err != nil || m == nil {
		return false, err
	}
	words := m.Words(g.row, g.n)
	return words != nil && countPrefix(words, g.n) == g.n, nil
}

// countPrefix counts the set bits among the first n.
func countPrefix(words []uint64, n int) int {
	full := vec.CountBits(words[:n>>6])
	if rest := uint(n) & 63; rest != 0 {
		full += vec.CountBits([]uint64{words[n>>6] & (1<<rest - 1)})
	}
	return full
}

// Groups is the number of row groups.
func (s *Scan) Groups() int { return len(s.groups) }

// GroupRows returns the rows of group i, 0 when nothing in it can match.
func (s *Scan) GroupRows(i int) int {
	if s.groups[i].empty {
		return 0
	}
	return s.groups[i].n
}

// Skipped is the number of groups that need not be read.
func (s *Scan) Skipped() int { return s.explain.Skipped }

// Explain says what the scan does.
func (s *Scan) Explain() Explain { return s.explain }

// Close ends the life of all loaded groups. It may be called twice.
func (s *Scan) Close() {
	if s.state != nil {
		s.state.unpin()
		s.state = nil
	}
}

// Load fills g with group i. Columns that were loaded into the same g before are replaced.
func (s *Scan) Load(i int, g *Group) error {
	if err := s.ctx.Err(); err != nil {
		return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
	}
	return vfs.Guard(func() error { return s.load(&s.groups[i], g) })
}

func (s *Scan) load(from *scanGroup, g *Group) error {
	g.N, g.Live = from.n, nil
	if cap(g.Cols) < len(s.columns) {
		g.Cols = make([]vec.Vec, len(s.columns))
	}
	g.Cols = g.Cols[:len(s.columns)]
	if from.empty {
		g.N = 0
		return nil
	}
	var err error
	if g.Live, err = s.live(from); err != nil {
		return err
	}
	g.Mapped = slices.Grow(g.Mapped[:0], len(s.columns))
	for c, col := range s.columns {
		if col == nil {
			g.Cols[c], err = s.pseudo(s.spec.Columns[c], from)
		} else {
			g.Cols[c], err = resolve(from.set, col, from.row, from.n)
		}
		if err != nil {
			return err
		}
		g.Mapped = append(g.Mapped, mapped(from.set, g.Cols[c].Heap))
	}
	return nil
}

// mapped reports whether bytes lie in the file of a part.
func mapped(rs rowset, b []byte) bool {
	p, ok := rs.(*storedPart)
	return ok && p.Holds(b)
}

// live returns the rows of a group that the scan delivers, nil for all.
func (s *Scan) live(g *scanGroup) ([]uint64, error) {
	if s.signed {
		return g.pick, nil
	}
	var dead []uint64
	if !g.own {
		m, err := s.mask(g.set)
		if err != nil {
			return nil, err
		}
		if m != nil {
			dead = m.Words(g.row, g.n)
		}
	}
	live := maskOf(g.pick, dead, g.n)
	return s.ended.hide(g, live), nil
}

// maskOf returns pick without dead; nil means all rows in pick, none in dead, all in the result.
func maskOf(pick, dead []uint64, n int) []uint64 {
	if pick == nil && dead == nil {
		return nil
	}
	live := make([]uint64, vec.Words(n))
	for i := range live {
		live[i] = math.MaxUint64
		if pick != nil {
			live[i] = pick[i]
		}
		if dead != nil {
			live[i] &^= dead[i]
		}
	}
	if rest := uint(n) & 63; rest != 0 {
		live[len(live)-1] &= 1<<rest - 1
	}
	return live
}

// fullMask returns a mask of n rows.
func fullMask(n int) []uint64 { return maskOf(nil, make([]uint64, vec.Words(n)), n) }

// pseudo returns a pseudo column of a group.
func (s *Scan) pseudo(id uint32, g *scanGroup) (vec.Vec, error) {
	t, _ := PseudoType(id)
	switch id {
	case ColSign:
		return constant(types.IntValue(t, int64(g.sign)), t, g.n), nil
	case ColTimeStart, ColTimeEnd:
		return s.timesOf(id, g)
	}
	out := make([]uint64, g.n)
	switch id {
	case ColRID:
		g.set.fillRIDs(out, g.row)
	case ColSeqStart:
		if err := s.fillStarts(out, g); err != nil {
			return vec.Vec{}, err
		}
	case ColSeqEnd:
		if err := s.fillEnds(out, g); err != nil {
			return vec.Vec{}, err
		}
	}
	return vec.FromFixed(t, out, nil), nil
}

// fillStarts sets births. A row of the transaction itself has none yet: it reads as LiveSeq.
func (s *Scan) fillStarts(out []uint64, g *scanGroup) error {
	if g.own {
		fill(out, LiveSeq)
		return nil
	}
	g.set.fillBirths(out, g.row)
	return nil
}

// fillEnds sets the ends that the view may know.
func (s *Scan) fillEnds(out []uint64, g *scanGroup) error {
	if g.own || g.set.deaths().Len() == 0 {
		fill(out, LiveSeq)
		return nil
	}
	return g.set.deaths().FillEnds(out, g.row, s.cut.seen)
}

func fill(dst []uint64, v uint64) {
	for i := range dst {
		dst[i] = v
	}
}

func (s *Scan) timesOf(id uint32, g *scanGroup) (vec.Vec, error) {
	seqs := make([]uint64, g.n)
	fillSeqs := s.fillStarts
	if id == ColTimeEnd {
		fillSeqs = s.fillEnds
	}
	if err := fillSeqs(seqs, g); err != nil {
		return vec.Vec{}, err
	}
	times := make([]int64, g.n)
	if err := s.times.fill(s.view.db, times, seqs); err != nil {
		return vec.Vec{}, err
	}
	return vec.FromFixed(types.T(types.TimestampTZ), times, nil), nil
}

// timeCache remembers the commits that a scan has looked up, since neighbours share them.
type timeCache struct {
	mu   sync.Mutex
	last commitSpan
}

type commitSpan struct {
	first, end uint64 // events [first, end)
	micros     int64
}

// fill sets times[i] to the commit time of event seqs[i], infinity for LiveSeq.
func (c *timeCache) fill(db *DB, times []int64, seqs []uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, seq := range seqs {
		switch {
		case seq == LiveSeq:
			times[i] = types.PosInfTime
			continue
		case seq < c.last.first || seq >= c.last.end:
			commit, err := db.log.CommitOfSeq(seq)
			if err != nil {
				return err
			}
			c.last = commitSpan{commit.FirstSeq, commit.FirstSeq + uint64(commit.Events), commit.TimeMicros}
		}
		times[i] = c.last.micros
	}
	return nil
}
