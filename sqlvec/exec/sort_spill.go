package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// A sort whose rows do not fit memory is an external merge sort: every worker sorts what it
// holds and writes it as a run, again and again, and the runs are merged as the rows are
// handed on. Behind the columns, a row of a run has the number of its morsel, so that rows
// with equal keys keep the order of the input across workers.

// sortSpill is what the ends of a sort share when it spills.
type sortSpill struct {
	share int64
	wrote int64 // bytes of files that are given back
	sharedFile
	runs []*sortedRun // in the order in which they were written
}

// sortedRun is rows in their order in a temporary file.
type sortedRun struct {
	extents []extent
	raw     int32 // most bytes of an extent before compression
	most    int32 // most rows of an extent
	rows    int64
}

const (
	sortBytes = 72      // bytes that sorting takes for every row, at most
	pageBytes = 1 << 16 // bytes of an extent of a run, about
	leastPage = 16      // rows of an extent at least
)

// spilled implements spiller.
func (s *sorting) spilled() spillStats {
	return spillStats{bytes: s.spill.wrote + s.spill.size(), runs: int64(len(s.spill.runs))}
}

// runTypes returns the types of the columns of a run.
func (s *sorting) runTypes() []types.Type {
	return append(s.types[:len(s.types):len(s.types)], types.T(types.Int64))
}

// maySpill writes the rows of the end as a run when they take too much memory.
func (e *sortEnd) maySpill() error {
	ex := e.w.ex
	if !ex.crowded(e.rows.a.Size()+int64(e.rows.rows)*sortBytes, e.s.spill.share, 0) {
		return nil
	}
	return e.writeRun()
}

// writeRun sorts the rows of the end, writes them, and begins anew.
func (e *sortEnd) writeRun() error {
	rows := e.rows
	if rows.rows == 0 {
		return nil
	}
	file, err := e.s.spill.get(e.w.ex)
	if err != nil {
		return err
	}
	rows.seal()
	work := arena.New(e.w.ex.budget)
	defer work.Free()
	ids := orderOf(rows, orderBy(e.s.specs), work).ids
	if n := e.s.node.Limit; n > 0 && n < int64(len(ids)) {
		ids = ids[:n]
		if e.top != nil {
			e.top.raise(rows, ids[n-1])
		}
	}
	run := &sortedRun{}
	at := max(leastPage, pageBytes/int(rows.a.Size()/int64(rows.rows)+1))
	for len(ids) > 0 {
		k := min(len(ids), at, vec.BatchRows)
		if err := e.writePage(file, run, ids[:k]); err != nil {
			return err
		}
		ids = ids[k:]
	}
	e.s.spill.mu.Lock()
	e.s.spill.runs = append(e.s.spill.runs, run)
	e.s.spill.mu.Unlock()
	rows.a.Free()
	e.rows = newStore(e.s.types, rows.a)
	return nil
}

// writePage writes rows of the end, with their morsels.
func (e *sortEnd) writePage(file *tempFile, run *sortedRun, ids []rowID) error {
	if err := e.w.ex.check(); err != nil {
		return err
	}
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	cols := make([]vec.Vec, len(e.s.types)+1)
	for c := range e.s.types {
		cols[c] = e.rows.gather(c, ids, false, a)
	}
	morsel := arena.Make[int64](a, len(ids))
	for i, id := range ids {
		morsel[i] = int64(e.rows.blocks[id>>blockShift].morsel)
	}
	cols[len(e.s.types)] = vec.FromFixed(types.T(types.Int64), morsel, nil)
	return run.write(file, cols, len(ids))
}

// write appends n rows of flat columns to the run.
func (r *sortedRun) write(file *tempFile, cols []vec.Vec, n int) error {
	x, err := file.write(cols, n)
	r.extents = append(r.extents, x)
	r.raw, r.most = max(r.raw, x.raw), max(r.most, x.rows)
	r.rows += int64(n)
	return err
}

// endSpill finishes a sort that has written runs: what the ends still hold becomes runs too,
// and those that are too many to be merged at once are merged to fewer.
func (s *sorting) endSpill(ex *execution, w *worker) error {
	err := ex.tasks(len(s.ends), func(_, i int) error { return s.ends[i].writeRun() })
	if err != nil {
		return err
	}
	for _, e := range s.ends {
		e.rows.a.Free()
	}
	for {
		fan := s.fanIn(ex)
		if len(s.spill.runs) <= fan {
			return nil
		}
		if err := s.mergePass(w, fan); err != nil {
			return err
		}
	}
}

// leastFan is how many runs are merged at once, whatever memory is left.
const leastFan = 4

// fanIn returns how many runs half of the free memory can merge at once.
func (s *sorting) fanIn(ex *execution) int {
	if ex.opts.SpillAlways {
		return leastFan
	}
	if ex.budget.Limit() == 0 {
		return maxFan
	}
	size := int64(1)
	for _, r := range s.spill.runs {
		size = max(size, s.cursorBytes(r))
	}
	free := ex.budget.Free() / 2
	return int(min(maxFan, max(leastFan, (free-arena.ChunkSize)/size)))
}

// mergePass merges the runs, fan at a time, to longer ones in a file of their own.
func (s *sorting) mergePass(w *worker, fan int) error {
	old := s.spill.file
	file, err := old.ex.newTempFile()
	if err != nil {
		return err
	}
	var out []*sortedRun
	for runs := s.spill.runs; len(runs) > 0; runs = runs[min(fan, len(runs)):] {
		run := &sortedRun{}
		m := s.newMerge(w, runs[:min(fan, len(runs))])
		err := m.each(len(s.types)+1, s.node.Limit, m.pageRows(), func(cols []vec.Vec, n int) error {
			return run.write(file, cols, n)
		})
		m.close()
		if err != nil {
			return err
		}
		out = append(out, run)
	}
	s.spill.wrote += old.end.Load()
	old.close()
	s.spill.file, s.spill.runs = file, out
	return nil
}

// mergeRuns hands the rows of all runs to push, in order: their first n columns, up to the
// limit of the sort.
func (s *sorting) mergeRuns(w *worker, n int, push func(cols []vec.Vec, n int) error) error {
	m := s.newMerge(w, s.spill.runs)
	defer m.close()
	return m.each(n, s.node.Limit, w.ex.opts.BatchRows, push)
}
