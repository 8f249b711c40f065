package mmapseg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"sort"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// recover opens all segments and finds the end of the log.
func (s *Store) recover() error {
	files, err := s.listSegments()
	if err != nil {
		return err
	}
	segments, err := s.openAll(files)
	if err != nil {
		for _, g := range segments {
			err = errors.Join(err, g.unpin())
		}
		return err
	}
	if len(segments) == 0 {
		s.next.number = 1
		if len(files) > 0 {
			s.next.number = files[len(files)-1].number + 1
		}
		s.checkDurable()
		return nil
	}
	begin, at := starts(segments), uint64(0)
	if begin[0] != unknownEnd {
		at = begin[0]
	}
	if at > s.opt.Oldest {
		s.noteDamage(s.path(segmentName(segments[0].number-1, sealedSuffix)), -1, s.opt.Oldest, fmt.Sprintf(
			"the log begins at offset %d, the segments from offset %d on are missing", at, s.opt.Oldest))
		return s.keep(segments, 0, s.opt.Oldest)
	}
	if err := s.scanAll(segments, begin, at); err != nil {
		return err
	}
	s.checkDurable()
	return s.syncRecovered()
}

// segmentFile is one segment as found in the directory.
type segmentFile struct {
	number uint64
	sealed bool
}

func (f segmentFile) name() string {
	if f.sealed {
		return segmentName(f.number, sealedSuffix)
	}
	return segmentName(f.number, activeSuffix)
}

// listSegments returns the segment files by number. Where a segment is there in both forms,
// the sealed one is complete: it got its name after it was synced.
func (s *Store) listSegments() ([]segmentFile, error) {
	names, err := s.opt.FS.ReadDir(s.opt.Dir)
	if errors.Is(err, fs.ErrNotExist) && s.opt.ReadOnly {
		return nil, dberr.Newf(dberr.UndefinedFile, "there is no log in \"%s\"", s.opt.Dir)
	}
	if err != nil {
		return nil, vfs.Wrap("list log directory", err)
	}
	forms := map[uint64]bool{}
	for _, name := range names {
		if n, ok := parseSegmentName(name, sealedSuffix); ok {
			forms[n] = true
		} else if n, ok := parseSegmentName(name, activeSuffix); ok {
			forms[n] = forms[n] || false
		}
	}
	files := make([]segmentFile, 0, len(forms))
	for n, sealed := range forms {
		files = append(files, segmentFile{n, sealed})
	}
	sort.Slice(files, func(i, j int) bool { return files[i].number < files[j].number })
	return files, nil
}

// openAll opens the files in order. It stops at a file that is missing or cannot be read, and
// notes the damage.
func (s *Store) openAll(files []segmentFile) (segments []*segment, err error) {
	for i, f := range files {
		if want := files[0].number + uint64(i); f.number != want {
			s.damage = &Damage{File: s.path(segmentName(want, activeSuffix)), Offset: -1,
				What: fmt.Sprintf("segment %d is missing, segment %d is there", want, f.number)}
			return segments, nil
		}
		g, err := s.openSegment(f)
		var fault *dberr.Error
		if errors.As(err, &fault) && dberr.IsCorruption(err) {
			if !f.sealed && i == len(files)-1 && s.blank(f) {
				return segments, nil // prepared but never used
			}
			s.damage = &Damage{File: fault.File, Offset: fault.Offset, What: fault.Message}
			return segments, nil
		}
		if err != nil {
			return segments, err
		}
		segments = append(segments, g)
	}
	return segments, nil
}

// openSegment opens and maps one file and checks its header.
func (s *Store) openSegment(f segmentFile) (*segment, error) {
	g := &segment{number: f.number, path: s.path(f.name()), seed: newSeed(s.opt.DatabaseID, f.number)}
	open := s.opt.FS.Open
	if !s.opt.ReadOnly && !f.sealed {
		open = s.opt.FS.OpenFile
	}
	file, err := open(g.path)
	if err != nil {
		return nil, vfs.Wrap("open segment", err)
	}
	g.file = file
	g.pins.Store(1)
	if err := s.mapSegment(g, f.sealed); err != nil {
		return nil, errors.Join(err, g.unpin())
	}
	return g, nil
}

