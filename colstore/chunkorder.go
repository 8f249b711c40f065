package colstore

import (
	"cmp"
	"slices"
	"sync"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// chunkOrders keeps the rows of a chunk in the order of keys, for those that were asked for. A chunk
// has hash indexes only; orders are made when a scan first needs one, and grow with the chunk.
type chunkOrders struct {
	mu struct {
		sync.Mutex
		list []*chunkOrder
	}
}

// chunkOrder is one order: runs of rows, each ascending by key and row, each over rows that follow
// those of the run before. Runs are never changed; neighbours of like size are merged, so a row is
// merged O(log n) times.
type chunkOrder struct {
	columns  []uint32
	versions []uint32 // of the columns' types
	rows     int      // that the runs hold
	runs     [][]uint32
}

func (o *chunkOrders) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mu.list = nil
}

// of returns runs that hold at least the first n rows of c in the order of x under definition t.
func (o *chunkOrders) of(c *chunk, t *Table, x *Index, n int) ([][]uint32, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	k := o.findLocked(t, x)
	if k.rows >= n {
		return k.runs, nil
	}
	n = int(c.rows.Load())
	cols, err := keyColumns(c, t, x, 0, n)
	if err != nil {
		return nil, err
	}
	k.runs = append(k.runs[:len(k.runs):len(k.runs)], sortedRun(cols, k.rows, n))
	for i := len(k.runs) - 1; i > 0 && len(k.runs[i-1]) < 2*len(k.runs[i]); i-- {
		k.runs = append(k.runs[:i-1:i-1], mergedRuns(cols, k.runs[i-1], k.runs[i]))
	}
	k.rows = n
	return k.runs, nil
}

func (o *chunkOrders) findLocked(t *Table, x *Index) *chunkOrder {
	k := &chunkOrder{columns: x.Columns}
	for _, id := range x.Columns {
		c, _ := t.Column(id)
		k.versions = append(k.versions, c.TypeVersion)
	}
	for _, old := range o.mu.list {
		if slices.Equal(old.columns, k.columns) && slices.Equal(old.versions, k.versions) {
			return old
		}
	}
	o.mu.list = append(o.mu.list, k)
	return k
}

// sortedRun returns the rows [from, to) by key.
func sortedRun(cols []vec.Vec, from, to int) []uint32 {
	run := make([]uint32, to-from)
	for i := range run {
		run[i] = uint32(from + i)
	}
	slices.SortFunc(run, func(a, b uint32) int { return compareRows(cols, a, b) })
	return run
}

// mergedRuns merges two runs; the rows of b follow those of a.
func mergedRuns(cols []vec.Vec, a, b []uint32) []uint32 {
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if compareRows(cols, a[0], b[0]) < 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// compareRows orders two rows by key, then by number.
func compareRows(cols []vec.Vec, a, b uint32) int {
	for c := range cols {
		x, y := valueAt(&cols[c], int(a)), valueAt(&cols[c], int(b))
		if d := compareParts(&x, &y); d != 0 {
			return d
		}
	}
	return cmp.Compare(a, b)
}

// compareParts orders two values of a key's column, a NULL behind all others.
func compareParts(a, b *types.Value) int {
	switch {
	case a.Valid && b.Valid:
		return types.CompareStored(*a, *b)
	case a.Valid:
		return -1
	case b.Valid:
		return 1
	}
	return 0
}
