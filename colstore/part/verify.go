package part

import (
	"cmp"
	"errors"
	"slices"

	"driftdb/internal/vec"
)

// Verify reads every byte and checks all that can be: checksums, encodings, padding,
// statistics, and that the indexes are in order and complete. All that is wrong is joined.
func (p *Part) Verify() error {
	errs := []error{p.verifyMetas(), p.verifyGaps()}
	for pos := range p.specs {
		if p.footer.columns[pos].form.enc.coded() {
			_, err := p.dictionary(pos)
			errs = append(errs, err)
		}
		for g := range p.Groups() {
			errs = append(errs, p.verifyChunk(g, pos))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err // the indexes cannot be compared with damaged columns
	}
	for i := range p.indexes {
		errs = append(errs, p.indexes[i].verify())
	}
	return errors.Join(errs...)
}

// verifyMetas checks the Arrow metadata.
func (p *Part) verifyMetas() error {
	if string(p.img[:len(arrowMagic)]) != string(arrowMagic) {
		return p.corrupt(0, "the image does not begin with the Arrow magic")
	}
	for _, m := range p.footer.metas {
		if checksum(p.img[m.off:m.off+int64(m.len)]) != m.crc {
			return p.corrupt(m.off, "the checksum of %d bytes of Arrow metadata is wrong", m.len)
		}
	}
	return nil
}

// piece is a range of bytes of an image that something says the meaning of.
type piece struct{ off, size int64 }

// verifyGaps checks that every byte of the image belongs to something or is zero.
func (p *Part) verifyGaps() error {
	end := int64(0)
	for _, x := range p.pieces() {
		for i := end; i < x.off; i++ {
			if p.img[i] != 0 {
				return p.corrupt(i, "a byte that belongs to nothing is %#x, not zero", p.img[i])
			}
		}
		end = max(end, x.off+x.size)
	}
	return nil
}

// pieces returns everything the footers know of, ascending; the end of the image is in the last.
func (p *Part) pieces() []piece {
	f, t := p.footer, p.trailer
	tail := trailerSize + int64(t.arrowLen) + endSize
	all := []piece{{0, int64(len(arrowMagic))}, {f.runs.off, int64(f.runs.size())},
		{t.footerOff, int64(t.footerLen)}, {t.length - tail, tail}}
	for _, m := range f.metas {
		all = append(all, piece{m.off, int64(m.len)})
	}
	for i := range f.columns {
		if c := &f.columns[i]; c.form.enc.coded() {
			all = append(all, piece{c.dict.off, int64(c.dict.size())})
		}
	}
	for i := range f.chunks {
		g, pos := i/len(p.specs), i%len(p.specs)
		if f.columns[pos].form.enc != AllNull {
			all = append(all, piece{f.chunks[i].off, int64(paddedSum(f.storedSizes(g, pos)))})
		}
	}
	for i := range f.indexes {
		all = append(all, piece{f.indexes[i].off, int64(f.indexes[i].size())})
	}
	slices.SortFunc(all, func(a, b piece) int { return cmp.Compare(a.off, b.off) })
	return all
}

// verifyChunk reads a chunk from the image and compares it with its statistics.
func (p *Part) verifyChunk(g, pos int) error {
	m := &p.footer.chunks[g*len(p.specs)+pos]
	if p.footer.columns[pos].form.enc == AllNull {
		return nil
	}
	v, _, err := p.loadChunk(g, pos, m)
	if err != nil {
		return err
	}
	if v.Valid != nil && v.N-countOnes(v.Valid, v.N) != m.stats.Nulls {
		return p.corrupt(m.off, "column %d, group %d: %d NULLs, the footer says %d", p.specs[pos].ID, g,
			v.N-countOnes(v.Valid, v.N), m.stats.Nulls)
	}
	if v.Form == vec.Packed {
		v.Unpack(vec.BytesOf(make([]uint64, (v.UnpackedSize()+7)/8)))
	}
	if i, ok := outsideBounds(v, &m.stats); ok {
		return p.corrupt(m.off, "column %d, group %d: row %d is not within the bounds or the order the footer says", p.specs[pos].ID, g, i)
	}
	return nil
}

// outsideBounds returns the first row that contradicts the statistics.
func outsideBounds(v *vec.Vec, s *Stats) (int, bool) {
	for i := range v.N {
		if v.IsNull(i) {
			continue
		}
		if s.Valid && compareRow(&s.Min, v, i) > 0 || s.Sorted && i > 0 && compareRows(v, i-1, v, i) > 0 {
			return i, true
		}
		if s.Valid && compareRow(&s.Max, v, i) < 0 && !(s.HasNaN && v.Float(i) != v.Float(i)) {
			return i, true
		}
	}
	return 0, false
}

// verify checks that the index names every row once, in key order, and that the directory and the
// filter find each.
func (x *Index) verify() error {
	if err := x.reg.touch(0, len(x.reg.data)); err != nil {
		return err
	}
	seen := make([]uint64, vec.Words(x.meta.rows)+1)
	key := keyOf(x)
	for i := range x.meta.rows {
		row, err := x.rowAt(i)
		if err != nil {
			return err
		}
		if bit(seen, int(row)) {
			return x.corrupt("a row is named twice")
		}
		seen[row>>6] |= 1 << (row & 63)
		if i > 0 {
			if d, err := x.compare(key.values, row); err != nil || d > 0 {
				return errors.Join(err, x.corrupt("rows are not in key order"))
			}
		}
		if err := key.load(row); err != nil {
			return err
		}
		lo, hi, _, err := x.bracket(key.values)
		if err != nil {
			return err
		}
		if i < lo || i >= hi || !key.null && len(x.filter) > 0 && !x.MayContainHash(HashKey(key.values)) {
			return x.corrupt("the directory or the filter misses a row")
		}
	}
	return nil
}
