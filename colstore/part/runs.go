package part

import (
	"encoding/binary"
	"math"
	"sort"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
)

// runList gathers the run table of a part that is being written.
type runList struct {
	runs []Run
	next Run // what the next row gets unless it is told otherwise
}

// add numbers n more rows, from row on, by runs (nil: go on from the row before).
func (l *runList) add(row, n int, runs []Run) error {
	if n == 0 {
		return nil
	}
	if len(runs) == 0 {
		runs = []Run{{RID: l.next.RID, Seq: l.next.Seq}}
	}
	if runs[0].Row != 0 {
		return dberr.Bug("part: the first run begins at row %d", runs[0].Row)
	}
	for i, r := range runs {
		end := uint32(n)
		if i+1 < len(runs) {
			end = runs[i+1].Row
		}
		if end <= r.Row || end > uint32(n) {
			return dberr.Bug("part: run %d of rows [%d, %d) in %d rows", i, r.Row, end, n)
		}
		if err := l.addRun(Run{Row: uint32(row) + r.Row, RID: r.RID, Seq: r.Seq}, uint64(end-r.Row)); err != nil {
			return err
		}
	}
	return nil
}

func (l *runList) addRun(r Run, n uint64) error {
	if r.RID < l.next.RID || r.Seq < l.next.Seq {
		return dberr.Bug("part: rid %d, seq %d after rid %d, seq %d", r.RID, r.Seq, l.next.RID-1, l.next.Seq-1)
	}
	if r.RID > math.MaxUint64-n || r.Seq > math.MaxUint64-n {
		return dberr.Bug("part: rid %d or seq %d is too great", r.RID, r.Seq)
	}
	if len(l.runs) == 0 || r.RID != l.next.RID || r.Seq != l.next.Seq {
		l.runs = append(l.runs, r)
	}
	l.next = Run{RID: r.RID + n, Seq: r.Seq + n}
	return nil
}

// encode returns the run table and the bytes of a rid or seq in it.
func (l *runList) encode() (data []byte, width int) {
	width = 4
	if n := len(l.runs); n > 0 && (l.runs[n-1].RID > math.MaxUint32 || l.runs[n-1].Seq > math.MaxUint32) {
		width = 8
	}
	var w binfmt.Writer
	put := func(v uint64) {
		if width == 4 {
			w.U32(uint32(v))
		} else {
			w.U64(v)
		}
	}
	for _, r := range l.runs {
		w.U32(r.Row)
	}
	w.Align(alignment)
	for _, r := range l.runs {
		put(r.RID)
	}
	w.Align(alignment)
	for _, r := range l.runs {
		put(r.Seq)
	}
	w.Align(alignment)
	return w.B, width
}

func (r *runsRef) size() int { return padded(4*r.count) + 2*padded(r.width*r.count) }

func (r *runsRef) check(rd *binfmt.Reader, rows int, limit int64) {
	rd.Check(r.count <= rows && (r.count > 0) == (rows > 0), "%d runs for %d rows", r.count, rows)
	rd.Check(r.width == 4 || r.width == 8, "run numbers of %d bytes", r.width)
	checkRange(rd, r.off, int64(r.size()), limit)
}

// births answers by run table: which row has which rid and was born at which seq.
type births struct {
	rows    int
	baseRID uint64
	baseSeq uint64
	count   int
	width   int
	starts  []byte // uint32 each
	rids    []byte // width bytes each
	seqs    []byte
}

// openBirths reads a run table whose checksum is known good, and checks its order (P4).
func openBirths(data []byte, ref runsRef, rows int, loc Location) (births, string) {
	a, b := padded(4*ref.count), padded(ref.width*ref.count)
	t := births{
		rows: rows, baseRID: loc.BaseRID, baseSeq: loc.BaseSeq, count: ref.count, width: ref.width,
		starts: data[:a], rids: data[a : a+b], seqs: data[a+b:],
	}
	for i := range t.count {
		start, end := t.start(i), t.end(i)
		rid, seq, n := t.number(t.rids, i), t.number(t.seqs, i), uint64(end-start)
		switch {
		case i == 0 && start != 0, end <= start, end > rows:
			return t, "runs are not in the order of rows"
		case i > 0 && (rid < t.number(t.rids, i-1)+uint64(start-t.start(i-1)) ||
			seq < t.number(t.seqs, i-1)+uint64(start-t.start(i-1))):
			return t, "rids or births do not ascend"
		case rid > math.MaxUint64-n-t.baseRID || seq > math.MaxUint64-n-t.baseSeq:
			return t, "a rid or birth is too great"
		}
	}
	return t, ""
}

