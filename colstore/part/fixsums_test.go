package part

import (
	"encoding/binary"

	"driftdb/internal/binfmt"
)

// fixChecksums makes the checksums of a damaged image right, from the outside in, as far as
// its lengths allow: so that the fuzzer reaches what lies behind them.
func fixChecksums(img []byte) bool {
	n := int64(len(img))
	if n < trailerSize+endSize {
		return false
	}
	copy(img[n-6:], arrowMagicEnd)
	arrowLen := int64(binary.LittleEndian.Uint32(img[n-endSize:]))
	at := n - endSize - arrowLen - trailerSize
	if at < 0 {
		return false
	}
	b := img[at : at+trailerSize]
	r := binfmt.NewReader(b[16:], "", 0)
	t := trailer{version: binary.LittleEndian.Uint32(b[8:]), footerOff: r.I64(), footerLen: r.U32()}
	if t.footerOff < 0 || t.footerOff > at || int64(t.footerLen) > at-t.footerOff {
		return false
	}
	foot := img[t.footerOff : t.footerOff+int64(t.footerLen)]
	f, err := decodeFooter(binfmt.NewReader(foot, "", 0), t.footerOff)
	if err == nil && fixData(img, f) {
		if again := f.encode(); len(again) == len(foot) {
			copy(foot, again)
		}
	}
	t.footerCRC, t.length = checksum(foot), n
	t.arrowLen, t.arrowCRC = uint32(arrowLen), checksum(img[at+trailerSize:n-endSize])
	copy(b, t.encode())
	return true
}

// fixData sets the checksums of all data in the footer.
func fixData(img []byte, f *footer) bool {
	for i := range f.metas {
		m := &f.metas[i]
		m.crc = checksum(img[m.off : m.off+int64(m.len)])
	}
	for i := range f.columns {
		if c := &f.columns[i]; c.form.enc.coded() {
			c.dict.crc = checksum(img[c.dict.off : c.dict.off+int64(c.dict.size())])
		}
	}
	for i := range f.chunks {
		g, col := i/len(f.columns), i%len(f.columns)
		if f.columns[col].form.enc != AllNull {
			m := &f.chunks[i]
			m.crc = checksum(img[m.off : m.off+int64(paddedSum(f.storedSizes(g, col)))])
		}
	}
	f.runs.crc = checksum(img[f.runs.off : f.runs.off+int64(f.runs.size())])
	for i := range f.indexes {
		m := &f.indexes[i]
		m.crcs = regionSums(img[m.off : m.off+int64(m.size())])
	}
	return true
}

// fixDeathsChecksums is fixChecksums for an image of deaths.
func fixDeathsChecksums(img []byte) bool {
	if len(img) < deathsHeader {
		return false
	}
	r := binfmt.NewReader(img[12:], "", 0)
	m := deathsMeta{rows: int(r.U32()), count: int(r.U32()), width: int(r.U32()), baseSeq: r.U64(), frames: int(r.U32())}
	for body := len(img); body >= 0; body-- { // the table of checksums depends on the body's size
		m.body = body
		if padded(deathsHeader+m.sumsSize())+body == len(img) {
			at := len(img) - body
			sums := regionSums(img[at:])
			copy(img[deathsHeader:], sums)
			clear(img[deathsHeader+len(sums) : at])
			copy(img, m.encode(checksum(sums)))
			return true
		}
	}
	return false
}
