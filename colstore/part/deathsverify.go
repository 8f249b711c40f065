package part

import "driftdb/internal/vec"

// Verify reads every byte of the image and checks order, keyframes and padding.
func (d *Deaths) Verify() error {
	s := &d.base
	if s.count == 0 && len(s.data) == 0 {
		return nil
	}
	if err := s.touch(0, len(s.data)); err != nil {
		return err
	}
	dead := make([]uint64, (d.rows+pageRows-1)/pageRows*pageWords)
	last, lastRow := uint64(0), uint32(0)
	for i := range s.count {
		death, err := d.at(i)
		if err != nil {
			return err
		}
		if i > 0 && (death.Seq < last || death.Seq == last && death.Row <= lastRow) {
			return s.corrupt(i*s.width, "deaths are not in order")
		}
		if bit(dead, int(death.Row)) {
			return s.corrupt(s.seqsSize()+4*i, "row %d dies twice", death.Row)
		}
		dead[death.Row>>6] |= 1 << (death.Row & 63)
		last, lastRow = death.Seq, death.Row
		if (i+1)%keyframeDeaths == 0 {
			if err := d.verifyKeyframe(i+1, dead); err != nil {
				return err
			}
		}
	}
	return nil
}

// verifyKeyframe compares the keyframe after n deaths with the words that they set.
func (d *Deaths) verifyKeyframe(n int, dead []uint64) error {
	m, err := d.keyframe(n)
	if err != nil {
		return err
	}
	for i, page := range m.pages {
		for w, word := range dead[i*pageWords:][:pageWords] {
			if page[w] != word {
				return d.base.corrupt(d.base.framesOff(), "the keyframe after %d deaths is not their sum", n)
			}
		}
	}
	if vec.CountBits(dead) != n {
		return d.base.corrupt(0, "%d deaths are %d rows", n, vec.CountBits(dead))
	}
	return nil
}
