package mmapseg

import (
	"errors"
	"io/fs"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// refreshTries bounds how often Refresh looks again when the writer replaces a file under it.
const refreshTries = 10

// Refresh reads on up to durable, a log offset that the writer beside has shown. Visit is
// called for the frames read. Only for a store opened with ReadOnly; one goroutine at a time.
func (s *Store) Refresh(durable uint64) (err error) {
	if !s.opt.ReadOnly || durable <= s.End() {
		return nil
	}
	s.opt.Follow, s.opt.Durable = true, durable
	for range refreshTries {
		if err = vfs.Guard(s.readOn); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err == nil && s.damage != nil {
		err = s.damage.Err()
	}
	return err
}

// readOn opens the segments that are new and scans on from the end.
func (s *Store) readOn() error {
	files, err := s.listSegments()
	if err != nil {
		return err
	}
	segments, begin, at := []*segment{}, []uint64{}, s.Start()
	if list := *s.list.Load(); len(list) > 0 {
		last := list[len(list)-1]
		segments, begin, at = append(segments, last), append(begin, last.base), s.End()
	}
	var fresh []*segment
	for _, f := range files {
		if len(segments) > 0 && f.number <= segments[0].number {
			continue
		}
		g, err := s.openSegment(f)
		if dberr.IsCorruption(err) {
			break // judged when the offsets in it are asked for
		}
		if err != nil {
			for _, g := range fresh {
				err = errors.Join(err, g.unpin())
			}
			return err
		}
		fresh = append(fresh, g)
	}
	segments, begin = append(segments, fresh...), append(begin, starts(fresh)...)
	if len(segments) == 0 {
		return nil
	}
	if err := s.scanAll(segments, begin, at); err != nil {
		return err
	}
	s.checkDurable()
	return nil
}
