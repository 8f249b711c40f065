package eventlog

import (
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

const (
	headName    = "head"
	headMagic   = "DRIFTHED"
	headVersion = 1
	headSize    = 128
	// headTries bounds how often a reader looks again at a page that is being written.
	headTries = 100
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// headState is what a writer shows to the processes beside it.
type headState struct {
	counter uint64 // grows with every write of the page
	commit  Commit // newest durable
	closed  int64  // no later commit gets a time at or below it, microseconds UTC
	end     uint64 // log offset behind everything durable
	pid     uint64 // of the writer
	clean   bool   // the writer has closed the log
}

// headPage is the writer's side of the head file.
type headPage struct {
	file    vfs.File
	id      [16]byte
	mu      sync.Mutex // held while the state is taken and written, so that the page never goes back
	counter uint64     // under mu
}

// createHead opens or makes the head file of a log.
func createHead(fsys vfs.FS, dir string, id [16]byte, counter uint64) (*headPage, error) {
	name := filepath.Join(dir, headName)
	file, err := fsys.OpenFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = fsys.Create(name)
		if err == nil {
			if err = errors.Join(file.Preallocate(headSize), file.Sync(), fsys.SyncDir(dir)); err != nil {
				err = errors.Join(err, file.Close())
			}
		}
	}
	if err != nil {
		return nil, vfs.Wrap("open head page", err)
	}
	return &headPage{file: file, id: id, counter: counter}, nil
}

// show writes what now returns to the page. It is not synced: the page is a hint, and what
// it says was durable before it was written.
func (h *headPage) show(now func() headState) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counter++
	st := now()
	st.counter = h.counter
	_, err := h.file.WriteAt(st.encode(h.id), 0)
	return vfs.Wrap("write head page", err)
}

// reopen writes the page of a writer that has just opened the log, and syncs it: from here
// on no page says any more that the log was closed properly.
func (h *headPage) reopen(now func() headState) error {
	if err := h.show(now); err != nil {
		return err
	}
	return vfs.Wrap("sync head page", h.file.Sync())
}

func (h *headPage) close() error { return h.file.Close() }

func (st *headState) encode(id [16]byte) []byte {
	w := binfmt.Writer{B: make([]byte, 0, headSize)}
	w.Bytes([]byte(headMagic))
	w.U32(headVersion)
	w.U32(0) // checksum, below
	w.Bytes(id[:])
	w.U64(st.counter)
	w.U64(st.commit.CSN)
	w.U64(st.commit.FirstSeq)
	w.U32(st.commit.Events)
	w.U32(boolBit(st.clean))
	w.I64(st.commit.TimeMicros)
	w.U64(st.commit.Offset)
	w.I64(st.closed)
	w.U64(st.end)
	w.U64(st.pid)
	w.Zero(headSize - len(w.B))
	w.PutU32(12, crc32.Checksum(w.B[16:], castagnoli))
	return w.B
}

func boolBit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// decodeHead reads a page; ok is false when it is not a whole one of this database.
func decodeHead(b []byte, id [16]byte) (st headState, ok bool) {
	r := binfmt.NewReader(b, headName, 0)
	magic, version, crc := string(r.Bytes(8)), r.U32(), r.U32()
	if magic != headMagic || version != headVersion || len(b) != headSize ||
		crc32.Checksum(b[16:], castagnoli) != crc || string(r.Bytes(16)) != string(id[:]) {
		return headState{}, false
	}
	st.counter = r.U64()
	st.commit = Commit{CSN: r.U64(), FirstSeq: r.U64(), Events: r.U32()}
	st.clean = r.U32() == 1
	st.commit.TimeMicros, st.commit.Offset = r.I64(), r.U64()
	st.closed, st.end, st.pid = r.I64(), r.U64(), r.U64()
	return st, r.Err() == nil
}

// readHead returns what the head page shows. It is read with pread, not through a mapping:
// the checksum tells a page that was read while it was written, and the reader looks again.
// A page that is missing, damaged or of another database shows nothing.
func readHead(fsys vfs.FS, dir string, id [16]byte) (st headState, ok bool, err error) {
	file, err := fsys.Open(filepath.Join(dir, headName))
	if errors.Is(err, fs.ErrNotExist) {
		return headState{}, false, nil
	}
	if err != nil {
		return headState{}, false, vfs.Wrap("open head page", err)
	}
	var page [headSize]byte
	for range headTries {
		n, _ := file.ReadAt(page[:], 0) // an error leaves a page that does not check out
		if st, ok = decodeHead(page[:n], id); ok {
			break
		}
	}
	return st, ok, file.Close()
}

// headNow is what the page has to show now.
func (l *Log) headNow() headState {
	// The closed time is loaded first: the durable head that comes after it covers it.
	closed := l.work.closed.Load()
	p := l.durable.Load()
	return headState{commit: p.commit, closed: max(p.commit.TimeMicros, closed), end: p.end, pid: uint64(os.Getpid())}
}

// headClosed is headNow for a log that is being closed.
func (l *Log) headClosed() headState {
	st := l.headNow()
	st.clean = true
	return st
}

// showHead updates the page after a group. An error is only told to the logger: readers
// beside us fall behind, nothing is lost.
func (l *Log) showHead() {
	if err := l.head.show(l.headNow); err != nil {
		l.opt.Logger.Warn("head page not written", "error", err, "code", dberr.CodeOf(err))
	}
}
