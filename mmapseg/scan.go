package mmapseg

import (
	"encoding/binary"
	"math"

	"driftdb/internal/dberr"
)

// Damage says where stored data are wrong, and that more was durable behind.
type Damage struct {
	File      string
	Offset    int64  // byte offset in File
	LogOffset uint64 // everything below is whole
	What      string
}

// Err returns the damage as a corruption error.
func (d *Damage) Err() error {
	return dberr.Corrupt(d.File, d.Offset, "%s", d.What).WithHint(
		"Everything before this place can be read. Run driftdb doctor to see what is affected.")
}

// unknownEnd stands for the end of a segment when no later segment tells it.
const unknownEnd = math.MaxUint64

// peekBase returns the log offset of the first frame of an unsealed segment, from the frame's
// own header. ok is false when the segment has not begun, or its first frame is bad.
func (g *segment) peekBase() (base uint64, ok bool) {
	b := g.mapping.Bytes()
	if len(b) < segmentHeaderSize+HeaderSize {
		return 0, false
	}
	first := b[segmentHeaderSize:]
	base = binary.LittleEndian.Uint64(first[16:])
	return base, g.seed.headerFault(first, base) == ""
}

// scanFrames reads the frames of an unsealed segment from an offset up to limit or the first
// bad frame, and passes them on. It returns the offset it came to and what stopped it, "" at
// the limit. The error is that of visit.
func (g *segment) scanFrames(from, limit uint64, visit func(*Frame) error) (at uint64, fault string, err error) {
	at = from
	for at != limit {
		var f Frame
		f, fault = g.seed.parse(g.at(at), at)
		if fault == "" && f.End() > limit {
			fault = "the frame reaches into the next segment"
		}
		if fault != "" {
			return at, fault, nil
		}
		if err := visit(&f); err != nil {
			return at, "", err
		}
		g.noteKeys([]Header{f.Header})
		at = f.End()
	}
	return at, "", nil
}

// provesDurable looks for a good frame behind a bad one: at every 8-byte position of b from
// the file offset start it tries a frame, and reports whether one says that more than the
// log up to x was durable when it was written. clean is true when b holds only zeros.
func (g *segment) provesDurable(start int64, x uint64) (proof, clean bool) {
	b := g.mapping.Bytes()
	clean = true
	for pos := start; pos+8 <= int64(len(b)); pos += frameAlign {
		word := binary.LittleEndian.Uint64(b[pos:])
		if word == 0 {
			continue
		}
		clean = false
		if uint32(word) != frameMagic || pos+HeaderSize > int64(len(b)) {
			continue
		}
		offset := binary.LittleEndian.Uint64(b[pos+16:])
		if f, fault := g.seed.parse(b[pos:], offset); fault == "" && f.Synced > x {
			return true, false
		}
	}
	return false, clean
}
