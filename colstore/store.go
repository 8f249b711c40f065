package colstore

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"driftdb/colstore/part"
	"driftdb/internal/dberr"
)

// store is the rows of one table: parts and the tail. It is loaded when it is first used.
type store struct {
	db      *DB
	id      uint32
	snap    snapshot      // what the manifest says; guarded by loading until loaded, then by apply
	snapSeq atomic.Uint64 // its event

	loading sync.Mutex
	loaded  atomic.Bool
	current atomic.Pointer[state]
	// successor is the store that replaced this one, in a reader; then current is nil.
	successor atomic.Pointer[store]

	// The following are changed under DB.apply only.
	nextRID uint64
	active  *chunk        // the chunk that takes the next row, nil for none
	changed atomic.Uint64 // seq of the newest ordered event
	tail    atomic.Int64  // bytes of rows and ends in memory that no part holds
}

// snapshot is where the replay of a table starts.
type snapshot struct {
	point   Point
	offset  uint64 // log offset of the first frame that may be missing in the parts
	nextRID uint64
	parts   []manifestPart
}

// state is the rowsets of a table at a moment: immutable, but for what rowsets take in. Any
// state answers every point up to the moment. Rowsets ascend by their first rid.
type state struct {
	sets  []rowset
	refs  atomic.Int64 // 0: ended
	files *fileSet

	summaries partSummaries
}

func newState(files *fileSet, sets []rowset) *state {
	s := &state{sets: sets, files: files}
	s.refs.Store(1)
	for _, rs := range sets {
		if p, ok := rs.(*storedPart); ok {
			files.share(p.file)
		}
	}
	return s
}

// pin takes a reference; it fails when the state has ended.
func (s *state) pin() bool {
	for {
		n := s.refs.Load()
		if n == 0 {
			return false
		}
		if s.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (s *state) unpin() {
	if s.refs.Add(-1) > 0 {
		return
	}
	for _, rs := range s.sets {
		if p, ok := rs.(*storedPart); ok {
			s.files.put(p.file)
		}
	}
}

// find locates a row. hint is where the row before was found, or -1.
func (s *state) find(rid uint64, hint int) (set, row int, ok bool) {
	if hint >= 0 && hint < len(s.sets) {
		if row, ok := s.sets[hint].rowOf(rid); ok {
			return hint, row, true
		}
	}
	for i := len(s.sets) - 1; i >= 0; i-- {
		first, last := s.sets[i].ridRange()
		if rid < first || rid > last || last < first {
			continue
		}
		if row, ok := s.sets[i].rowOf(rid); ok {
			return i, row, true
		}
	}
	return 0, 0, false
}

// pinned returns the present state with a reference taken; the caller unpins it.
func (st *store) pinned() *state {
	for {
		if s := st.current.Load(); s != nil && s.pin() {
			return s
		}
		if next := st.successor.Load(); next != nil {
			st = next
		}
	}
}

// install replaces the state. Under DB.apply.
func (st *store) install(sets []rowset) {
	old := st.current.Swap(newState(st.db.files, sets))
	if old != nil {
		old.unpin()
	}
}

// add appends a rowset to the state. Under DB.apply.
func (st *store) add(rs rowset) {
	sets := st.current.Load().sets
	st.install(append(sets[:len(sets):len(sets)], rs))
}

// chunkFor returns the chunk that takes the next row under a schema version. Under DB.apply.
func (st *store) chunkFor(t *Table) *chunk {
	c := st.active
	if c != nil && c.table.Version == t.Version && !c.full() {
		return c
	}
	limit := 0
	if c != nil && c.full() {
		limit = c.limit
	}
	st.active = newChunk(t, st.nextRID, nextLimit(limit))
	st.add(st.active)
	return st.active
}

// closeChunk makes the next row go to a new chunk. Under DB.apply.
func (st *store) closeChunk() { st.active = nil }

// end records that event seq ended a row. The transaction's own rows begin at base. Under DB.apply.
func (st *store) end(rid, base, seq uint64, hint int) (int, error) {
	s := st.current.Load()
	i, row, ok := s.find(rid, hint)
	if !ok {
		return -1, dberr.Corrupt("", -1, "event %d ends row %d of table %d, which is not there", seq, rid, st.id)
	}
	if err := s.sets[i].deaths().Append(uint32(row), seq); err != nil {
		return -1, err
	}
	if c, ok := s.sets[i].(*chunk); ok && rid >= base {
		c.setBrief(row)
	}
	st.tail.Add(deathBytes)
	st.db.tail.Add(deathBytes)
	return i, nil
}

// deathBytes is about what the end of a row costs in memory.
const deathBytes = 16

// alive reports whether a row is there and has not ended at any ordered event.
func (s *state) alive(rid uint64, hint int) (set int, ok bool, err error) {
	i, row, found := s.find(rid, hint)
	if !found {
		return -1, false, nil
	}
	_, dead, err := s.sets[i].deaths().DeathOf(uint32(row))
	return i, !dead, err
}

// snapshotSeq is the event up to which parts hold the rows.
func (st *store) snapshotSeq() uint64 { return st.snapSeq.Load() }

// setSnapshot notes what the manifest says of the table. Under manifestMu once the table is loaded.
func (st *store) setSnapshot(s snapshot) {
	st.snap = s
	st.snapSeq.Store(s.point.Seq)
}

// sortSets puts rowsets into the order of their first rids.
func sortSets(sets []rowset) {
	slices.SortStableFunc(sets, func(a, b rowset) int {
		x, _ := a.ridRange()
		y, _ := b.ridRange()
		return cmp.Compare(x, y)
	})
}

func sortDeaths(list []part.Death) {
	slices.SortFunc(list, func(a, b part.Death) int { return cmp.Compare(a.Seq, b.Seq) })
}
