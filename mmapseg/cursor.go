package mmapseg

import (
	"errors"
	"fmt"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Cursor reads frames in log order. It keeps the segment it reads pinned until Close.
type Cursor struct {
	store   *Store
	at      uint64 // offset of the next frame
	limit   uint64 // where to stop
	segment *segment
	scratch []byte // a frame that spans compressed blocks
}

// Cursor returns a cursor over the frames from offset from, which must be that of a frame, up
// to limit, but not behind what had been written at the time of the call. Close it.
func (s *Store) Cursor(from, limit uint64) *Cursor {
	return &Cursor{store: s, at: max(from, s.Start()), limit: min(limit, s.End())}
}

// Offset is the log offset of the frame that Next returns next.
func (c *Cursor) Offset() uint64 { return c.at }

// Place names the file and the offset in it for the log offset off of the frame just read.
func (c *Cursor) Place(off uint64) (file string, pos int64) {
	if c.segment == nil {
		return c.store.opt.Dir, -1
	}
	if c.segment.sealed != nil {
		return c.segment.path, c.segment.sealed.filePos(off)
	}
	return c.segment.path, c.segment.fileOffset(off)
}

// Next reads the next frame into f; false is the end. What f refers to is valid until the
// next call of Next or Close, and is mapped memory: touch it inside vfs.Guard.
func (c *Cursor) Next(f *Frame) (bool, error) {
	if c.at >= c.limit {
		return false, nil
	}
	if err := c.move(); err != nil {
		return false, err
	}
	var got Frame
	err := vfs.Guard(func() (err error) {
		got, err = c.read()
		return err
	})
	if err != nil {
		return false, err
	}
	*f = got
	c.at = got.End()
	return true, nil
}

// move pins the segment that holds the next frame.
func (c *Cursor) move() error {
	if g := c.segment; g != nil && c.at >= g.base && c.at < g.end.Load() {
		return nil
	}
	if err := c.Close(); err != nil {
		return err
	}
	if c.segment = c.store.segmentAt(c.at); c.segment == nil {
		return c.store.missing(c.at)
	}
	return nil
}

// read parses the frame at the cursor.
func (c *Cursor) read() (Frame, error) {
	g := c.segment
	if g.sealed != nil {
		return c.readSealed()
	}
	b := g.at(c.at)[:g.end.Load()-c.at]
	f, fault := g.seed.parse(b, c.at)
	if fault != "" {
		return Frame{}, dberr.Corrupt(g.path, g.fileOffset(c.at), "%s", fault)
	}
	return f, nil
}

// readSealed parses a frame of a sealed segment: the header tells how much to gather.
func (c *Cursor) readSealed() (Frame, error) {
	g := c.segment
	head, err := c.gather(HeaderSize)
	if err != nil {
		return Frame{}, err
	}
	fault := g.seed.headerFault(head, c.at)
	var f Frame
	if fault == "" {
		h := parseHeader(head)
		whole, err := c.gather(h.Size())
		if err != nil {
			return Frame{}, err
		}
		f, fault = g.seed.parse(whole, c.at)
	}
	if fault != "" {
		return Frame{}, dberr.Corrupt(g.path, g.sealed.filePos(c.at), "%s", fault)
	}
	return f, nil
}

// gather returns up to size bytes of a sealed segment from the cursor on: in place when they
// lie in one block, else copied together.
func (c *Cursor) gather(size int) ([]byte, error) {
	g := c.segment
	size = int(min(uint64(size), g.end.Load()-c.at))
	rel := int64(c.at - g.base)
	block, err := c.store.block(g, int(rel/blockSize))
	if err != nil {
		return nil, err
	}
	if in := block[rel%blockSize:]; len(in) >= size {
		return in[:size:size], nil
	}
	c.scratch = append(c.scratch[:0], block[rel%blockSize:]...)
	for len(c.scratch) < size {
		next := (rel + int64(len(c.scratch))) / blockSize
		if block, err = c.store.block(g, int(next)); err != nil {
			return nil, err
		}
		c.scratch = append(c.scratch, block[:min(len(block), size-len(c.scratch))]...)
	}
	return c.scratch, nil
}

// Close lets the pinned segment go. The cursor may be used again.
func (c *Cursor) Close() error {
	g := c.segment
	c.segment = nil
	if g == nil {
		return nil
	}
	return g.unpin()
}

// missing explains why no frame can be read at an offset.
func (s *Store) missing(offset uint64) error {
	if s.damage != nil {
		return s.damage.Err()
	}
	if offset < s.Start() {
		return dberr.Newf(dberr.BeforeHistory, "the log no longer holds offset %d", offset).
			WithDetail("The oldest offset kept is %d.", s.Start())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return dberr.New(dberr.ObjectNotInPrerequisite, "the log is closed")
	}
	return dberr.Bug("no frame at log offset %d", offset)
}

// FrameAt reads the frame at an offset and returns a copy that may be kept.
func (s *Store) FrameAt(offset uint64) (f Frame, err error) {
	c := s.Cursor(offset, unknownEnd)
	defer func() { err = errors.Join(err, c.Close()) }()
	if offset < s.Start() || offset >= s.End() {
		return Frame{}, s.missing(offset)
	}
	err = vfs.Guard(func() error {
		ok, err := c.Next(&f)
		if err == nil && !ok {
			err = fmt.Errorf("frame at log offset %d: %w", offset, s.missing(offset))
		}
		body := append(append([]byte{}, f.Attrs...), f.Payload...)
		f.Attrs, f.Payload = body[:len(f.Attrs):len(f.Attrs)], body[len(f.Attrs):]
		return err
	})
	return f, err
}
