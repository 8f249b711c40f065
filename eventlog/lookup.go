package eventlog

import (
	"errors"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/mmapseg"
)

func joinClose(err error, c *mmapseg.Cursor) error { return errors.Join(err, c.Close()) }

// scan passes the durable frames from an offset on to fn, until it says stop. The frame is
// valid during the call, which runs inside vfs.Guard.
func (l *Log) scan(from uint64, fn func(c *mmapseg.Cursor, f *mmapseg.Frame) (stop bool, err error)) error {
	c := l.store.Cursor(from, l.End())
	err := vfs.Guard(func() error {
		var f mmapseg.Frame
		for {
			ok, err := c.Next(&f)
			if err != nil || !ok {
				return err
			}
			if stop, err := fn(c, &f); err != nil || stop {
				return err
			}
		}
	})
	if err == nil {
		return c.Close()
	}
	return joinClose(err, c)
}

// overHoles moves the start of a search behind the holes behind which its target is: those
// whose first frame behind is at or before the target.
func (l *Log) overHoles(from uint64, reached func(behind *mmapseg.Header) bool) uint64 {
	for _, h := range l.store.Holes() {
		if h.End > from && reached(&h.After) {
			from = h.End
		}
	}
	return from
}

// find returns the first transaction from an offset on that is accepted.
func (l *Log) find(from uint64, accept func(h *mmapseg.Header) bool) (c Commit, found bool, err error) {
	err = l.scan(from, func(_ *mmapseg.Cursor, f *mmapseg.Frame) (bool, error) {
		if f.Kind == mmapseg.KindTxn && accept(&f.Header) {
			c, found = commitOf(&f.Header), true
		}
		return found, nil
	})
	return c, found, err
}

// CommitAt returns the durable commit with a number; 0 gives the place before the first.
// A number behind the last is an error with SQLSTATE 22H01 that names the last.
func (l *Log) CommitAt(csn uint64) (Commit, error) {
	last := l.Durable()
	switch {
	case csn == 0:
		return Commit{FirstSeq: 1}, nil
	case csn > last.CSN:
		return Commit{}, errBeyond("transaction", csn, last.CSN)
	case csn == last.CSN:
		return last, nil
	}
	from := l.store.Search(func(k mmapseg.Key) bool { return k.CSN < csn })
	from = l.overHoles(from, func(h *mmapseg.Header) bool { return h.CSN < csn || h.CSN == csn && h.Kind == mmapseg.KindTxn })
	c, found, err := l.find(from, func(h *mmapseg.Header) bool { return h.CSN >= csn })
	if err == nil && (!found || c.CSN != csn) {
		err = l.errDropped("transaction", csn)
	}
	return c, err
}

// CommitOfSeq returns the durable commit that holds an event. A number behind the last is an
// error with SQLSTATE 22H01 that names the last.
func (l *Log) CommitOfSeq(seq uint64) (Commit, error) {
	last := l.Durable().Point().Seq
	if seq > last {
		return Commit{}, errBeyond("sequence number", seq, last)
	}
	if seq == 0 {
		return Commit{FirstSeq: 1}, nil
	}
	from := l.store.Search(func(k mmapseg.Key) bool { return k.FirstSeq < seq })
	from = l.overHoles(from, func(h *mmapseg.Header) bool { return h.FirstSeq <= seq })
	c, found, err := l.find(from, func(h *mmapseg.Header) bool { return h.FirstSeq+uint64(h.Events) > seq })
	if err == nil && (!found || c.FirstSeq > seq) {
		err = l.errDropped("sequence number", seq)
	}
	return c, err
}

// CommitAtTime returns the last durable commit at or before a time, microseconds UTC; before
// the first one it is a Commit with CSN 0. Close the time first if the answer is to last.
func (l *Log) CommitAtTime(micros int64) (Commit, error) {
	if last := l.Durable(); last.TimeMicros <= micros {
		return last, nil
	}
	best, mark := Commit{FirstSeq: 1}, uint64(0)
	from := l.store.Search(func(k mmapseg.Key) bool { return k.TimeMicros <= micros })
	from = l.overHoles(from, func(h *mmapseg.Header) bool { return h.TimeMicros <= micros && h.Kind == mmapseg.KindTxn })
	err := l.scan(from, func(_ *mmapseg.Cursor, f *mmapseg.Frame) (bool, error) {
		if f.TimeMicros > micros {
			return true, nil
		}
		if f.Kind == mmapseg.KindTxn {
			best = commitOf(&f.Header)
		}
		mark = f.CSN
		return false, nil
	})
	if err == nil && best.CSN < mark {
		return l.CommitAt(mark) // only marks lie between the key and the time
	}
	return best, err
}

func (l *Log) errDropped(what string, n uint64) error {
	return dberr.Newf(dberr.BeforeHistory, "%s %d is older than the log", what, n)
}
