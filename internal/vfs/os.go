package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"

	"github.com/edsrzf/mmap-go"
	"golang.org/x/sys/unix"

	"driftdb/internal/dberr"
)

// OS is the machine's file system.
var OS FS = osFS{}

const (
	fileMode = 0o640
	dirMode  = 0o750
)

type osFS struct{}

func (osFS) Open(name string) (File, error)     { return openOS(name, os.O_RDONLY) }
func (osFS) OpenFile(name string) (File, error) { return openOS(name, os.O_RDWR) }
func (osFS) Create(name string) (File, error) {
	return openOS(name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}
func (osFS) Remove(name string) error             { return os.Remove(name) }
func (osFS) Rename(oldName, newName string) error { return os.Rename(oldName, newName) }

func openOS(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, fileMode)
	if err != nil {
		return nil, err
	}
	return &osFile{f}, nil
}

// MkdirAll makes each missing directory and syncs its parent, so that the whole path is durable.
func (o osFS) MkdirAll(dir string) error {
	info, err := os.Stat(dir)
	if err == nil {
		if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: unix.ENOTDIR}
		}
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := o.MkdirAll(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return o.SyncDir(parent)
}

func (osFS) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (osFS) Stat(name string) (Info, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Info{}, err
	}
	return Info{Size: info.Size(), IsDir: info.IsDir(), Special: !info.IsDir() && !info.Mode().IsRegular(), Modified: info.ModTime().UnixMicro()}, nil
}

// OpenStream opens a device, pipe or socket of the machine's file system for writing.
func OpenStream(name string) (io.WriteCloser, error) { return os.OpenFile(name, os.O_WRONLY, 0) }

// maxLinks is how many symbolic links are followed, as the system does.
const maxLinks = 40

// Target is what a name of the machine's file system leads to through symbolic links: the file, or where it would be.
func Target(name string) string {
	for range maxLinks {
		to, err := os.Readlink(name)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(name) + string(filepath.Separator) + to
		}
		name = to
	}
	return name
}

// CopyMode gives a file of the machine's file system the permissions of another, which it is about to replace.
func CopyMode(to, from string) error {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chmod(to, info.Mode().Perm())
}

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (osFS) Lock(name string) (io.Closer, error)       { return flock(name, unix.LOCK_EX) }
func (osFS) LockShared(name string) (io.Closer, error) { return flock(name, unix.LOCK_SH) }

// flock locks the open file description, so two holders in one process conflict too. A
// shared lock needs only read access, so that a reader may sit on a read-only disk.
func flock(name string, how int) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil && how == unix.LOCK_SH {
		f, err = os.Open(name)
	}
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if err == nil {
		return fileLock{f}, nil
	}
	_ = f.Close() // nothing was written
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, inUse(name)
	}
	return nil, &fs.PathError{Op: "flock", Path: name, Err: err}
}

// fileLock is a locked file. It is unlocked before it is closed: a process that is started has a
// copy of the descriptor until it runs its program, and a lock lasts as long as any copy.
type fileLock struct{ f *os.File }

// Close gives the lock back.
func (l fileLock) Close() error {
	return errors.Join(unix.Flock(int(l.f.Fd()), unix.LOCK_UN), l.f.Close())
}

func inUse(name string) error {
	e := dberr.Newf(dberr.ObjectInUse, "lock file \"%s\" is held by another process", name)
	return e.WithHint("Another writer may have this directory open; a second one can only read it.")
}

type osFile struct{ f *os.File }

func (f *osFile) Name() string                             { return f.f.Name() }
func (f *osFile) Close() error                             { return f.f.Close() }
func (f *osFile) ReadAt(p []byte, off int64) (int, error)  { return f.f.ReadAt(p, off) }
func (f *osFile) WriteAt(p []byte, off int64) (int, error) { return f.f.WriteAt(p, off) }
func (f *osFile) Truncate(size int64) error                { return f.f.Truncate(size) }

// WriteBack implements WriteBacker.
func (f *osFile) WriteBack(off, n int64) {
	_ = unix.SyncFileRange(int(f.f.Fd()), off, n, unix.SYNC_FILE_RANGE_WRITE) // Sync sees what goes wrong
}

func (f *osFile) Size() (int64, error) {
	info, err := f.f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f *osFile) Sync() error {
	for {
		err := unix.Fdatasync(int(f.f.Fd()))
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return &fs.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
		}
	}
}

// zeroChunk is what Preallocate writes at a time: large enough to be cheap, small enough to
// leave the disk to others in between.
var zeroChunk [1 << 20]byte

func (f *osFile) Preallocate(size int64) error {
	at, err := f.Size()
	if err != nil {
		return err
	}
	for at < size {
		n, err := f.f.WriteAt(zeroChunk[:min(size-at, int64(len(zeroChunk)))], at)
		if err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}

func (f *osFile) Map(off, length int64) (Mapping, error) {
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	if off < 0 || length < 0 || off > size-length {
		return nil, &fs.PathError{Op: "mmap", Path: f.Name(), Err: io.ErrUnexpectedEOF}
	}
	if length == 0 {
		return &osMapping{}, nil
	}
	lead := off % int64(os.Getpagesize())
	region, err := mmap.MapRegion(f.f, int(length+lead), mmap.RDONLY, 0, off-lead)
	if err != nil {
		return nil, &fs.PathError{Op: "mmap", Path: f.Name(), Err: err}
	}
	m := &osMapping{region: region, bytes: region[lead : lead+length : lead+length]}
	live.add(uintptr(unsafe.Pointer(&region[0])), len(region), f.Name())
	return m, nil
}

type osMapping struct {
	region mmap.MMap // from a page border
	bytes  []byte    // what was asked for
}

func (m *osMapping) Bytes() []byte { return m.bytes }

func (m *osMapping) Advise(a Advice) error {
	if m.region == nil {
		return nil
	}
	how := map[Advice]int{Normal: unix.MADV_NORMAL, Sequential: unix.MADV_SEQUENTIAL,
		Random: unix.MADV_RANDOM, WillNeed: unix.MADV_WILLNEED}[a]
	return unix.Madvise(m.region, how)
}

func (m *osMapping) Close() error {
	if m.region == nil {
		return nil
	}
	live.remove(uintptr(unsafe.Pointer(&m.region[0])))
	m.bytes = nil
	return m.region.Unmap()
}

func removeIfThere(fsys FS, name string) error {
	if err := fsys.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
