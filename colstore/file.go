package colstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// fileKind says which folder a file is in.
type fileKind uint8

const (
	packFile fileKind = 1 // data/NNNNNNNN.pack: what a checkpoint or vacuum wrote
	logPart  fileKind = 2 // parts/NNNNNNNN.part: named by a frame of the log, lives as long as it
)

// fileRef names a file of the store.
type fileRef struct {
	kind fileKind
	id   uint64
}

func (f fileRef) path(dir string) string {
	if f.kind == logPart {
		return filepath.Join(dir, partsDir, fmt.Sprintf("%08d.part", f.id))
	}
	return filepath.Join(dir, dataDir, fmt.Sprintf("%08d.pack", f.id))
}

// dataFile is a mapped file. It is unmapped when the last reference ends.
type dataFile struct {
	ref     fileRef
	name    string
	mapping vfs.Mapping
	refs    int // guarded by fileSet.mu
}

// Bytes is the whole file. With Name it makes a dataFile a part.Source.
func (f *dataFile) Bytes() []byte { return f.mapping.Bytes() }

// Name is the file's path.
func (f *dataFile) Name() string { return f.name }

// fileSet is the mapped files of a database.
type fileSet struct {
	fs  vfs.FS
	dir string
	mu  struct {
		sync.Mutex
		open map[fileRef]*dataFile
	}
}

func newFileSet(fs vfs.FS, dir string) *fileSet {
	s := &fileSet{fs: fs, dir: dir}
	s.mu.open = map[fileRef]*dataFile{}
	return s
}

// get maps a file, or shares its mapping, and takes one reference.
func (s *fileSet) get(ref fileRef) (*dataFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.mu.open[ref]; ok {
		f.refs++
		return f, nil
	}
	f, err := s.mapFile(ref)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missingFile(ref.path(s.dir))
	}
	if err != nil {
		return nil, vfs.Wrap("open data file", err)
	}
	s.mu.open[ref] = f
	return f, nil
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// missingFile is the error of a file that must be there. It is fs.ErrNotExist too, which a
// reader beside a writer takes as a reason to look again.
func missingFile(name string) error {
	e := dberr.Corrupt(name, -1, "the file is missing")
	e.Err = fs.ErrNotExist
	return e
}

func (s *fileSet) mapFile(ref fileRef) (_ *dataFile, err error) {
	name := ref.path(s.dir)
	file, err := s.fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	m, err := file.Map(0, size)
	if err != nil {
		return nil, err
	}
	return &dataFile{ref: ref, name: name, mapping: m, refs: 1}, nil
}

// share takes one more reference.
func (s *fileSet) share(f *dataFile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.refs++
}

// put ends one reference.
func (s *fileSet) put(f *dataFile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.refs--
	if f.refs == 0 {
		delete(s.mu.open, f.ref)
		_ = f.mapping.Close() // nothing reads it any more, and nothing was written through it
	}
}

// inUse reports whether somebody has the file mapped.
func (s *fileSet) inUse(ref fileRef) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.open[ref] != nil
}
