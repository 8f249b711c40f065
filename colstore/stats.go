package colstore

import (
	"sync"

	"driftdb/colstore/part"
	"driftdb/internal/types"
	"driftdb/internal/vfs"
)

// Stats returns statistics for the optimizer. Rows is exact; a table that cannot be read has none.
func (v *View) Stats(t *Table) TableStats {
	out := TableStats{Columns: make(map[uint32]ColumnStats, len(t.Columns))}
	st, err := v.db.store(t.ID)
	if err == nil && v.own != nil {
		err = v.own.err
	}
	if err != nil {
		out.Err = err
		return out
	}
	s := st.pinned()
	defer s.unpin()
	err = vfs.Guard(func() error {
		var err error
		if out.Rows, err = v.countRows(t, s); err != nil {
			return err
		}
		var own []rowset
		if o := v.own.of(t.ID); o != nil {
			own = o.sets
		}
		for i := range t.Columns {
			c := &t.Columns[i]
			out.Columns[c.ID] = s.columnStats(c, own, out.Rows)
		}
		return nil
	})
	if err != nil {
		return TableStats{Columns: map[uint32]ColumnStats{}, Err: err}
	}
	return out
}

// countRows counts the rows that the view sees.
func (v *View) countRows(t *Table, s *state) (n int64, err error) {
	for _, rs := range s.sets {
		dead, err := rs.deaths().CountBy(v.point.Seq)
		if err != nil {
			return 0, err
		}
		n += int64(rs.bornBy(v.point.Seq) - dead)
	}
	if own := v.own.of(t.ID); own != nil {
		for _, rs := range own.sets {
			n += int64(rs.bornBy(v.own.seq))
		}
		n -= int64(v.own.count(own))
	}
	return n, nil
}

// summary is what is known of one column over several rowsets.
type summary struct {
	low, high types.Value
	known     bool // low and high bound all values
	sorted    bool
	nulls     int64
	rows      int64
	sketch    []byte
	distinct  int64 // estimate from the sketch
	sampled   int64 // estimate of distinct values in chunks
}

// manyChunks is how many chunks of a transaction's own rows are not looked at for statistics.
const manyChunks = 64

// columnStats joins the statistics of the parts, which are kept with the state, of the tail, and
// of a transaction's own rows.
func (s *state) columnStats(c *Column, own []rowset, rows int64) ColumnStats {
	sum := s.partSummary(c)
	for _, rs := range s.sets {
		if ch, ok := rs.(*chunk); ok {
			sum.addChunk(ch, c)
		}
	}
	for _, rs := range own {
		ch, ok := rs.(*chunk)
		if !ok || len(own) > manyChunks {
			sum.known, sum.sorted = false, false
			break
		}
		sum.addChunk(ch, c)
	}
	out := ColumnStats{Min: types.NullOf(c.Type), Max: types.NullOf(c.Type), Nulls: sum.nulls, Sorted: sum.sorted && sum.rows > 0}
	if sum.known && sum.low.Valid {
		out.Min, out.Max = sum.low, sum.high
	}
	out.Distinct = sum.sampled + sum.distinct
	out.Distinct = max(min(out.Distinct, rows), min(rows, 1))
	return out
}

// partSummaries caches the summaries of a state's parts by column and type version.
type partSummaries struct {
	mu   sync.Mutex
	cols map[[2]uint32]summary
}

func (s *state) partSummary(c *Column) summary {
	s.summaries.mu.Lock()
	defer s.summaries.mu.Unlock()
	key := [2]uint32{c.ID, c.TypeVersion}
	if sum, ok := s.summaries.cols[key]; ok {
		return sum
	}
	sum := summary{known: true, sorted: true}
	for _, rs := range s.sets {
		if p, ok := rs.(*storedPart); ok {
			sum.addPart(p, c)
		}
	}
	if sum.sketch != nil {
		sum.distinct = int64(part.SketchDistinct(sum.sketch))
	}
	if s.summaries.cols == nil {
		s.summaries.cols = map[[2]uint32]summary{}
	}
	s.summaries.cols[key] = sum
	return sum
}

