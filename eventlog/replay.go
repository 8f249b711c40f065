package eventlog

import (
	"driftdb/internal/vfs"
	"driftdb/mmapseg"
)

// decodeAt decodes a frame that a cursor has just read.
func (t *Txn) decodeAt(c *mmapseg.Cursor, f *mmapseg.Frame) error {
	file, pos := c.Place(f.Offset)
	return t.decode(f, file, pos)
}

// Replay calls fn for every durable transaction from an offset on; 0 is the first. The Txn and
// all it refers to may be used during the call, which runs inside vfs.Guard.
func (l *Log) Replay(from uint64, fn func(*Txn) error) error {
	var t Txn
	return l.scan(from, func(c *mmapseg.Cursor, f *mmapseg.Frame) (bool, error) {
		if f.Kind != mmapseg.KindTxn {
			return false, nil
		}
		if err := t.decodeAt(c, f); err != nil {
			return true, err
		}
		return false, fn(&t)
	})
}

// ReplayTable is Replay for the transactions that touch one table, or the catalog when table
// is CatalogTable, up to and including commit number to; 0 means all. It reads no other frames.
func (l *Log) ReplayTable(table uint32, from, to uint64, fn func(*Txn) error) error {
	limit := l.End()
	at := max(from, l.store.Start())
	for at < limit {
		offsets, next, err := l.framesOf(table, at, limit)
		if err != nil {
			return err
		}
		done, err := l.replayAt(offsets, to, fn)
		if err != nil || done {
			return err
		}
		at = next
	}
	if d := l.store.Damage(); d != nil && limit < from {
		return d.Err()
	}
	return nil
}

// framesOf returns the offsets of the frames that touch a table in the segment that holds
// offset at, and where the next segment begins.
func (l *Log) framesOf(table uint32, at, limit uint64) (offsets []uint64, next uint64, err error) {
	for {
		g, ok := l.segmentAt(at)
		if !ok {
			return nil, limit, nil
		}
		next = min(g.End, limit)
		if !g.Sealed {
			if offsets, ok = l.index.frames(nil, table, at, next); ok {
				return offsets, next, nil
			}
			continue // sealed since we looked
		}
		_, err = l.store.Section(g.Base, sectionTables, func(data []byte) error {
			offsets, err = footerFrames(data, g, table, at, next)
			return err
		})
		return offsets, next, err
	}
}

func (l *Log) segmentAt(offset uint64) (mmapseg.SegmentInfo, bool) {
	for _, g := range l.store.Segments() {
		if g.Base <= offset && offset < g.End {
			return g, true
		}
	}
	return mmapseg.SegmentInfo{}, false
}

// replayAt calls fn for the transactions at the offsets; done says that to has been reached.
func (l *Log) replayAt(offsets []uint64, to uint64, fn func(*Txn) error) (done bool, err error) {
	var t Txn
	for _, offset := range offsets {
		err := l.scan(offset, func(c *mmapseg.Cursor, f *mmapseg.Frame) (bool, error) {
			if done = to != 0 && f.CSN > to; done {
				return true, nil
			}
			if err := t.decodeAt(c, f); err != nil {
				return true, err
			}
			return true, fn(&t)
		})
		if err != nil || done {
			return done, err
		}
	}
	return false, nil
}

// TxnAt returns the transaction at a log offset. It is a copy and may be kept.
func (l *Log) TxnAt(offset uint64) (*Txn, error) {
	f, err := l.store.FrameAt(offset)
	if err != nil {
		return nil, err
	}
	if f.Kind != mmapseg.KindTxn {
		return nil, errNotTxn(offset, f.Kind)
	}
	t := new(Txn)
	return t, t.decode(&f, l.dir, -1)
}

// copyTxn decodes a copy of a frame, which may be kept.
func copyTxn(c *mmapseg.Cursor, f *mmapseg.Frame) (*Txn, error) {
	body := append(append([]byte{}, f.Attrs...), f.Payload...)
	own := mmapseg.Frame{Header: f.Header, Attrs: body[:len(f.Attrs):len(f.Attrs)], Payload: body[len(f.Attrs):]}
	t := new(Txn)
	return t, t.decodeAt(c, &own)
}

// guardedNext reads the next frame and passes it to fn, both inside vfs.Guard. At the end fn
// is not called.
func guardedNext(c *mmapseg.Cursor, fn func(*mmapseg.Frame) error) error {
	return vfs.Guard(func() error {
		var f mmapseg.Frame
		ok, err := c.Next(&f)
		if err != nil || !ok {
			return err
		}
		return fn(&f)
	})
}
