package exec

import (
	"errors"
	"sync"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Rows that do not fit memory go to partitions by the hash of their keys, and each
// partition is worked on by itself. A partition that is still too large is cut again, by
// the next bits of the hash.
const (
	spillBits  = 6
	spillParts = 1 << spillBits
	spillDepth = 3 // times that rows are cut

	spillRows      = 1 << 15 // rows that wait to be written
	spillBytes     = 8 << 20 // bytes of them
	leastSpill     = 1 << 20 // the same, where memory is short
	spillBytesPart = 16      // the part of all memory that they are at most, else

	leastShare     = 1 << 20 // bytes that an end of an operator has in any case
	mostShare      = 4 << 20 // the same, where there is much memory
	leastSharePart = 8       // the part of all memory that they are, else
	forcedDepth    = 1       // times that rows are cut in the mode that spills always
)

// spillStats are what an operator wrote to temporary files.
type spillStats struct {
	bytes int64
	parts int64 // partitions
	runs  int64 // of a sort
}

// share returns the bytes that each worker's end of an operator that begins now may hold
// before it spills: together half of what is free. The rest is for what the operator makes
// of its rows, and for those that come after. 0 means that it never spills.
func (ex *execution) share() int64 {
	limit := ex.budget.Limit()
	if limit == 0 || ex.opts.Temp.FS == nil {
		return 0
	}
	return max(ex.leastShare(), ex.budget.Free()/2/int64(ex.opts.Workers))
}

// leastShare returns the bytes that an end may hold in any case.
func (ex *execution) leastShare() int64 {
	return min(mostShare, max(leastShare, ex.budget.Limit()/leastSharePart/int64(ex.opts.Workers)))
}

// pressed reports whether little memory is left for the whole query.
func (ex *execution) pressed() bool { return ex.budget.Pressed() }

// crowded reports whether an end that holds n bytes has to spill: because of them, or because
// others have left little. depth is how often its rows have been spilled before.
func (ex *execution) crowded(n, share int64, depth int) bool {
	switch {
	case depth >= spillDepth || ex.opts.Temp.FS == nil:
		return false
	case ex.opts.SpillAlways:
		return depth < forcedDepth
	}
	return share > 0 && (n > share || n > ex.leastShare() && ex.pressed())
}

// steady reports whether expressions may be computed twice.
func steady(list []expr.Expr) bool {
	for _, e := range list {
		if plan.VolatilityOf(e) == expr.Volatile {
			return false
		}
	}
	return true
}

// spillPart returns the partition of a hash.
func spillPart(h uint64, depth int) uint8 {
	return uint8(h >> (64 - spillBits*(depth+1)) & (spillParts - 1))
}

// partitionsOf writes the partitions of key rows.
func (c *keyCodec) partitionsOf(rows []uint64, depth int, part []uint8) {
	if c.single {
		for i, w := range rows {
			part[i] = spillPart(c.hashOfWord(w), depth)
		}
		return
	}
	for i := range part {
		part[i] = spillPart(rows[i*c.stride+c.words], depth)
	}
}

// partFile is rows in a temporary file, by partition. Workers write to it at once, each
// by a writer of its own.
type partFile struct {
	ex    *execution
	file  *tempFile
	types []types.Type
	mu    sync.Mutex
	parts [spillParts][]extent
	rows  [spillParts]int64
}

func newPartFile(ex *execution, ts []types.Type) (*partFile, error) {
	f, err := ex.newTempFile()
	return &partFile{ex: ex, file: f, types: ts}, err
}

// stats returns what has been written.
func (p *partFile) stats() spillStats {
	if p == nil {
		return spillStats{}
	}
	s := spillStats{bytes: p.file.end.Load()}
	for q := range p.parts {
		s.parts += int64(b2w(len(p.parts[q]) > 0))
	}
	return s
}

// partWriter gathers rows of one worker until they are worth writing.
type partWriter struct {
	to   *partFile
	w    *worker
	a    *arena.Arena
	rows *store
	part []uint8 // of each row
	most int64   // bytes of rows that wait
}

func (p *partFile) writer(w *worker) *partWriter {
	a := w.ex.newArena()
	most := min(spillBytes, max(leastSpill, w.ex.budget.Limit()/spillBytesPart/int64(w.ex.opts.Workers)))
	return &partWriter{to: p, w: w, a: a, rows: newStore(p.types, a), most: most}
}

// add takes rows idx (nil: all n) of cols; part are their partitions.
func (w *partWriter) add(cols []vec.Vec, n int, idx []int32, part []uint8) error {
	w.rows.add(nil, cols, n, idx)
	w.part = append(w.part, part...)
	if w.rows.rows >= spillRows || w.a.Size() >= w.most {
		return w.flush()
	}
	return nil
}

// flush writes the rows that wait. A nil writer has none.
func (w *partWriter) flush() error {
	if w == nil || w.rows.rows == 0 {
		return nil
	}
	if err := w.w.ex.check(); err != nil {
		return err
	}
	w.rows.seal()
	ids, at := w.byPartition()
	for q := range spillParts {
		if err := w.flushPart(q, ids[at[q]:at[q+1]]); err != nil {
			return err
		}
	}
	w.a.Free()
	w.rows, w.part = newStore(w.to.types, w.a), w.part[:0]
	return nil
}

// byPartition returns the ids of the rows, partition after partition, and where each begins.
func (w *partWriter) byPartition() (ids []rowID, at [spillParts + 1]int) {
	for _, q := range w.part {
		at[q+1]++
	}
	for q := range spillParts {
		at[q+1] += at[q]
	}
	fill := at
	ids = make([]rowID, len(w.part))
	i := 0
	for b, blk := range w.rows.blocks {
		for r := range blk.n {
			q := w.part[i]
			ids[fill[q]] = rowID(b)<<blockShift | rowID(r)
			fill[q]++
			i++
		}
	}
	return ids, at
}

func (w *partWriter) flushPart(q int, ids []rowID) error {
	for len(ids) > 0 {
		k := min(len(ids), vec.BatchRows)
		x, err := w.to.file.writeIDs(w.rows, ids[:k], w.w.scratch)
		if err != nil {
			return err
		}
		w.to.mu.Lock()
		w.to.parts[q] = append(w.to.parts[q], x)
		w.to.rows[q] += int64(k)
		w.to.mu.Unlock()
		ids = ids[k:]
	}
	return nil
}

// writeIDs writes rows of a sealed store.
func (t *tempFile) writeIDs(s *store, ids []rowID, scratch *arena.Arena) (extent, error) {
	mark := scratch.Mark()
	defer scratch.Release(mark)
	cols := make([]vec.Vec, len(s.types))
	for c := range s.types {
		cols[c] = s.gather(c, ids, false, scratch)
	}
	return t.write(cols, len(ids))
}

// replay pushes the rows of partition q to next, in the order in which they were written.
// When next needs no more, it ends without error.
func (p *partFile) replay(q int, w *worker, next pusher) error {
	err := p.file.replay(p.parts[q], p.types, w, next)
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

// replay pushes the rows of extents.
func (t *tempFile) replay(xs []extent, ts []types.Type, w *worker, next pusher) error {
	a := w.scratch
	var odd []vec.Vec
	for _, x := range xs {
		mark := a.Mark()
		cols, err := t.read(x, ts, a)
		if err == nil {
			err = pushWindows(w, &vec.Batch{N: int(x.rows), Cols: cols}, &odd, next)
		}
		a.Release(mark)
		if err != nil {
			return err
		}
	}
	return nil
}
