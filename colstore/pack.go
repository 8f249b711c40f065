package colstore

import (
	"context"
	"slices"

	"driftdb/colstore/part"
	"driftdb/internal/vec"
)

// packWriter writes the one new file of a checkpoint or vacuum. The file is made when the
// first image comes.
type packWriter struct {
	db    *DB
	ctx   context.Context // of the job, which ends with it
	file  *partFile
	off   int64
	bytes int64 // of images
}

const (
	partAlign   = 4096 // so that a part's pages are its own
	deathsAlign = 64
)

// Write appends to the file.
func (w *packWriter) Write(p []byte) (int, error) {
	n, err := w.file.buf.Write(p)
	w.off += int64(n)
	return n, err
}

// align makes the file if need be, and goes to a multiple of n.
func (w *packWriter) align(n int64) (err error) {
	if w.file == nil {
		if w.file, err = w.db.createFile(packFile); err != nil {
			return err
		}
	}
	if rest := w.off % n; rest != 0 {
		_, err = w.Write(make([]byte, n-rest))
	}
	return err
}

// deaths writes an image of deaths and notes its place. No deaths take no image.
func (w *packWriter) deaths(p *partPlace, rows int, list []part.Death) error {
	p.deathsFile, p.deathsOffset, p.deathsLength = fileRef{}, 0, 0
	if len(list) == 0 {
		return nil
	}
	image, err := part.EncodeDeaths(rows, list)
	if err != nil {
		return err
	}
	if err := w.align(deathsAlign); err != nil {
		return err
	}
	p.deathsFile, p.deathsOffset, p.deathsLength = w.file.ref, w.off, int64(len(image))
	w.bytes += int64(len(image))
	_, err = w.Write(image)
	return err
}

func (w *packWriter) finish() error {
	if w.file == nil {
		return nil
	}
	return w.file.finish(w.db)
}

func (w *packWriter) abandon() {
	if w.file != nil {
		w.file.abandon(w.db)
	}
}

// partSink writes rows as parts of one kind: all alive, or all dead.
type partSink struct {
	pack     *packWriter
	columns  []part.ColumnSpec
	indexes  []part.IndexSpec
	compress bool
	writer   *part.Writer
	rows     int
	deaths   []part.Death
	parts    []manifestPart
	counts   []int // rows of parts
}

// piece is rows of one row group on their way into parts, in table-independent form.
type piece struct {
	cols   []vec.Vec // in the order of the sink's columns
	rids   []uint64
	births []uint64
	ends   []uint64 // LiveSeq for none that is kept
}

// add appends the picked rows, which ascend.
func (s *partSink) add(p *piece, picked []int32) error {
	limit := s.pack.db.opts.PartRows
	for len(picked) > 0 {
		if s.writer != nil && (s.rows >= limit || s.writer.Full()) {
			if err := s.finish(); err != nil {
				return err
			}
		}
		if err := s.begin(); err != nil {
			return err
		}
		n := min(len(picked), limit-s.rows, s.writer.Room())
		if err := s.append(p, picked[:n]); err != nil {
			return err
		}
		picked = picked[n:]
	}
	return nil
}

func (s *partSink) begin() (err error) {
	if s.writer != nil {
		return nil
	}
	s.rows, s.deaths = 0, nil
	s.writer, err = part.NewWriter(s.pack, part.WriteOptions{Columns: s.columns, Indexes: s.indexes,
		GroupRows: s.pack.db.opts.GroupRows, Workers: s.pack.db.opts.Workers, Compress: s.compress,
		Stop: func() error { return orCanceled(s.pack.ctx, nil) }})
	return err
}

func (s *partSink) append(p *piece, picked []int32) error {
	sel := make([]uint64, vec.Words(len(p.rids)))
	var runs []part.Run
	for i, row := range picked {
		sel[row>>6] |= 1 << (uint(row) & 63)
		rid, seq := p.rids[row], p.births[row]
		if n := len(runs); n > 0 {
			last := &runs[n-1]
			past := uint64(uint32(i) - last.Row)
			if last.RID+past == rid && last.Seq+past == seq {
				goto known
			}
		}
		runs = append(runs, part.Run{Row: uint32(i), RID: rid, Seq: seq})
	known:
		if end := p.ends[row]; end != LiveSeq {
			s.deaths = append(s.deaths, part.Death{Seq: end, Row: uint32(s.rows + i)})
		}
	}
	s.rows += len(picked)
	return s.writer.Append(p.cols, sel, runs)
}

// finish ends the part that is open, if there is one.
func (s *partSink) finish() error {
	if s.writer == nil {
		return nil
	}
	defer s.close()
	if err := s.pack.align(partAlign); err != nil {
		return err
	}
	m := manifestPart{}
	m.id = s.pack.db.manifest.newPartID()
	m.file, m.offset = s.pack.file.ref, s.pack.off
	info, err := s.writer.Finish()
	if err != nil {
		return err
	}
	m.length = info.Bytes
	s.pack.bytes += info.Bytes
	if err := s.pack.deaths(&m.partPlace, s.rows, s.deaths); err != nil {
		return err
	}
	s.parts, s.counts = append(s.parts, m), append(s.counts, s.rows)
	return nil
}

func (s *partSink) close() {
	if s.writer != nil {
		s.writer.Close()
		s.writer = nil
	}
}

// indexSpecs are the indexes that a part with these columns can have under a definition.
func indexSpecs(t *Table, columns []part.ColumnSpec) (specs []part.IndexSpec) {
	for _, x := range t.Keys() {
		if slices.ContainsFunc(x.Columns, func(id uint32) bool { return !holds(columns, t, id) }) {
			continue
		}
		specs = append(specs, part.IndexSpec{ID: x.ID, Columns: x.Columns})
	}
	return specs
}

// holds reports whether the columns have a column of t with its present type.
func holds(columns []part.ColumnSpec, t *Table, id uint32) bool {
	c, ok := t.Column(id)
	return ok && slices.ContainsFunc(columns, func(s part.ColumnSpec) bool {
		return s.ID == id && s.TypeVersion == c.TypeVersion
	})
}

// columnsOf are the columns that a rowset stores.
func columnsOf(rs rowset) []part.ColumnSpec {
	if p, ok := rs.(*storedPart); ok {
		return p.Columns()
	}
	return partColumns(rs.(*chunk).table)
}

// unite returns the columns of a and b, or false when a column has different types in them.
func unite(a, b []part.ColumnSpec) ([]part.ColumnSpec, bool) {
	all := slices.Clone(a)
	for _, c := range b {
		i := slices.IndexFunc(a, func(o part.ColumnSpec) bool { return o.ID == c.ID })
		if i < 0 {
			all = append(all, c)
		} else if a[i].TypeVersion != c.TypeVersion {
			return nil, false
		}
	}
	slices.SortFunc(all, func(x, y part.ColumnSpec) int { return int(x.ID) - int(y.ID) })
	return all, len(all) <= part.MaxColumns
}