func (s *Store) mapSegment(g *segment, sealed bool) (err error) {
	if g.capacity, err = g.file.Size(); err != nil {
		return vfs.Wrap("size of segment", err)
	}
	if g.mapping, err = g.file.Map(0, g.capacity); err != nil {
		return vfs.Wrap("map segment", err)
	}
	if !sealed {
		return checkSegmentHeader(g.mapping.Bytes(), s.opt.DatabaseID, g.number, g.path)
	}
	if g.sealed, err = openSealed(g.mapping.Bytes(), s.opt.DatabaseID, g.number, g.path); err != nil {
		return err
	}
	g.base = g.sealed.base
	g.end.Store(g.sealed.end)
	err = g.file.Close()
	g.file = nil
	return err
}

// blank reports whether the file holds nothing but zeros behind its header: it was prepared
// and never used, so a bad header loses nothing.
func (s *Store) blank(f segmentFile) bool {
	data, err := vfs.ReadFile(s.opt.FS, s.path(f.name()))
	if err != nil {
		return false
	}
	for i := segmentHeaderSize; i < len(data); i++ {
		if data[i] != 0 {
			return false
		}
	}
	return true
}

// starts returns for each segment the log offset where it begins, or unknownEnd where its
// first frame is missing or bad.
func starts(segments []*segment) []uint64 {
	at := make([]uint64, len(segments))
	for i, g := range segments {
		at[i] = unknownEnd
		if g.sealed != nil {
			at[i] = g.base
		} else if base, ok := g.peekBase(); ok {
			at[i] = base
		}
	}
	return at
}

// limitOf is where segment i ends: where the next one begins that has begun, or where the
// durable part ends when a writer is still at work behind it.
func (s *Store) limitOf(starts []uint64, i int) uint64 {
	limit := uint64(unknownEnd)
	if s.opt.Follow {
		limit = s.opt.Durable
	}
	for _, start := range starts[i+1:] {
		if start != unknownEnd {
			return min(start, limit)
		}
	}
	return limit
}

// scanAll walks the segments in order, sets base and end of each, and keeps in the list those
// that can be read. It stops at the first bad frame. The first segment is read from at on;
// the others from their base.
func (s *Store) scanAll(segments []*segment, begin []uint64, at uint64) error {
	for i, g := range segments {
		if s.opt.Follow && at >= s.opt.Durable {
			return s.keep(segments, i, at) // a sealed segment may reach further than was shown
		}
		begun := begin[i] != unknownEnd && (!s.opt.Follow || begin[i] < s.opt.Durable)
		if i > 0 && begun && begin[i] != at {
			s.noteDamage(g.path, segmentHeaderSize, at, fmt.Sprintf(
				"the segment begins at log offset %d, but the log before it ends at %d", begin[i], at))
			return s.keep(segments, i, at)
		}
		if g.sealed != nil {
			at = g.end.Load()
			continue
		}
		if g.end.Load() == 0 {
			g.base = at
		}
		done, err := s.scanOne(segments[i:], begin[i:], &at)
		if err != nil {
			return err
		}
		if done {
			return s.keep(segments, i+1, at)
		}
	}
	return s.keep(segments, len(segments), at)
}

// scanOne reads the first of the segments from at on and moves at. done says that the log
// ends there.
func (s *Store) scanOne(segments []*segment, begin []uint64, at *uint64) (done bool, err error) {
	g, limit := segments[0], s.limitOf(begin, 0)
	stop, fault, err := s.scanBridging(g, *at, limit)
	if err != nil && !dberr.IsCorruption(err) {
		return true, err
	}
	g.end.Store(stop)
	*at = stop
	if err != nil {
		s.noteDamage(g.path, g.fileOffset(stop), stop, err.Error())
		return true, nil
	}
	if stop == limit {
		return s.opt.Follow && stop == s.opt.Durable, nil
	}
	s.judge(segments, begin, limit, fault)
	return true, nil
}

// scanBridging is segment.scanFrames, over the holes.
func (s *Store) scanBridging(g *segment, from, limit uint64) (at uint64, fault string, err error) {
	for {
		at, fault, err = g.scanFrames(from, limit, s.opt.Visit)
		if fault == "" || err != nil {
			return at, fault, err
		}
		next, ok := s.bridge(g, at, limit, fault)
		if !ok {
			return at, fault, nil
		}
		from = next
	}
}

