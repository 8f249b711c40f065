package mmapseg

import (
	"errors"
	"io/fs"
	"sync"

	"driftdb/internal/vfs"
)

// preparer makes the next segment ahead of its use: created, zeroed, synced and mapped in
// the background, so that a roll costs the appender nothing.
type preparer struct {
	store *Store
	mu    sync.Mutex
	idle  sync.Cond // signalled when busy becomes false
	busy  bool      // a goroutine is at work
	ended bool      // the store is closed

	number uint64   // of the next segment to make
	ready  *segment // made and not yet used
}

func (p *preparer) init(s *Store) {
	p.store = s
	p.idle.L = &p.mu
	p.number = 1
}

// start makes the next segment in the background, unless it is there or being made.
func (p *preparer) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy || p.ready != nil || p.ended {
		return
	}
	p.busy = true
	go p.work(p.number)
}

func (p *preparer) work(number uint64) {
	g, err := p.store.createSegment(number, HeaderSize)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doneLocked(g, err)
	if err != nil {
		p.store.opt.Logger.Warn("next log segment not prepared", "error", err)
	}
}

// take returns the next segment, large enough for a frame of the given size. It waits for the
// background, and makes one itself if need be. A prepared segment that is too small stays
// empty in its place.
func (p *preparer) take(frame int) (*segment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.busy {
		p.idle.Wait()
	}
	if g := p.ready; g != nil {
		p.ready = nil
		if g.capacity >= segmentHeaderSize+int64(frame) {
			return g, nil
		}
		if err := g.unpin(); err != nil {
			return nil, err
		}
	}
	g, err := p.store.createSegment(p.number, frame)
	if err == nil {
		p.number++
	}
	return g, err
}

// ensure returns nil once a segment is ready: it waits for the background, and makes one
// itself when that has failed.
func (p *preparer) ensure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.busy {
		p.idle.Wait()
	}
	if p.ready != nil || p.ended {
		return nil
	}
	p.busy = true
	number := p.number
	p.mu.Unlock()
	g, err := p.store.createSegment(number, HeaderSize)
	p.mu.Lock()
	p.doneLocked(g, err)
	return err
}

// doneLocked ends the making of a segment.
func (p *preparer) doneLocked(g *segment, err error) {
	p.busy = false
	if err == nil {
		p.ready = g
		p.number = g.number + 1
	}
	p.idle.Broadcast()
}

// stop waits for the background and lets a prepared segment go; its file stays for the next open.
func (p *preparer) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for p.busy {
		p.idle.Wait()
	}
	g := p.ready
	p.ready = nil
	if g == nil {
		return nil
	}
	return g.unpin()
}

// Room makes sure that size bytes of frames can be appended: when they do not fit into the
// active segment, the next one is ready on return. The error is that of making it, a full
// disk for example. It may be asked before numbers are given, by one goroutine at a time.
func (s *Store) Room(size int64) error {
	list := *s.list.Load()
	if len(list) > 0 {
		if last := list[len(list)-1]; last.sealed == nil && last.number == s.current.Load() && last.room() >= size {
			return nil
		}
	}
	return s.next.ensure()
}

// createSegment makes the file of a segment: written and zeroed under a temporary name,
// synced, renamed, and the directory synced. A file of that name can only be one that was
// prepared and never used, or that failed half-way.
func (s *Store) createSegment(number uint64, frame int) (*segment, error) {
	fsys := s.opt.FS
	g := &segment{number: number, path: s.path(segmentName(number, activeSuffix)),
		seed: newSeed(s.opt.DatabaseID, number), capacity: s.capacity(number, frame)}
	tmp := g.path + vfs.TempSuffix
	if err := fsys.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, vfs.Wrap("remove unfinished segment", err)
	}
	file, err := fsys.Create(tmp)
	if err != nil {
		return nil, vfs.Wrap("create segment", err)
	}
	if err := s.fillSegment(file, g); err != nil {
		return nil, errors.Join(vfs.Wrap("prepare "+g.path, err), file.Close(), fsys.Remove(tmp))
	}
	if g.file, err = fsys.OpenFile(g.path); err == nil {
		g.mapping, err = g.file.Map(0, g.capacity)
	}
	g.pins.Store(1)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, errors.Join(vfs.Wrap("map "+g.path, err), g.unpin())
	}
	return g, nil
}

func (s *Store) fillSegment(file vfs.File, g *segment) error {
	header := encodeSegmentHeader(s.opt.DatabaseID, g.number, g.capacity, s.opt.Clock())
	if _, err := file.WriteAt(header, 0); err != nil {
		return err
	}
	if err := file.Preallocate(g.capacity); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := s.opt.FS.Rename(file.Name(), g.path); err != nil {
		return err
	}
	return s.opt.FS.SyncDir(s.opt.Dir)
}
