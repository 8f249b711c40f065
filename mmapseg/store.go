package mmapseg

import (
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Defaults and limits of Options, in bytes.
const (
	DefaultMinSize    = 64 << 10
	DefaultMaxSize    = 64 << 20
	DefaultCacheBytes = 16 << 20
	minSegmentSize    = 4 << 10
)

// Options of Open.
type Options struct {
	FS         vfs.FS
	Dir        string
	DatabaseID [16]byte
	MinSize    int64 // capacity of segment 1; default 64 KiB
	MaxSize    int64 // capacities double up to it; default 64 MiB
	NoCompress bool  // sealed segments keep plain blocks
	CacheBytes int64 // decompressed blocks; default 16 MiB
	ReadOnly   bool
	// Durable is an offset up to which the log is known to be durable. A log that ends
	// before it is damaged, not torn.
	Durable uint64
	// CleanEnd is where the log was closed properly, if it is known that no writer has opened
	// it since; 0 if not. When the log ends there, what is behind need not be searched.
	CleanEnd uint64
	// Oldest is the log offset where the log begins, 0 unless old segments were dropped. A log
	// that begins later has lost segments.
	Oldest uint64
	// Held is the newest commit that the caller can do without the log for, 0 for none. A
	// damaged place that hides no later commit is a hole and does not end the log.
	Held uint64
	// Follow says that a writer is alive: the log is read up to Durable, and nothing behind
	// it is judged. Refresh moves the end on.
	Follow bool
	// Visit is called during Open with every frame of the unsealed segments, in order. The
	// frame is valid during the call. Its error makes the frame damage.
	Visit  func(*Frame) error
	Clock  func() int64 // microseconds UTC, for creation times
	Logger *slog.Logger
}

// Store is the segments of one log in a directory. One goroutine at a time may append
// (Write, Sync); all other methods may be called from any goroutine.
type Store struct {
	opt    Options
	list   atomic.Pointer[[]*segment] // ascending by number, contiguous; replaced, never changed
	cache  *blockCache
	damage *Damage
	holes  atomic.Pointer[[]Hole] // found by recovery; replaced, never changed
	end    atomic.Uint64          // log offset behind the last written frame
	synced atomic.Uint64          // log offset known to be durable

	active  *segment      // where Write appends; the appender's
	current atomic.Uint64 // the number of active, 0 without one
	failed  error         // final; the appender's
	next    preparer

	mu     sync.Mutex // taken to replace list
	closed bool       // under mu
}

func (o Options) withDefaults() Options {
	if o.MinSize == 0 {
		o.MinSize = DefaultMinSize
	}
	if o.MaxSize == 0 {
		o.MaxSize = max(DefaultMaxSize, o.MinSize)
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = DefaultCacheBytes
	}
	if o.Visit == nil {
		o.Visit = func(*Frame) error { return nil }
	}
	if o.Clock == nil {
		o.Clock = func() int64 { return 0 }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Open opens the log in a directory, creating it unless read-only, and recovers its end.
// Damage does not make Open fail: what is before it can be read, and Damage tells of it.
func Open(opt Options) (*Store, error) {
	opt = opt.withDefaults()
	if opt.MinSize < minSegmentSize || opt.MaxSize < opt.MinSize {
		return nil, dberr.Newf(dberr.InvalidParameterValue,
			"segment sizes %d to %d bytes are not usable", opt.MinSize, opt.MaxSize)
	}
	s := &Store{opt: opt, cache: newBlockCache(opt.CacheBytes)}
	s.list.Store(new([]*segment))
	s.holes.Store(new([]Hole))
	s.next.init(s)
	err := s.prepareDir()
	if err == nil {
		err = vfs.Guard(s.recover)
	}
	if err == nil && !opt.ReadOnly && s.damage == nil {
		err = s.startAppending()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepareDir makes the directory and removes unfinished files of a writer that died.
func (s *Store) prepareDir() error {
	if s.opt.ReadOnly {
		return nil
	}
	if err := s.opt.FS.MkdirAll(s.opt.Dir); err != nil {
		return vfs.Wrap("create log directory", err)
	}
	names, err := s.opt.FS.ReadDir(s.opt.Dir)
	if err != nil {
		return vfs.Wrap("list log directory", err)
	}
	for _, name := range names {
		base, unfinished := strings.CutSuffix(name, vfs.TempSuffix)
		if !unfinished || !isSegmentName(strings.TrimSuffix(base, damagedSuffix)) {
			continue
		}
		if err := s.opt.FS.Remove(s.path(name)); err != nil {
			return vfs.Wrap("remove unfinished "+name, err)
		}
	}
	return nil
}

// Exists reports whether a directory holds segments, or what a repair has left of them.
func Exists(fsys vfs.FS, dir string) (bool, error) {
	names, err := fsys.ReadDir(dir)
	if isNotExist(err) {
		return false, nil
	}
	for _, name := range names {
		if isSegmentName(strings.TrimSuffix(name, damagedSuffix)) {
			return true, nil
		}
	}
	return false, vfs.Wrap("list log directory", err)
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func isSegmentName(name string) bool {
	_, active := parseSegmentName(name, activeSuffix)
	_, sealed := parseSegmentName(name, sealedSuffix)
	return active || sealed
}

func (s *Store) path(name string) string { return filepath.Join(s.opt.Dir, name) }

// End is the log offset behind the last frame that can be read here.
func (s *Store) End() uint64 { return s.end.Load() }

// Synced is the log offset up to which the log is known to be durable.
func (s *Store) Synced() uint64 { return s.synced.Load() }

// Start is the offset of the oldest frame kept.
func (s *Store) Start() uint64 {
	if list := *s.list.Load(); len(list) > 0 {
		return list[0].base
	}
	return 0
}

// Damage returns what recovery found damaged, or nil.
func (s *Store) Damage() *Damage { return s.damage }

// Close stops the background work and closes the files. It does not sync. Cursors that are
// open keep what they have pinned.
func (s *Store) Close() error {
	err := s.next.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	for _, g := range *s.list.Swap(new([]*segment)) {
		err = errors.Join(err, g.unpin())
	}
	return err
}

// replace installs a new list: the old one without drop, with add.
func (s *Store) replace(drop, add *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := *s.list.Load()
	list := make([]*segment, 0, len(old)+1)
	for _, g := range old {
		if g != drop {
			list = append(list, g)
		}
	}
	if add != nil {
		i := sort.Search(len(list), func(i int) bool { return list[i].number > add.number })
		list = append(list, nil)
		copy(list[i+1:], list[i:])
		list[i] = add
	}
	s.list.Store(&list)
}

// segmentAt returns the segment that holds the frame at offset, pinned; nil when there is none.
func (s *Store) segmentAt(offset uint64) *segment {
	for {
		list := *s.list.Load()
		i := sort.Search(len(list), func(i int) bool { return list[i].end.Load() > offset })
		if i == len(list) || list[i].base > offset {
			return nil
		}
		if list[i].pin() {
			return list[i]
		}
	}
}

// capacity is the size of the file of a segment whose first frame has the given size.
func (s *Store) capacity(number uint64, frame int) int64 {
	size := s.opt.MinSize
	for i := uint64(1); i < number && size < s.opt.MaxSize; i++ {
		size *= 2
	}
	return max(min(size, s.opt.MaxSize), segmentHeaderSize+int64(frame))
}
