package mmapseg

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"driftdb/internal/binfmt"
	"driftdb/internal/vfs"
)

// Dump writes the log as annotated hex: headers field by field, and what payload says about
// the payload of a frame; nil gives plain hex.
func (s *Store) Dump(w io.Writer, payload func(w io.Writer, f *Frame) error) error {
	if payload == nil {
		payload = func(w io.Writer, f *Frame) error { return dumpHex(w, f.Payload) }
	}
	for _, g := range *s.list.Load() {
		if !g.pin() {
			continue
		}
		err := vfs.Guard(func() error { return s.dumpSegment(w, g, payload) })
		if e := g.unpin(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) dumpSegment(w io.Writer, g *segment, payload func(io.Writer, *Frame) error) error {
	file := g.mapping.Bytes()
	d := &dumper{w: w, r: binfmt.NewReader(file, g.path, 0)}
	if g.sealed != nil {
		d.sealedHeader(g)
	} else {
		d.segmentHeader(g)
	}
	c := &Cursor{store: s, at: g.base, limit: g.end.Load(), segment: g}
	for c.at < c.limit && d.err == nil {
		f, err := c.read()
		if next := s.Behind(c.at); err != nil && next != c.at {
			_, d.err = fmt.Fprintf(w, "damaged up to log offset %d: %v\n", next, err)
			c.at = next
			continue
		}
		if err != nil {
			return err
		}
		head, err := c.peek(HeaderSize)
		if err != nil {
			return err
		}
		d.frame(head, &f)
		if d.err == nil {
			d.err = payload(w, &f)
		}
		c.at = f.End()
	}
	return d.err
}

// peek returns the first bytes of the frame at the cursor, whatever the segment's form.
func (c *Cursor) peek(size int) ([]byte, error) {
	if c.segment.sealed != nil {
		return c.gather(size)
	}
	return c.segment.at(c.at)[:size], nil
}

// dumper writes one line for each field it takes from r.
type dumper struct {
	w   io.Writer
	r   *binfmt.Reader
	err error
}

func (d *dumper) printf(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.w, format, args...)
	}
}

// field prints the next n bytes with a caption.
func (d *dumper) field(n int, format string, args ...any) {
	at := d.r.Offset()
	b := d.r.Bytes(n)
	text := hex.EncodeToString(b[:min(len(b), 16)])
	if len(b) > 16 {
		text += ".."
	}
	d.printf("  %4d %-34s %s\n", at, text, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (d *dumper) segmentHeader(g *segment) {
	d.printf("segment %d, log offsets %d to %d\n", g.number, g.base, g.end.Load())
	d.field(8, "magic")
	d.field(4, "version")
	d.field(4, "checksum of the rest of the sector")
	d.field(16, "database id")
	d.field(8, "segment number %d", g.number)
	d.field(8, "capacity %d", g.capacity)
	d.field(8, "created")
}

func (d *dumper) sealedHeader(g *segment) {
	m := g.sealed
	d.printf("sealed segment %d, log offsets %d to %d\n", g.number, g.base, g.end.Load())
	d.field(8, "magic")
	d.field(4, "version")
	d.field(4, "checksum of the rest of the header")
	d.field(16, "database id")
	d.field(8, "segment number %d", g.number)
	d.field(8, "log offset of the first frame %d", m.base)
	d.field(8, "log offset behind the last frame %d", m.end)
	d.field(4, "bytes of a block")
	d.field(4, "blocks %d", len(m.blocks))
	d.field(4, "sections %d", len(m.sections))
	d.field(4, "reserved")
	d.field(8, "place of the map")
	d.field(8, "size of the file")
	d.field(4, "bytes of the map")
	d.field(4, "checksum of the map")
	for i, b := range m.blocks {
		d.printf("  block %d at %d: %d bytes, codec %d, first frame at log offset %d\n", i, b.pos, b.size, b.codec, b.key.Offset)
	}
	for _, e := range m.sections {
		d.printf("  section %d at %d: %d bytes\n", e.id, e.pos, e.size)
	}
}

// frame prints a frame's header from its bytes.
func (d *dumper) frame(head []byte, f *Frame) {
	d.printf("frame at log offset %d, %d bytes\n", f.Offset, f.Size())
	d.r = binfmt.NewReader(head, "", 0)
	d.field(4, "magic")
	d.field(4, "header checksum")
	d.field(4, "payload checksum")
	d.field(1, "version")
	d.field(1, "kind %s", f.Kind)
	d.field(2, "reserved")
	d.field(8, "log offset %d", f.Offset)
	d.field(8, "commit number %d", f.CSN)
	d.field(8, "first sequence number %d", f.FirstSeq)
	d.field(4, "events %d", f.Events)
	d.field(4, "bytes of attributes %d", f.AttrsSize)
	d.field(8, "commit time %d", f.TimeMicros)
	d.field(8, "durable below %d", f.Synced)
	d.field(8, "epoch %d", f.Epoch)
	d.field(4, "key %d", f.KeyID)
	d.field(4, "bytes of payload %d", f.PayloadSize)
	EachAttr(f.Attrs, func(typ uint16, value []byte) {
		d.printf("       attribute %d: %q\n", typ, value)
	})
}

func dumpHex(w io.Writer, b []byte) error {
	_, err := io.WriteString(w, hex.Dump(b))
	return err
}
