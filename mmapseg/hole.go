package mmapseg

import (
	"encoding/binary"
	"fmt"
)

// A hole is a damaged place of the log between good frames, all of whose commits the caller
// holds elsewhere (Options.Held). The log goes on behind it; only what asks for the frames in
// it gets the corruption error.

// Hole is such a place.
type Hole struct {
	Damage
	End   uint64 // log offset of the first good frame behind it
	After Header // of that frame
}

// Holes returns the holes that recovery found, in order.
func (s *Store) Holes() []Hole { return *s.holes.Load() }

// Behind returns the offset from which to read on when the frame at offset lies in a hole and
// is not needed: the hole's end. Other offsets are returned as they are.
func (s *Store) Behind(offset uint64) uint64 {
	for _, h := range s.Holes() {
		if offset >= h.LogOffset && offset < h.End {
			return h.End
		}
	}
	return offset
}

// bridge looks behind a bad frame at log offset x of a segment that is read up to limit. When
// the next good frame shows that no commit behind Held is lost, it notes a hole and returns
// where to read on.
func (s *Store) bridge(g *segment, x, limit uint64, fault string) (next uint64, ok bool) {
	if s.opt.Held == 0 {
		return 0, false
	}
	f, ok := g.nextGood(x, limit)
	if !ok || lastLost(&f.Header) > s.opt.Held {
		return 0, false
	}
	what := fmt.Sprintf("%s; the commits up to %d are in the tables' parts", fault, lastLost(&f.Header))
	before := s.Holes()
	holes := append(before[:len(before):len(before)], Hole{Damage{File: g.path, Offset: g.fileOffset(x), LogOffset: x, What: what}, f.Offset, f.Header})
	s.holes.Store(&holes)
	return f.Offset, true
}

// lastLost is the newest commit that may have stood before a frame.
func lastLost(h *Header) uint64 {
	if h.Kind == KindMark {
		return h.CSN
	}
	return h.CSN - 1
}

// nextGood returns the first good frame behind the bad one at x and before limit.
func (g *segment) nextGood(x, limit uint64) (f Frame, ok bool) {
	b := g.mapping.Bytes()
	for pos := g.fileOffset(x) + frameAlign; pos+HeaderSize <= int64(len(b)); pos += frameAlign {
		offset := g.base + uint64(pos-segmentHeaderSize)
		if offset >= limit {
			return f, false
		}
		if binary.LittleEndian.Uint32(b[pos:]) != frameMagic {
			continue
		}
		if f, fault := g.seed.parse(b[pos:], offset); fault == "" && f.End() <= limit {
			return f, true
		}
	}
	return f, false
}
