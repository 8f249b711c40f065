package part

import (
	"io"
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/fork"
	"driftdb/internal/vec"
)

// forkRows is how many rows must be appended at once for their columns to be worth several goroutines.
const forkRows = 1024

// Writer writes one part. It buffers the part's columns, encoded group by group, until
// Finish. It is not synchronised. After an error only Close may be called.
type Writer struct {
	out    io.Writer
	opt    WriteOptions
	mem    *sharedArena
	cols   []*columnWriter
	births runList
	rows   int
	idx    []int32 // reused
	ended  bool
}

// NewWriter returns a writer of one part to w.
func NewWriter(w io.Writer, opt WriteOptions) (*Writer, error) {
	if opt.GroupRows == 0 {
		opt.GroupRows = MaxGroupRows
	}
	if opt.Stop == nil {
		opt.Stop = func() error { return nil }
	}
	if err := opt.check(); err != nil {
		return nil, err
	}
	wr := &Writer{out: w, opt: opt, mem: newSharedArena()}
	for _, spec := range opt.Columns {
		c := newColumnWriter(spec, wr.mem)
		c.mayPack = opt.mayPack(spec.ID)
		wr.cols = append(wr.cols, c)
	}
	return wr, nil
}

// mayPack reports whether a column may be packed: not where zstd does better, nor where an index looks for
// single rows.
func (opt *WriteOptions) mayPack(column uint32) bool {
	return !opt.Compress && !slices.ContainsFunc(opt.Indexes, func(x IndexSpec) bool { return slices.Contains(x.Columns, column) })
}

func (opt *WriteOptions) check() error {
	switch {
	case !validGroupRows(opt.GroupRows):
		return dberr.Bug("part: row groups of %d rows", opt.GroupRows)
	case len(opt.Columns) == 0 || len(opt.Columns) > MaxColumns:
		return dberr.Newf(dberr.TooManyColumns, "a part has 1 to %d columns, not %d", MaxColumns, len(opt.Columns))
	case len(opt.Indexes) > MaxIndexes:
		return dberr.Newf(dberr.ProgramLimitExceeded, "a part has at most %d indexes, not %d", MaxIndexes, len(opt.Indexes))
	}
	seen := map[uint32]bool{}
	for _, c := range opt.Columns {
		if seen[c.ID] || len(c.Name) > maxNameBytes || !c.Type.ID.Known() {
			return dberr.Bug("part: column %d twice, or its name or type cannot be stored", c.ID)
		}
		seen[c.ID] = true
	}
	ids := map[uint32]bool{}
	for _, x := range opt.Indexes {
		if ids[x.ID] || len(x.Columns) == 0 || len(x.Columns) > MaxKeyColumns {
			return dberr.Bug("part: index %d twice, or of %d columns", x.ID, len(x.Columns))
		}
		ids[x.ID] = true
		for _, id := range x.Columns {
			if !seen[id] {
				return dberr.Bug("part: index %d is over column %d, which is not there", x.ID, id)
			}
		}
	}
	return nil
}

// Append adds the rows of cols, in the order of WriteOptions.Columns, that sel selects (nil:
// all). Every vector has the same N and its column's class, in any form; nothing is kept of
// them. runs numbers the selected rows: Run.Row counts from the first of them, and the first
// run has Row 0. rids and seqs must ascend over the whole part. With nil runs the numbers go
// on from the row before (from 0 for the first row).
func (w *Writer) Append(cols []vec.Vec, sel []uint64, runs []Run) (err error) {
	defer arena.Recover(&err)
	if w.ended || len(cols) != len(w.cols) {
		return dberr.Bug("part: %d columns appended to a part of %d, or after its end", len(cols), len(w.cols))
	}
	r := rows{n: cols[0].N}
	for i := range cols {
		if cols[i].N != r.n {
			return dberr.Bug("part: column %d has %d rows, the first %d", i, cols[i].N, r.n)
		}
	}
	if sel != nil {
		w.idx = selected(w.idx[:0], sel, r.n)
		r = rows{n: len(w.idx), idx: w.idx}
	}
	if w.rows+r.n > MaxRows {
		return dberr.Bug("part: more than %d rows", MaxRows)
	}
	if err := w.births.add(w.rows, r.n, runs); err != nil {
		return err
	}
	for r.n > 0 {
		var head rows
		head, r = r.split(min(r.n, w.opt.GroupRows-w.cols[0].n))
		if err := w.appendGroup(cols, head); err != nil {
			return err
		}
	}
	return nil
}

// appendGroup adds rows that fit into the current group.
func (w *Writer) appendGroup(cols []vec.Vec, r rows) error {
	workers, full := w.opt.Workers, w.cols[0].n+r.n == w.opt.GroupRows
	if r.n < forkRows && !full {
		workers = 1
	}
	w.rows += r.n
	return fork.Each(workers, len(w.cols), func(i int) error {
		err := w.cols[i].append(&cols[i], r)
		if err == nil && full {
			w.cols[i].endGroup()
		}
		return err
	})
}

func (w *Writer) endGroup() error {
	return fork.Each(w.opt.Workers, len(w.cols), func(i int) error {
		w.cols[i].endGroup()
		return nil
	})
}

// Rows returns the number of rows appended.
func (w *Writer) Rows() int { return w.rows }

// Room returns how many more rows fit.
func (w *Writer) Room() int { return MaxRows - w.rows }

// Full reports whether the part has MaxRows rows or so many bytes that it should be finished.
func (w *Writer) Full() bool { return w.rows == MaxRows || w.Buffered() >= fullBytes }

// Buffered returns the bytes of memory the writer holds.
func (w *Writer) Buffered() int64 { return w.mem.arena.Size() }

// Finish encodes the part, writes it to w in order and ends the writer. The caller makes it
// durable. In the file the image must begin at a multiple of 64 bytes.
func (w *Writer) Finish() (info Info, err error) {
	defer arena.Recover(&err)
	if w.ended {
		return Info{}, dberr.Bug("part: finished twice")
	}
	w.ended = true
	if w.cols[0].n > 0 {
		if err := w.endGroup(); err != nil {
			return Info{}, err
		}
	}
	img := newImage(w)
	if err := img.write(); err != nil {
		return Info{}, err
	}
	return img.info(), nil
}

// Close gives the memory back; it may be called at any time, and after Finish.
func (w *Writer) Close() {
	w.ended = true
	w.cols = nil
	w.mem.arena.Free()
}
