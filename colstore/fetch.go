package colstore

import (
	"cmp"
	"slices"

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
	rids, err := v.versionsOf(t, key, func(rs rowset, row int, own bool) (bool, error) {
		if own {
			return rs.birthOf(row) <= v.own.seq, nil
		}
		return visible(rs, row, v.point.Seq)
	})
	if err != nil || len(rids) == 0 {
		return 0, false, err
	}
	return rids[len(rids)-1], true, nil
}

// KeyHistory returns the rids of all versions with a primary key that were born up to the
// view, oldest first.
func (v *View) KeyHistory(t *Table, key []types.Value) ([]uint64, error) {
	all := *v
	all.own = nil
	return all.versionsOf(t, key, func(rs rowset, row int, _ bool) (bool, error) {
		return rs.birthOf(row) <= v.point.Seq, nil
	})
}

// versionsOf returns the rids of the versions with a key for which want is true, ascending.
func (v *View) versionsOf(t *Table, key []types.Value, want func(rs rowset, row int, own bool) (bool, error)) (rids []uint64, err error) {
	if len(t.PrimaryKey) == 0 {
		return nil, dberr.Newf(dberr.WrongObjectType, "table \"%s\" has no primary key", t.Name)
	}
	if len(key) != len(t.PrimaryKey) {
		return nil, dberr.Newf(dberr.InvalidParameterValue, "primary key of table \"%s\" has %d columns, not %d", t.Name, len(t.PrimaryKey), len(key))
	}
	if hasNull(key) {
		return nil, nil
	}
	st, err := v.db.store(t.ID)
	if err != nil {
		return nil, err
	}
	s := st.pinned()
	defer s.unpin()
	err = vfs.Guard(func() error {
		rids, err = v.collect(t, s, key, want)
		return err
	})
	slices.SortFunc(rids, cmp.Compare[uint64])
	return rids, err
}

func (v *View) collect(t *Table, s *state, key []types.Value, want func(rs rowset, row int, own bool) (bool, error)) (rids []uint64, err error) {
	x := t.Keys()[0]
	var ended []uint64
	look := func(rs rowset, own bool) error {
		index, err := indexFor(rs, t, &x)
		if err != nil {
			return err
		}
		var inner error
		err = index.lookup(key, func(row int) bool {
			var ok bool
			if ok, inner = want(rs, row, own); ok {
				rid := rs.ridOf(row)
				if _, dead := slices.BinarySearch(ended, rid); !dead {
					rids = append(rids, rid)
				}
			}
			return inner == nil
		})
		if inner != nil {
			return inner
		}
		return err
	}
	if own := v.own.of(t.ID); own != nil {
		ended = v.own.ended(t.ID)
		for _, rs := range own.sets {
			if err := look(rs, true); err != nil {
				return nil, err
			}
		}
	}
	for _, rs := range s.sets {
		if err := look(rs, false); err != nil {
			return nil, err
		}
	}
	return rids, nil
}
