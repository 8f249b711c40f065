package mmapseg

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

const (
	segmentMagic      = "DRIFTSEG"
	segmentVersion    = 1
	segmentHeaderSize = 512 // a sector of its own, so that no later write touches it

	activeSuffix  = ".seg"
	sealedSuffix  = ".sealed"
	damagedSuffix = ".damaged"
)

// Key is the place of one frame, as kept for the searches.
type Key struct {
	CSN        uint64
	FirstSeq   uint64
	TimeMicros int64
	Offset     uint64
}

func keyOf(h *Header) Key { return Key{h.CSN, h.FirstSeq, h.TimeMicros, h.Offset} }

// keySpacing is the least distance in bytes between two keys kept for an unsealed segment.
const keySpacing = 4 << 10

// segment is one file of the log. Its mapping stays until the last pin is gone.
type segment struct {
	number   uint64
	base     uint64 // log offset of its first frame
	path     string
	seed     seed
	file     vfs.File    // for writing; nil when sealed or read-only
	mapping  vfs.Mapping // whole file
	capacity int64       // bytes of the file
	sealed   *sealedMap  // nil while it is not sealed
	clean    bool        // recovery found only zeros behind the end

	end  atomic.Uint64 // log offset behind its last written frame
	pins atomic.Int64  // the list of segments holds one
	mu   struct {
		sync.RWMutex
		keys []Key // ascending, at least keySpacing apart; unsealed only
	}
}

func segmentName(number uint64, suffix string) string {
	return fmt.Sprintf("%08d%s", number, suffix)
}

// parseSegmentName returns the number of a segment file with the suffix.
func parseSegmentName(name, suffix string) (number uint64, ok bool) {
	digits, ok := strings.CutSuffix(filepath.Base(name), suffix)
	if !ok || len(digits) < 8 {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, err == nil && number > 0 && segmentName(number, suffix) == filepath.Base(name)
}

// encodeSegmentHeader makes the first sector of an unsealed segment.
func encodeSegmentHeader(id [16]byte, number uint64, capacity, createdMicros int64) []byte {
	b := make([]byte, segmentHeaderSize)
	copy(b, segmentMagic)
	le := binary.LittleEndian
	le.PutUint32(b[8:], segmentVersion)
	copy(b[16:], id[:])
	le.PutUint64(b[32:], number)
	le.PutUint64(b[40:], uint64(capacity))
	le.PutUint64(b[48:], uint64(createdMicros))
	le.PutUint32(b[12:], crc32.Checksum(b[16:], castagnoli))
	return b
}

// checkSegmentHeader verifies the first sector of the segment file.
func checkSegmentHeader(b []byte, id [16]byte, number uint64, path string) error {
	le := binary.LittleEndian
	if len(b) < segmentHeaderSize {
		return dberr.Corrupt(path, int64(len(b)), "the segment header is cut short")
	}
	if string(b[:8]) != segmentMagic {
		return dberr.Corrupt(path, 0, "segment magic is %q", b[:8])
	}
	if v := le.Uint32(b[8:]); v != segmentVersion {
		return dberr.Corrupt(path, 8, "segment version %d is not known", v)
	}
	if got, want := crc32.Checksum(b[16:segmentHeaderSize], castagnoli), le.Uint32(b[12:]); got != want {
		return dberr.Corrupt(path, 12, "segment header checksum is %#08x, stored is %#08x", got, want)
	}
	if string(b[16:32]) != string(id[:]) {
		return dberr.Corrupt(path, 16, "the segment belongs to database %x, not to %x", b[16:32], id)
	}
	if n := le.Uint64(b[32:]); n != number {
		return dberr.Corrupt(path, 32, "the segment has number %d", n)
	}
	if c := le.Uint64(b[40:]); c != uint64(len(b)) {
		return dberr.Corrupt(path, 40, "the segment was %d bytes, but the file is %d", c, len(b))
	}
	return nil
}

// at returns the mapped bytes of an unsealed segment from a log offset to its capacity.
func (g *segment) at(offset uint64) []byte {
	return g.mapping.Bytes()[segmentHeaderSize+int64(offset-g.base):]
}

// fileOffset is the place of a log offset in the file of an unsealed segment.
func (g *segment) fileOffset(offset uint64) int64 {
	return segmentHeaderSize + int64(offset-g.base)
}

// room is the number of bytes that can still be appended.
func (g *segment) room() int64 { return g.capacity - g.fileOffset(g.end.Load()) }

// pin keeps the mapping; it fails when the segment has been let go already.
func (g *segment) pin() bool {
	for {
		n := g.pins.Load()
		if n == 0 {
			return false
		}
		if g.pins.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// unpin gives a pin back; the last one unmaps and closes.
func (g *segment) unpin() error {
	if g.pins.Add(-1) != 0 {
		return nil
	}
	var err error
	if g.file != nil {
		err = g.file.Close()
	}
	if g.mapping != nil {
		if e := g.mapping.Close(); err == nil {
			err = e
		}
	}
	return err
}

// noteKeys remembers the places of written frames for the searches.
func (g *segment) noteKeys(headers []Header) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range headers {
		n := len(g.mu.keys)
		if n == 0 || headers[i].Offset-g.mu.keys[n-1].Offset >= keySpacing {
			g.mu.keys = append(g.mu.keys, keyOf(&headers[i]))
		}
	}
}

// keys returns the keys kept for the segment. They do not change any more, more may come.
func (g *segment) keys() []Key {
	if g.sealed != nil {
		return g.sealed.keys
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.mu.keys
}
