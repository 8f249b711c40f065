package exec

import (
	"slices"

	"driftdb/internal/vec"
)

// storedSpill is what the ends of a stored share when it spills.
type storedSpill struct {
	never bool // the rows must stay in memory
	share int64
	sharedFile
	morsels [][]extent // in the order of the input
}

// piece is some rows of a morsel of the input in a temporary file.
type piece struct {
	morsel int
	x      extent
}

// spilled implements spiller.
func (s *stored) spilled() spillStats { return spillStats{bytes: s.spill.size()} }

// maySpill writes the rows of the end when they take too much memory.
func (e *storedEnd) maySpill() error {
	s := &e.s.spill
	if s.never || !e.w.ex.crowded(e.rows.a.Size(), s.share, 0) {
		return nil
	}
	return e.write()
}

// write writes the rows of the end and begins anew.
func (e *storedEnd) write() error {
	rows := e.rows
	if rows.rows == 0 {
		return nil
	}
	file, err := e.s.spill.get(e.w.ex)
	if err != nil {
		return err
	}
	err = rows.windows(e.w, rows.pageRows(), func(b *block, lo, hi int, cols []vec.Vec) error {
		x, err := file.write(cols, hi-lo)
		e.pieces = append(e.pieces, piece{b.morsel, x})
		return err
	})
	rows.a.Free()
	e.rows = newStore(e.s.types, rows.a)
	return err
}

// pageRows returns how many rows take about pageBytes, a multiple of 64.
func (s *store) pageRows() int {
	n := pageBytes / int(s.a.Size()/int64(s.rows)+1)
	return min(vec.BatchRows, max(64, n&^63))
}

// endSpill writes what the ends still hold and puts all into the order of the input.
func (s *stored) endSpill(ex *execution) error {
	err := ex.tasks(len(s.ends), func(_, i int) error { return s.ends[i].write() })
	if err != nil {
		return err
	}
	var all []piece
	for _, e := range s.ends {
		all = append(all, e.pieces...)
		e.pieces = nil
		e.rows.a.Free()
	}
	slices.SortStableFunc(all, func(a, b piece) int { return a.morsel - b.morsel })
	rows := blockRows
	for _, p := range all {
		if rows += int(p.x.rows); rows > blockRows {
			s.spill.morsels = append(s.spill.morsels, nil)
			rows = int(p.x.rows)
		}
		last := &s.spill.morsels[len(s.spill.morsels)-1]
		*last = append(*last, p.x)
		s.n += int(p.x.rows)
	}
	return nil
}
