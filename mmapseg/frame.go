package mmapseg

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"driftdb/internal/binfmt"
)

// Sizes and limits of frames, in bytes.
const (
	HeaderSize     = 80       // fixed part of a frame
	MaxAttrsSize   = 64 << 10 // attribute block
	MaxPayloadSize = 1 << 20  // payload
	MaxFrameSize   = HeaderSize + MaxAttrsSize + MaxPayloadSize
	frameAlign     = 8
	frameMagic     = 0x4D524644 // "DFRM"
	frameVersion   = 1
)

// Kind says what a frame is.
type Kind uint8

// The kinds that the log uses. Other users of frames take kinds from KindOther up.
const (
	KindTxn   Kind = 1  // exactly one transaction
	KindMark  Kind = 2  // keeps the clock floor and proves what was durable; takes no number
	KindOther Kind = 16 // the first kind free for other users
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case KindTxn:
		return "txn"
	case KindMark:
		return "mark"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Header is the fixed part of a frame. Offsets are logical: they count bytes of frames from
// the start of the first segment.
type Header struct {
	Kind        Kind
	Offset      uint64 // of the frame's first byte
	CSN         uint64 // commit number; a mark repeats the last one
	FirstSeq    uint64 // number of the first event; a mark and an empty transaction carry the next one
	Events      uint32 // events of the frame
	TimeMicros  int64  // commit time, microseconds UTC; never below that of an earlier frame
	Synced      uint64 // everything below this offset was durable when the frame was written
	Epoch       uint64 // term, timeline, branch; 0 now
	KeyID       uint32 // encryption key; 0 now: plain
	AttrsSize   uint32 // bytes of the attribute block, a multiple of 8
	PayloadSize uint32 // bytes
}

// Size is the length of the frame in the log in bytes, padding included.
func (h *Header) Size() int {
	return binfmt.AlignUp(HeaderSize+int(h.AttrsSize)+int(h.PayloadSize), frameAlign)
}

// End is the offset of the byte behind the frame.
func (h *Header) End() uint64 { return h.Offset + uint64(h.Size()) }

// Frame is one frame as read. Attrs and Payload alias the reader's memory: they may be used
// as long as the method that returned the frame says, and must not be written.
type Frame struct {
	Header
	Attrs   []byte
	Payload []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seed starts the checksums of one segment's frames: database id and segment number.
type seed uint32

func newSeed(id [16]byte, segment uint64) seed {
	var b [24]byte
	copy(b[:], id[:])
	binary.LittleEndian.PutUint64(b[16:], segment)
	return seed(crc32.Checksum(b[:], castagnoli))
}

// sum is the CRC-32C of parts, seeded with the segment and the frame's offset, so that a
// stale, moved or foreign frame is never valid.
func (s seed) sum(offset uint64, parts ...[]byte) uint32 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], offset)
	crc := crc32.Update(uint32(s), castagnoli, b[:])
	for _, p := range parts {
		crc = crc32.Update(crc, castagnoli, p)
	}
	return crc
}

// put writes the header and both checksums in front of a body (attributes, payload, padding)
// that lies already behind it in frame.
func (s seed) put(frame []byte, h *Header) {
	le := binary.LittleEndian
	le.PutUint32(frame[0:], frameMagic)
	le.PutUint32(frame[8:], s.sum(h.Offset, frame[HeaderSize:]))
	frame[12], frame[13], frame[14], frame[15] = frameVersion, byte(h.Kind), 0, 0
	le.PutUint64(frame[16:], h.Offset)
	le.PutUint64(frame[24:], h.CSN)
	le.PutUint64(frame[32:], h.FirstSeq)
	le.PutUint32(frame[40:], h.Events)
	le.PutUint32(frame[44:], h.AttrsSize)
	le.PutUint64(frame[48:], uint64(h.TimeMicros))
	le.PutUint64(frame[56:], h.Synced)
	le.PutUint64(frame[64:], h.Epoch)
	le.PutUint32(frame[72:], h.KeyID)
	le.PutUint32(frame[76:], h.PayloadSize)
	le.PutUint32(frame[4:], s.sum(h.Offset, frame[8:HeaderSize]))
}

// parseHeader decodes the fixed part without looking at checksums.
func parseHeader(b []byte) (h Header) {
	le := binary.LittleEndian
	h.Kind = Kind(b[13])
	h.Offset = le.Uint64(b[16:])
	h.CSN = le.Uint64(b[24:])
	h.FirstSeq = le.Uint64(b[32:])
	h.Events = le.Uint32(b[40:])
	h.AttrsSize = le.Uint32(b[44:])
	h.TimeMicros = int64(le.Uint64(b[48:]))
	h.Synced = le.Uint64(b[56:])
	h.Epoch = le.Uint64(b[64:])
	h.KeyID = le.Uint32(b[72:])
	h.PayloadSize = le.Uint32(b[76:])
	return h
}

// headerFault checks the fixed part at the start of b for the frame at offset. It returns
// what is wrong, or "".
func (s seed) headerFault(b []byte, offset uint64) string {
	if len(b) < HeaderSize {
		return fmt.Sprintf("a frame header of %d bytes does not fit into the %d bytes left", HeaderSize, len(b))
	}
	le := binary.LittleEndian
	if m := le.Uint32(b); m != frameMagic {
		return fmt.Sprintf("frame magic is %#08x", m)
	}
	if got, want := s.sum(offset, b[8:HeaderSize]), le.Uint32(b[4:]); got != want {
		return fmt.Sprintf("frame header checksum is %#08x, stored is %#08x", got, want)
	}
	h := parseHeader(b)
	switch {
	case b[12] != frameVersion:
		return fmt.Sprintf("frame version %d is not known", b[12])
	case b[14] != 0 || b[15] != 0:
		return "reserved bytes of the frame header are not zero"
	case h.Offset != offset:
		return fmt.Sprintf("frame says offset %d, but is at %d", h.Offset, offset)
	case h.Kind == 0:
		return "frame kind is 0"
	case h.KeyID != 0:
		return fmt.Sprintf("frame is encrypted with key %d", h.KeyID)
	case h.AttrsSize > MaxAttrsSize || h.AttrsSize%frameAlign != 0:
		return fmt.Sprintf("attribute block of %d bytes", h.AttrsSize)
	case h.PayloadSize > MaxPayloadSize:
		return fmt.Sprintf("payload of %d bytes exceeds the limit", h.PayloadSize)
	}
	return ""
}

// parse returns the frame at the start of b, all checksums verified, or what is wrong with it.
func (s seed) parse(b []byte, offset uint64) (f Frame, fault string) {
	if fault := s.headerFault(b, offset); fault != "" {
		return Frame{}, fault
	}
	f.Header = parseHeader(b)
	size := f.Size()
	if size > len(b) {
		return Frame{}, fmt.Sprintf("a frame of %d bytes does not fit into the %d bytes left", size, len(b))
	}
	body := b[HeaderSize:size:size]
	if got, want := s.sum(offset, body), binary.LittleEndian.Uint32(b[8:]); got != want {
		return Frame{}, fmt.Sprintf("frame payload checksum is %#08x, stored is %#08x", got, want)
	}
	end := f.AttrsSize + f.PayloadSize
	f.Attrs, f.Payload = body[:f.AttrsSize:f.AttrsSize], body[f.AttrsSize:end:end]
	return f, ""
}
