package colstore

import (
	"slices"

	"driftdb/colstore/part"
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// Fetch gathers columns of a few rows, in the order of rids, whether the view sees them or
// not. Pseudo columns may be asked for, but for times. The vectors are copies; a is not used
// for now and may be nil.
func (v *View) Fetch(t *Table, rids []uint64, cols []uint32, _ *arena.Arena) (out []vec.Vec, err error) {
	st, err := v.db.store(t.ID)
	if err != nil {
		return nil, err
	}
	s := st.pinned()
	defer s.unpin()
	err = vfs.Guard(func() error {
		found, err := v.locate(t, s, rids)
		if err != nil {
			return err
		}
		for _, id := range cols {
			c, err := v.gather(t, id, found)
			if err != nil {
				return err
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// place is where a row is.
type place struct {
	set rowset
	row int
}

func (v *View) locate(t *Table, s *state, rids []uint64) ([]place, error) {
	found := make([]place, len(rids))
	hint := -1
	for i, rid := range rids {
		if p, ok := v.locateOwn(t, rid); ok {
			found[i] = p
			continue
		}
		set, row, ok := s.find(rid, hint)
		if !ok {
			return nil, dberr.Bug("table \"%s\" has no row %d", t.Name, rid)
		}
		found[i], hint = place{s.sets[set], row}, set
	}
	return found, nil
}

func (v *View) locateOwn(t *Table, rid uint64) (place, bool) {
	own := v.own.of(t.ID)
	if own == nil {
		return place{}, false
	}
	for _, rs := range own.sets {
		if row, ok := rs.rowOf(rid); ok {
			return place{rs, row}, true
		}
	}
	return place{}, false
}

// gather copies one column of the rows.
func (v *View) gather(t *Table, id uint32, rows []place) (vec.Vec, error) {
	if typ, pseudo := PseudoType(id); pseudo {
		return gatherPseudo(typ, id, rows)
	}
	col, ok := t.Column(id)
	if !ok {
		return vec.Vec{}, dberr.Bug("table \"%s\" has no column %d", t.Name, id)
	}
	out := newColumn(col.Type, len(rows))
	var last vec.Vec
	var lastSet rowset
	lastStart, loaded := -1, 0
	for i, p := range rows {
		size := p.set.groupSize()
		start := p.row / size * size
		n := min(size, p.set.bornBy(^uint64(0))-start)
		if p.set != lastSet || start != lastStart || loaded < n {
			var err error
			if last, err = resolve(p.set, col, start, n); err != nil {
				return vec.Vec{}, err
			}
			lastSet, lastStart, loaded = p.set, start, n
		}
		out.setFrom(i, len(rows), &last, p.row-start)
	}
	return out.vector(len(rows)), nil
}

func gatherPseudo(t types.Type, id uint32, rows []place) (vec.Vec, error) {
	out := make([]uint64, len(rows))
	for i, p := range rows {
		switch id {
		case ColRID:
			out[i] = p.set.ridOf(p.row)
		case ColSeqStart:
			out[i] = p.set.birthOf(p.row)
		case ColSeqEnd:
			out[i] = LiveSeq
			end, dead, err := p.set.deaths().DeathOf(uint32(p.row))
			if err != nil {
				return vec.Vec{}, err
			}
			if dead {
				out[i] = end
			}
		default:
			return vec.Vec{}, dberr.Bug("pseudo column %#x cannot be fetched", id)
		}
	}
	return vec.FromFixed(t, out, nil), nil
}

// LookupKey returns the row visible at the view whose primary key is key.
func (v *View) LookupKey(t *Table, key []types.Value) (rid uint64, ok bool, err error) {
	if err := checkKey(t, key); err != nil || hasNull(key) {
		return 0, false, err
	}
	st, err := v.db.store(t.ID)
	if err != nil {
		return 0, false, err
	}
	s := st.pinned()
	defer s.unpin()
	err = vfs.Guard(func() error {
		rid, ok, err = v.lookup(t, s, key)
		return err
	})
	return rid, ok, err
}

// lookup looks into the newest rowsets first: there is at most one visible row.
func (v *View) lookup(t *Table, s *state, key []types.Value) (rid uint64, ok bool, err error) {
	x, hash := &t.keys[0].Index, part.HashKey(key)
	ended := v.own.ended(t.ID)
	if own := v.own.of(t.ID); own != nil {
		for i := len(own.sets) - 1; i >= 0 && !ok && err == nil; i-- {
			rid, ok, err = v.findVisible(own.sets[i], t, x, key, hash, ended, true)
		}
	}
	for i := len(s.sets) - 1; i >= 0 && !ok && err == nil; i-- {
		rid, ok, err = v.findVisible(s.sets[i], t, x, key, hash, ended, false)
	}
	return rid, ok, err
}

// findVisible returns a row of a rowset with the key that the view sees and that is not in ended. The
// rows of a transaction itself have no ends but those in ended.
func (v *View) findVisible(rs rowset, t *Table, x *Index, key []types.Value, hash uint64, ended ownEnds, own bool) (rid uint64, ok bool, err error) {
	index, err := indexFor(rs, t, x)
	if err != nil {
		return 0, false, err
	}
	seq := v.point.Seq
	if own {
		seq = v.own.seq
	}
	var inner error
	born := func(row int) bool { return rs.birthOf(row) <= seq }
	fn := func(row int) bool {
		if ok = true; !own {
			ok, inner = visible(rs, row, seq)
		}
		rid = rs.ridOf(row)
		ok = ok && !ended.has(rid)
		return !ok && inner == nil
	}
	if v.within {
		err = index.lookup(key, hash, fn)
	} else {
		err = lookupUnique(index, key, hash, own, born, fn)
	}
	if err == nil {
		err = inner
	}
	return rid, ok, err
}

func checkKey(t *Table, key []types.Value) error {
	if len(t.PrimaryKey) == 0 {
		return dberr.Newf(dberr.WrongObjectType, "table \"%s\" has no primary key", t.Name)
	}
	if len(key) != len(t.PrimaryKey) {
		return dberr.Newf(dberr.InvalidParameterValue, "primary key of table \"%s\" has %d columns, not %d", t.Name, len(t.PrimaryKey), len(key))
	}
	return nil
}

// KeyHistory returns the rids of all versions with a primary key that were born up to the
// view, oldest first. What a transaction has not committed is not among them.
func (v *View) KeyHistory(t *Table, key []types.Value) (rids []uint64, err error) {
	if err := checkKey(t, key); err != nil || hasNull(key) {
		return nil, err
	}
	st, err := v.db.store(t.ID)
	if err != nil {
		return nil, err
	}
	s := st.pinned()
	defer s.unpin()
	hash := part.HashKey(key)
	err = vfs.Guard(func() error {
		for _, rs := range s.sets {
			index, err := indexFor(rs, t, &t.keys[0].Index)
			if err != nil {
				return err
			}
			err = index.lookup(key, hash, func(row int) bool {
				if rs.birthOf(row) <= v.point.Seq {
					rids = append(rids, rs.ridOf(row))
				}
				return true
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(rids)
	return rids, err
}
