package eventlog

import (
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/mmapseg"
)

// recovery is the place the log has been read to during Open and Refresh.
type recovery struct {
	known bool // last and end mean something
	last  Commit
	micro int64  // highest time of a frame, marks included
	end   uint64 // log offset behind the last frame read
	txn   Txn    // scratch
}

// step moves on by one frame, and says what is wrong when its numbers do not follow the last.
func (r *recovery) step(h *mmapseg.Header) (fault string) {
	if r.known && r.end == h.Offset {
		next := r.last.FirstSeq + uint64(r.last.Events)
		switch {
		case h.FirstSeq != next:
			return "the frame's sequence number does not follow"
		case h.Kind == mmapseg.KindTxn && h.CSN != r.last.CSN+1, h.Kind == mmapseg.KindMark && h.CSN != r.last.CSN:
			return "the frame's commit number does not follow"
		case h.TimeMicros < r.micro, h.Kind == mmapseg.KindTxn && h.TimeMicros == r.micro:
			return "the frame's time does not follow"
		}
	}
	if h.Kind == mmapseg.KindTxn {
		r.last = commitOf(h)
	} else if !r.known || r.end != h.Offset {
		r.last = Commit{CSN: h.CSN, FirstSeq: h.FirstSeq, TimeMicros: h.TimeMicros, Offset: h.Offset}
	}
	r.known, r.micro, r.end = true, h.TimeMicros, h.End()
	return ""
}

// visit takes a frame of an unsealed segment during Open and Refresh: it checks it, and notes
// the tables it touches.
func (l *Log) visit(f *mmapseg.Frame) error {
	r := &l.recover
	switch f.Kind {
	case mmapseg.KindMark:
	case mmapseg.KindTxn:
		if err := r.txn.decode(f, "", 0); err != nil {
			return err
		}
	default:
		return dberr.Corrupt("", -1, "frame %s in the event log", f.Kind)
	}
	if fault := r.step(&f.Header); fault != "" {
		return dberr.Corrupt("", -1, "%s", fault)
	}
	if f.Kind == mmapseg.KindTxn {
		l.index.add(f.Offset, r.txn.touched)
	}
	return nil
}

// findLast sets both heads to the last commit of the log. When the unsealed segments did not
// tell it, the end of the last sealed one does.
func (l *Log) findLast() error {
	r := &l.recover
	if l.store.End() > l.store.Start() && (!r.known || r.end != l.store.End() || r.last.Offset < l.store.Start()) {
		if err := l.readEnd(); err != nil {
			return err
		}
	}
	if !r.known {
		r.last.FirstSeq = 1
	}
	last := r.last
	l.order.resume(last, r.micro, l.store.End())
	l.ordered.Store(&last)
	l.durable.Store(&place{commit: last, end: l.store.End()})
	return nil
}

// readEnd walks the frames from the last place known to the searches.
func (l *Log) readEnd() error {
	r := &l.recover
	r.known = false
	c := l.store.Cursor(l.store.Search(func(mmapseg.Key) bool { return true }), l.store.End())
	err := vfs.Guard(func() error {
		var f mmapseg.Frame
		for {
			ok, err := c.Next(&f)
			if err != nil || !ok {
				return err
			}
			if fault := r.step(&f.Header); fault != "" {
				file, pos := c.Place(f.Offset)
				return dberr.Corrupt(file, pos, "%s", fault)
			}
		}
	})
	return joinClose(err, c)
}
