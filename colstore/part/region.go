package part

import (
	"encoding/binary"
	"sync/atomic"

	"driftdb/internal/dberr"
)

// regionBlock is the bytes that one checksum of a region covers.
const regionBlock = 1 << 14

// region is a range of an image that is read here and there: it has a checksum per block,
// and a block is checked when it is first touched.
type region struct {
	data []byte
	crcs []byte          // four bytes per block
	seen []atomic.Uint32 // a bit per block
	file string
	off  int64 // of data in the file
	what string
}

func newRegion(data, crcs []byte, file string, off int64, what string) region {
	return region{data, crcs, make([]atomic.Uint32, (len(crcs)/4+31)/32), file, off, what}
}

// regionBlocks returns the number of blocks of n bytes.
func regionBlocks(n int) int { return (n + regionBlock - 1) / regionBlock }

// regionSums returns the checksums of all blocks of data.
func regionSums(data []byte) []byte {
	var sums []byte
	for len(data) > 0 {
		n := min(len(data), regionBlock)
		sums = binary.LittleEndian.AppendUint32(sums, checksum(data[:n]))
		data = data[n:]
	}
	return sums
}

// touch checks the blocks of bytes [lo, hi).
func (r *region) touch(lo, hi int) error {
	for b := lo / regionBlock; b*regionBlock < hi; b++ {
		if r.seen[b>>5].Load()>>(b&31)&1 == 0 {
			if err := r.check(b); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *region) check(b int) error {
	lo := b * regionBlock
	block := r.data[lo:min(lo+regionBlock, len(r.data))]
	if checksum(block) != binary.LittleEndian.Uint32(r.crcs[4*b:]) {
		return dberr.Corrupt(r.file, r.off+int64(lo), "%s: the checksum of %d bytes is wrong", r.what, len(block))
	}
	r.seen[b>>5].Or(1 << (b & 31))
	return nil
}
