package part

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"driftdb/internal/types"
)

// Dump writes an annotated account of the image: every piece with its offset, size and
// checksum, in the order of doc.go. It reads the footers and the run table only.
func (p *Part) Dump(w io.Writer) error {
	b := bufio.NewWriter(w)
	f := p.footer
	fmt.Fprintf(b, "part of %d bytes: %d rows in %d groups of %d, compressed %t, check %016x\n",
		len(p.img), f.rows, f.groups(), f.groupRows, f.compressed, p.check)
	fmt.Fprintf(b, "%8d %+8d  Arrow magic\n", 0, len(arrowMagic))
	for i, m := range f.metas {
		fmt.Fprintf(b, "%8d %+8d  Arrow metadata %d, crc %08x\n", m.off, m.len, i, m.crc)
	}
	for pos := range p.specs {
		p.dumpColumn(b, pos)
	}
	fmt.Fprintf(b, "%8d %+8d  run table, crc %08x: %d runs with numbers of %d bytes\n",
		f.runs.off, f.runs.size(), f.runs.crc, f.runs.count, f.runs.width)
	for _, r := range p.Runs() {
		fmt.Fprintf(b, "%19s  row %d: rid %d, seq %d\n", "", r.Row, r.RID, r.Seq)
	}
	for i := range p.indexes {
		p.indexes[i].dump(b)
	}
	t := p.trailer
	at := t.length - endSize - int64(t.arrowLen) - trailerSize
	fmt.Fprintf(b, "%8d %+8d  part footer, crc %08x\n", t.footerOff, t.footerLen, t.footerCRC)
	fmt.Fprintf(b, "%8d %+8d  trailer: %s\n", at, trailerSize, trailerMagic)
	fmt.Fprintf(b, "%8d %+8d  Arrow footer, crc %08x\n", at+trailerSize, t.arrowLen, t.arrowCRC)
	fmt.Fprintf(b, "%8d %+8d  Arrow footer's length, magic\n", t.length-endSize, endSize)
	return b.Flush()
}

func (p *Part) dumpColumn(w io.Writer, pos int) {
	c := &p.footer.columns[pos]
	fmt.Fprintf(w, "column %d %q version %d: %s, %s", c.spec.ID, c.spec.Name, c.spec.TypeVersion, c.spec.Type, c.form.enc)
	if c.form.width > 0 {
		fmt.Fprintf(w, " of %d bytes, base %d", c.form.width, c.form.base)
	}
	fmt.Fprintf(w, ", about %d distinct\n", p.ColumnStats(pos).Distinct)
	if c.form.enc.coded() {
		fmt.Fprintf(w, "%8d %+8d  dictionary, crc %08x: %d values in %d bytes\n",
			c.dict.off, c.dict.size(), c.dict.crc, c.dict.values, c.dict.heap)
	}
	for g := range p.Groups() {
		m := &p.footer.chunks[g*len(p.specs)+pos]
		if c.form.enc != AllNull {
			fmt.Fprintf(w, "%8d %+8d  group %d, crc %08x, buffers %v: %s\n", m.off,
				paddedSum(p.footer.storedSizes(g, pos)), g, m.crc, p.footer.storedSizes(g, pos), m.stats.String())
			if c.form.enc.packed() {
				fmt.Fprintf(w, "%19s%d bits, least %d, unit %d\n", "", m.pack.bits, m.pack.least, m.pack.unit)
			}
		}
	}
}

func (x *Index) dump(w io.Writer) {
	m := x.meta
	fmt.Fprintf(w, "index %d, unique %t, rows in order %t\n", m.spec.ID, m.spec.Unique, m.ordered)
	for _, k := range m.cols {
		fmt.Fprintf(w, "%19s  column %d: skips %q, ordinals from %#x over %#x, shifted by %d, %d bits, exact %t\n",
			"", x.part.specs[k.pos].ID, k.skip, k.min, k.span, k.shift, k.bits, k.exact)
	}
	fmt.Fprintf(w, "%8d %+8d  directory: %d buckets, shift %d\n", m.off, m.dirSize(), m.buckets, m.shift)
	fmt.Fprintf(w, "%8d %+8d  row numbers\n", m.off+int64(padded(m.dirSize())), m.permSize())
	fmt.Fprintf(w, "%8d %+8d  Bloom filter\n", m.off+int64(padded(m.dirSize())+padded(m.permSize())), m.filter)
	for i := range len(m.crcs) / 4 {
		fmt.Fprintf(w, "%19s  block %d, crc %08x\n", "", i, binary.LittleEndian.Uint32(m.crcs[4*i:]))
	}
}

// String describes the statistics in one line.
func (s *Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows, %d NULLs, about %d distinct", s.Rows, s.Nulls, s.Distinct)
	if s.Valid {
		fmt.Fprintf(&b, ", %s to %s", showValue(&s.Min), showValue(&s.Max))
	}
	for _, flag := range []struct {
		on   bool
		name string
	}{{s.Valid && !s.Exact, "cut"}, {s.HasNaN, "NaN"}, {s.Sorted, "sorted"}} {
		if flag.on {
			b.WriteString(", " + flag.name)
		}
	}
	return b.String()
}

// showValue prints a stored value as it is.
func showValue(v *types.Value) string {
	switch v.Type.Class() {
	case types.Bytes:
		return fmt.Sprintf("%q", v.S)
	case types.F32, types.F64:
		return fmt.Sprint(v.F)
	case types.Span:
		return fmt.Sprintf("%d mons %d days %d µs", v.Iv.Months, v.Iv.Days, v.Iv.Micros)
	}
	return fmt.Sprint(v.I)
}

// Dump writes an annotated account of the image.
func (d *Deaths) Dump(w io.Writer) error {
	b := bufio.NewWriter(w)
	s := &d.base
	fmt.Fprintf(b, "deaths of a part of %d rows: %d, numbers of %d bytes from seq %d, check %016x\n",
		d.rows, s.count, s.width, s.baseSeq, s.check)
	fmt.Fprintf(b, "%8d %+8d  seqs\n%8d %+8d  rows\n", 0, s.seqsSize(), s.seqsSize(), s.rowsSize())
	for i := range s.count {
		if i == 32 {
			fmt.Fprintf(b, "%19s  … %d more\n", "", s.count-i)
			break
		}
		death, err := d.at(i)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%19s  seq %d: row %d\n", "", death.Seq, death.Row)
	}
	for i := range s.frames {
		at := s.framesOff() + i*keyframeEntry
		fmt.Fprintf(b, "%8d %+8d  keyframe after %d deaths\n", binary.LittleEndian.Uint64(s.data[at:]),
			binary.LittleEndian.Uint64(s.data[at+8:]), (i+1)*keyframeDeaths)
	}
	for i := range len(s.crcs) / 4 {
		fmt.Fprintf(b, "%19s  block %d, crc %08x\n", "", i, binary.LittleEndian.Uint32(s.crcs[4*i:]))
	}
	return b.Flush()
}
