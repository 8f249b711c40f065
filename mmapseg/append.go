package mmapseg

import (
	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Group collects frames that are written together. The zero value is empty. It keeps its
// memory across Reset.
type Group struct {
	buf     []byte
	headers []Header // in order
}

// Reset empties the group.
func (g *Group) Reset() { g.buf, g.headers = g.buf[:0], g.headers[:0] }

// Len is the number of frames.
func (g *Group) Len() int { return len(g.headers) }

// Size is the number of bytes the frames take in the log.
func (g *Group) Size() int { return len(g.buf) }

// Add copies one frame into the group. AttrsSize, PayloadSize, Offset and Synced of the header
// are set by the store.
func (g *Group) Add(h Header, attrs, payload []byte) {
	h.AttrsSize, h.PayloadSize = uint32(len(attrs)), uint32(len(payload))
	g.headers = append(g.headers, h)
	at := len(g.buf)
	g.buf = append(g.buf, blankHeader[:]...)
	g.buf = append(g.buf, attrs...)
	g.buf = append(g.buf, payload...)
	pad := at + h.Size() - len(g.buf)
	g.buf = append(g.buf, blankHeader[:pad]...)
}

var blankHeader [HeaderSize]byte

// FrameSize is the size in the log of a frame with these parts, in bytes.
func FrameSize(attrs, payload int) int {
	return binfmt.AlignUp(HeaderSize+attrs+payload, frameAlign)
}

// Write appends the frames of a group: one pwrite, or one for each segment where the group
// crosses into another; a segment is synced before the next is begun. The frames get the
// offsets from End on. After an error the store takes no more.
func (s *Store) Write(g *Group) error {
	if err := s.writable(); err != nil {
		return err
	}
	headers, buf := g.headers, g.buf
	for len(headers) > 0 {
		n, size := s.fitting(headers)
		if n == 0 {
			if err := s.roll(headers[0].Size()); err != nil {
				return s.fail(err)
			}
			continue
		}
		if err := s.writeFrames(headers[:n], buf[:size]); err != nil {
			return s.fail(err)
		}
		headers, buf = headers[n:], buf[size:]
	}
	return nil
}

// fitting returns how many of the frames fit into the active segment, and their size.
func (s *Store) fitting(headers []Header) (n int, size int64) {
	if s.active == nil {
		return 0, 0
	}
	room := s.active.room()
	for n < len(headers) && size+int64(headers[n].Size()) <= room {
		size += int64(headers[n].Size())
		n++
	}
	return n, size
}

// writeFrames completes the frames in buf and writes them behind the end.
func (s *Store) writeFrames(headers []Header, buf []byte) error {
	g := s.active
	at, pos := s.End(), 0
	for i := range headers {
		h := &headers[i]
		h.Offset, h.Synced = at, s.Synced()
		g.seed.put(buf[pos:pos+h.Size()], h)
		at, pos = h.End(), pos+h.Size()
	}
	if _, err := g.file.WriteAt(buf, g.fileOffset(s.End())); err != nil {
		return vfs.Wrap("write to "+g.path, err)
	}
	g.noteKeys(headers)
	g.end.Store(at)
	s.end.Store(at)
	if g.room() < g.capacity/2 {
		s.next.start()
	}
	return nil
}

// Sync makes durable what has been written before. After an error the store takes no more.
func (s *Store) Sync() error {
	if err := s.writable(); err != nil {
		return err
	}
	if s.active == nil || s.synced.Load() == s.end.Load() {
		return nil
	}
	if err := s.active.file.Sync(); err != nil {
		return s.fail(vfs.Wrap("sync "+s.active.path, err))
	}
	s.synced.Store(s.end.Load())
	return nil
}

// writable returns why the store takes no frames, or nil.
func (s *Store) writable() error {
	switch {
	case s.failed != nil:
		return s.failed
	case s.damage != nil:
		return s.damage.Err()
	case s.opt.ReadOnly:
		return dberr.New(dberr.ReadOnlyTransaction, "the log is open for reading only")
	}
	return nil
}

// fail makes err final: what the disk holds now is known only after recovery.
func (s *Store) fail(err error) error {
	e := dberr.IO("the log takes no more writes after a failed one", err)
	e.Code = dberr.CodeOf(err)
	s.failed = e.WithHint("Committed data are safe. Close and open the database again.")
	return s.failed
}

// Active is the number of the segment that Write appends to; 0 before the first.
func (s *Store) Active() uint64 { return s.current.Load() }

// startAppending makes the last segment the active one if nothing but zeros follow its end;
// otherwise the log goes on in a new segment, so that recovery overwrites nothing.
func (s *Store) startAppending() error {
	list := *s.list.Load()
	if n := len(list); n > 0 && list[n-1].sealed == nil && list[n-1].clean {
		s.active = list[n-1]
		s.current.Store(s.active.number)
	}
	return nil
}

// roll ends the active segment and goes on in the next one, which is prepared to hold a
// frame of the given size.
func (s *Store) roll(frame int) error {
	if s.active != nil {
		if err := s.Sync(); err != nil {
			return err
		}
	}
	g, err := s.next.take(frame)
	if err != nil {
		return err
	}
	g.base = s.End()
	g.end.Store(g.base)
	old := s.active
	s.active = g
	s.current.Store(g.number)
	s.replace(nil, g)
	if old != nil {
		s.opt.Logger.Debug("log segment full", "segment", old.number, "next", g.number)
	}
	return nil
}
