package eventlog

import (
	"context"

	"driftdb/internal/dberr"
	"driftdb/mmapseg"
)

// sealLoop seals full segments until ctx ends.
func (l *Log) sealLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.work.full:
		}
		err := l.SealFull(ctx)
		if err != nil && ctx.Err() == nil {
			l.opt.Logger.Warn("segment not sealed", "error", err)
		}
		l.counts.sealError.Store(&err)
	}
}

// SealFull seals the segments that are full now. It runs in the background anyway; a caller
// that wants the log small at once may call it.
func (l *Log) SealFull(ctx context.Context) error {
	l.work.sealing.Lock()
	defer l.work.sealing.Unlock()
	for _, g := range l.store.Unsealed() {
		if err := l.sealOne(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) sealOne(ctx context.Context, g mmapseg.SegmentInfo) error {
	sections, err := l.footerOf(ctx, g)
	if err != nil {
		return err
	}
	if err := l.store.Seal(ctx, g, sections); err != nil {
		return err
	}
	l.index.drop(g.End)
	l.opt.Logger.Debug("segment sealed", "segment", g.Number)
	return nil
}

// footerOf reads a full segment and makes its footer.
func (l *Log) footerOf(ctx context.Context, g mmapseg.SegmentInfo) ([]mmapseg.Section, error) {
	fb := newFooterBuilder(g.Base)
	if g.Base == g.End {
		return fb.sections(), nil
	}
	var t Txn
	err := l.scan(g.Base, func(c *mmapseg.Cursor, f *mmapseg.Frame) (bool, error) {
		if f.Offset >= g.End {
			return true, nil
		}
		if f.Kind != mmapseg.KindTxn {
			return false, ctx.Err()
		}
		if err := t.decodeAt(c, f); err != nil {
			return true, err
		}
		fb.add(f, &t)
		return false, ctx.Err()
	})
	return fb.sections(), err
}

func errNotTxn(offset uint64, kind mmapseg.Kind) error {
	return dberr.Bug("log offset %d holds a %s, not a transaction", offset, kind)
}
