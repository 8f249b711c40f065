package colstore

import (
	"context"

	"driftdb/colstore/part"
	"driftdb/internal/dberr"
)

// Changes reads what happened to a table between two views: every version born behind from and
// up to v with ColSign +1, and every version that died there with -1. A version that was born
// and died in between comes twice. The values are the version's own. from must not be later
// than v. The caller closes the scan.
func (v *View) Changes(ctx context.Context, t *Table, from *View, spec ScanSpec) (*Scan, error) {
	after, by := from.point.Seq, v.point.Seq
	if after > by {
		return nil, dberr.Newf(dberr.InvalidParameterValue, "changes from event %d to the earlier event %d", after, by)
	}
	s, err := v.newScan(ctx, t, spec, cut{born: by, alive: by, seen: v.horizon})
	if err != nil {
		return nil, err
	}
	s.signed = true
	return s.opened(func() error {
		for _, rs := range s.state.sets {
			if err := s.addChanges(rs, after, by); err != nil {
				return err
			}
		}
		s.explain.Groups = len(s.groups)
		return nil
	})
}

func (s *Scan) addChanges(rs rowset, after, by uint64) error {
	n := rs.bornBy(by)
	if n == 0 {
		return nil
	}
	s.countSet(rs, n)
	born := &picks{size: rs.groupSize(), limit: n}
	for row := rs.bornBy(after); row < n; row++ {
		born.add(row)
	}
	s.addSigned(rs, born, +1)
	if rs.deaths().Len() == 0 {
		return nil
	}
	died := &picks{size: rs.groupSize(), limit: n}
	err := rs.deaths().Between(after, by, func(d part.Death) bool { return died.add(int(d.Row)) })
	s.addSigned(rs, died, -1)
	return err
}

func (s *Scan) addSigned(rs rowset, rows *picks, sign int8) {
	for start := 0; start < rows.limit; start += rows.size {
		pick := rows.of(start / rows.size)
		if pick == nil {
			continue
		}
		g := scanGroup{set: rs, row: start, n: min(rows.size, rows.limit-start), sign: sign}
		g.choose(pick)
		g.empty = s.excluded(rs, start/rows.size)
		if g.empty {
			s.explain.Skipped++
		}
		s.groups = append(s.groups, g)
	}
}