// start returns the first row of a run, end the row behind its last.
func (t *births) start(i int) int { return int(binary.LittleEndian.Uint32(t.starts[4*i:])) }

func (t *births) end(i int) int {
	if i+1 < t.count {
		return t.start(i + 1)
	}
	return t.rows
}

func (t *births) number(b []byte, i int) uint64 {
	if t.width == 4 {
		return uint64(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return binary.LittleEndian.Uint64(b[8*i:])
}

func (t *births) rid(i int) uint64 { return t.baseRID + t.number(t.rids, i) }

func (t *births) seq(i int) uint64 { return t.baseSeq + t.number(t.seqs, i) }

// runOf returns the run of a row.
func (t *births) runOf(row int) int {
	if t.count == 1 {
		return 0
	}
	return sort.Search(t.count, func(i int) bool { return t.start(i) > row }) - 1
}

func (t *births) bornBy(seq uint64) int {
	i := sort.Search(t.count, func(i int) bool { return t.seq(i) > seq }) - 1
	if i < 0 {
		return 0
	}
	return min(t.end(i), t.start(i)+int(min(seq-t.seq(i), MaxRows))+1)
}

func (t *births) rowOf(rid uint64) (uint32, bool) {
	i := sort.Search(t.count, func(i int) bool { return t.rid(i) > rid }) - 1
	if i < 0 || rid-t.rid(i) >= uint64(t.end(i)-t.start(i)) {
		return 0, false
	}
	return uint32(t.start(i)) + uint32(rid-t.rid(i)), true
}

// fill sets dst to the numbers of the rows from row on, given the number of each run's first row.
func (t *births) fill(dst []uint64, row int, first func(run int) uint64) {
	for i := t.runOf(row); len(dst) > 0; i++ {
		n := min(t.end(i)-row, len(dst))
		v := first(i) + uint64(row-t.start(i))
		for k := range dst[:n] {
			dst[k] = v + uint64(k)
		}
		dst, row = dst[n:], row+n
	}
}

// FirstRID returns the rid of the first row, 0 in an empty part.
func (p *Part) FirstRID() uint64 { return p.edge(p.births.rid, 0) }

// LastRID returns the rid of the last row, 0 in an empty part.
func (p *Part) LastRID() uint64 { return p.edge(p.births.rid, p.births.rows-1) }

// FirstSeq returns the birth of the first row, 0 in an empty part.
func (p *Part) FirstSeq() uint64 { return p.edge(p.births.seq, 0) }

// LastSeq returns the birth of the last row, 0 in an empty part.
func (p *Part) LastSeq() uint64 { return p.edge(p.births.seq, p.births.rows-1) }

func (p *Part) edge(first func(run int) uint64, row int) uint64 {
	if p.births.rows == 0 {
		return 0
	}
	i := p.births.runOf(row)
	return first(i) + uint64(row-p.births.start(i))
}

// RowsBornBy returns how many rows were born at or before seq; they are a prefix.
func (p *Part) RowsBornBy(seq uint64) int { return p.births.bornBy(seq) }

// SeqOf returns the birth of a row, which must be less than Rows.
func (p *Part) SeqOf(row uint32) uint64 { return p.edge(p.births.seq, int(row)) }

// RIDOf returns the rid of a row, which must be less than Rows.
func (p *Part) RIDOf(row uint32) uint64 { return p.edge(p.births.rid, int(row)) }

// RowOfRID returns the row with a rid.
func (p *Part) RowOfRID(rid uint64) (row uint32, ok bool) { return p.births.rowOf(rid) }

// FillRIDs sets dst to the rids of the rows from row on, all of which exist.
func (p *Part) FillRIDs(dst []uint64, row int) { p.births.fill(dst, row, p.births.rid) }

// FillSeqs sets dst to the births of the rows from row on, all of which exist.
func (p *Part) FillSeqs(dst []uint64, row int) { p.births.fill(dst, row, p.births.seq) }

// Runs returns the run table with absolute rids and seqs. It allocates.
func (p *Part) Runs() []Run {
	runs := make([]Run, p.births.count)
	for i := range runs {
		runs[i] = Run{Row: uint32(p.births.start(i)), RID: p.births.rid(i), Seq: p.births.seq(i)}
	}
	return runs
}