// judge decides what the bad frame at the end of the first of the segments means: damage when
// something good behind it was written after this place was durable, otherwise a torn end.
func (s *Store) judge(segments []*segment, begin []uint64, limit uint64, fault string) {
	g, x := segments[0], segments[0].end.Load()
	if limit != unknownEnd {
		s.blame(segments, begin, x, fault)
		return
	}
	if x != 0 && x == s.opt.CleanEnd {
		for _, g := range segments {
			g.clean = true
		}
		return
	}
	var proof bool
	proof, g.clean = g.provesDurable(g.fileOffset(x), x)
	for _, later := range segments[1:] {
		more, blank := later.provesDurable(segmentHeaderSize, x)
		proof = proof || more
		later.clean = blank
	}
	if proof {
		s.blame(segments, begin, x, fault)
	}
}

// blame notes damage at the log offset x. When the first segment holds only zeros there, and
// the next one was written, it is the next one's first frame that is bad.
func (s *Store) blame(segments []*segment, begin []uint64, x uint64, fault string) {
	g, pos := segments[0], segments[0].fileOffset(x)
	if _, zeros := g.provesDurable(pos, unknownEnd); zeros && len(segments) > 1 && begin[1] == unknownEnd {
		if next := segments[1]; binary.LittleEndian.Uint64(next.mapping.Bytes()[segmentHeaderSize:]) != 0 {
			_, fault = next.seed.parse(next.mapping.Bytes()[segmentHeaderSize:], x)
			s.noteDamage(next.path, segmentHeaderSize, x, fault)
			return
		}
	}
	s.noteDamage(g.path, pos, x, fault)
}

// noteDamage keeps the first damage found.
func (s *Store) noteDamage(path string, pos int64, offset uint64, what string) {
	if s.damage == nil || s.damage.LogOffset > offset {
		s.damage = &Damage{File: path, Offset: pos, LogOffset: offset, What: what}
	}
}

// keep leaves the first n segments in the list and lets the others go. Of those, a blank one
// that follows directly is the segment prepared for the next roll.
func (s *Store) keep(segments []*segment, n int, end uint64) error {
	kept := append(s.before(segments[0].number), segments[:n]...)
	s.list.Store(&kept)
	s.end.Store(end)
	s.synced.Store(end)
	s.next.number = segments[len(segments)-1].number + 1
	var err error
	for i, g := range segments[n:] {
		if i == 0 && g.clean && s.damage == nil && !s.opt.ReadOnly && len(segments) == n+1 {
			s.next.ready = g
			continue
		}
		err = errors.Join(err, g.unpin())
	}
	return err
}

// before returns a copy of the list up to the segment with the given number, without it.
func (s *Store) before(number uint64) (list []*segment) {
	for _, g := range *s.list.Load() {
		if g.number < number {
			list = append(list, g)
		}
	}
	return list
}

// checkDurable compares the end found with the one that was shown as durable.
func (s *Store) checkDurable() {
	end := s.End()
	if end >= s.opt.Durable || s.damage != nil {
		if s.damage != nil && s.damage.LogOffset == 0 {
			s.damage.LogOffset = end
		}
		return
	}
	path, pos := s.opt.Dir, int64(-1)
	if list := *s.list.Load(); len(list) > 0 {
		last := list[len(list)-1]
		if path = last.path; last.sealed == nil {
			pos = last.fileOffset(end)
		}
	}
	s.noteDamage(path, pos, end, fmt.Sprintf("the log ends at offset %d, but was durable up to %d", end, s.opt.Durable))
}

// syncRecovered makes durable what recovery accepted: after a kill it may be in the page
// cache only.
func (s *Store) syncRecovered() error {
	list := *s.list.Load()
	if len(list) == 0 || list[len(list)-1].file == nil || s.opt.Follow {
		return nil
	}
	err := list[len(list)-1].file.Sync()
	if s.opt.ReadOnly {
		return nil // a reader does what it can; the disk may be read-only
	}
	return vfs.Wrap("sync recovered segment", err)
}