func (sum *summary) addPart(p *storedPart, c *Column) {
	rows := int64(p.Rows())
	sum.rows += rows
	pos, ok := p.Column(c.ID)
	if !ok {
		sum.addMissing(c, rows)
		return
	}
	st := p.ColumnStats(pos)
	sum.nulls += int64(st.Nulls)
	if p.Columns()[pos].TypeVersion != c.TypeVersion {
		sum.known, sum.sorted = false, false
		sum.sampled += int64(st.Distinct)
		return
	}
	sum.sorted = sum.sorted && st.Sorted && (!sum.low.Valid || st.Valid && types.CompareStored(sum.high, st.Min) <= 0)
	sum.known = sum.known && !st.HasNaN
	if st.Valid {
		sum.widen(st.Min)
		sum.widen(st.Max)
	}
	sum.sketch = part.MergeSketch(sum.sketch, p.Sketch(pos))
}

func (sum *summary) addMissing(c *Column, rows int64) {
	sum.sorted = false
	if !c.Missing.Valid {
		sum.nulls += rows
		return
	}
	sum.widen(c.Missing)
	sum.sampled++
}

func (sum *summary) widen(v types.Value) {
	if !sum.low.Valid || types.CompareStored(v, sum.low) < 0 {
		sum.low = v
	}
	if !sum.high.Valid || types.CompareStored(v, sum.high) > 0 {
		sum.high = v
	}
}

func (sum *summary) addChunk(ch *chunk, c *Column) {
	rows := ch.rows.Load()
	if rows == 0 {
		return
	}
	sum.rows += rows
	pos := positions(ch.table, []uint32{c.ID})[0]
	if pos < 0 {
		sum.addMissing(c, rows)
		return
	}
	if ch.table.Columns[pos].TypeVersion != c.TypeVersion {
		sum.known, sum.sorted = false, false
		sum.sampled += rows
		return
	}
	k := ch.known(pos, int(rows))
	sum.nulls += int64(k.nulls)
	sum.known = sum.known && !k.nan
	sum.sorted = sum.sorted && k.sorted && (!sum.low.Valid || k.low.Valid && types.CompareStored(sum.high, k.low) <= 0)
	if k.low.Valid {
		sum.widen(k.low)
		sum.widen(k.high)
	}
	sum.sampled += k.distinct
}

// knownColumn is what is known of the first rows of a chunk's column. It grows with the chunk.
type knownColumn struct {
	rows      int
	nulls     int
	nan       bool
	sorted    bool
	low, high types.Value
	last      types.Value
	sample    map[uint64]struct{} // hashes of the first values; under chunk.knownMu
	sampled   int
	distinct  int64 // estimate, in the copies that known returns
}

const sampleRows = 1024

// known returns the statistics of a column over the first rows, and keeps them.
func (c *chunk) known(pos, rows int) knownColumn {
	c.knownMu.Lock()
	defer c.knownMu.Unlock()
	if c.knownCols == nil {
		c.knownCols = make([]knownColumn, len(c.cols))
		for i := range c.knownCols {
			c.knownCols[i] = knownColumn{sorted: true, sample: map[uint64]struct{}{}}
		}
	}
	k := &c.knownCols[pos]
	for ; k.rows < rows; k.rows++ {
		k.add(c.cols[pos].value(k.rows))
	}
	known := *k
	known.distinct = k.estimate()
	return known
}

func (k *knownColumn) add(v types.Value) {
	if !v.Valid {
		k.nulls++
		k.sorted = false
		return
	}
	if v.F != v.F {
		k.nan, k.sorted = true, false
		return
	}
	k.sorted = k.sorted && (!k.last.Valid || types.CompareStored(k.last, v) <= 0)
	k.last = v
	if !k.low.Valid || types.CompareStored(v, k.low) < 0 {
		k.low = v
	}
	if !k.high.Valid || types.CompareStored(v, k.high) > 0 {
		k.high = v
	}
	if k.sampled < sampleRows {
		k.sampled++
		k.sample[part.HashKey([]types.Value{v})] = struct{}{}
	}
}

// estimate returns about the number of distinct values from the first ones.
func (k *knownColumn) estimate() int64 {
	n, d := int64(k.rows-k.nulls), int64(len(k.sample))
	if k.sampled == 0 || int64(k.sampled) == n || d < int64(k.sampled)/4 {
		return d
	}
	return n * d / int64(k.sampled)
}
