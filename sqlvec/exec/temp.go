package exec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/s2"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// TempSpace says where operators write rows that do not fit their memory. The zero value
// is no place: queries then end with SQLSTATE 53200 where others spill.
type TempSpace struct {
	FS    vfs.FS
	Dir   string // made when the first file is
	Limit int64  // bytes that the files of one query have together; 0 means no limit
}

// tempUse counts what one query has written, over all its executions.
type tempUse struct {
	bytes atomic.Int64 // in files that are open
}

// tempNumber tells the files of a process apart.
var tempNumber atomic.Int64

// tempFile is a file of extents that only this execution knows: its name is removed as
// soon as it is made, so nothing of it outlives the process. Extents may be written and
// read by several goroutines. An extent is
//
//	offset  size  field
//	0       4     CRC-32C of the rest
//	4       4     bytes of the rows before compression
//	8             the rows as encodeRows wrote them, compressed by S2
type tempFile struct {
	ex   *execution
	f    vfs.File
	end  atomic.Int64
	used atomic.Int64 // bytes counted against the limit
}

// extent is where some rows are in a temporary file.
type extent struct {
	off        int64
	size, rows int32
	raw        int32 // bytes before compression
}

const (
	extentHeader = 8
	maxTempName  = 1000 // names that are tried before giving up
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// newTempFile makes a temporary file that is closed when the execution ends.
func (ex *execution) newTempFile() (*tempFile, error) {
	t := ex.opts.Temp
	if err := t.FS.MkdirAll(t.Dir); err != nil {
		return nil, vfs.Wrap("make directory of temporary files", err)
	}
	for range maxTempName {
		name := filepath.Join(t.Dir, fmt.Sprintf("driftdb-%d-%d%s", os.Getpid(), tempNumber.Add(1), vfs.TempSuffix))
		f, err := t.FS.Create(name)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, vfs.Wrap("create temporary file", err)
		}
		if err := t.FS.Remove(name); err != nil {
			return nil, vfs.Wrap("unlink temporary file", errors.Join(err, f.Close()))
		}
		tf := &tempFile{ex: ex, f: f}
		ex.onClose(closeFunc(tf.close))
		return tf, nil
	}
	return nil, dberr.Newf(dberr.IOError, "no name for a temporary file is free in \"%s\"", t.Dir)
}

// sharedFile is a temporary file that the first of several ends makes.
type sharedFile struct {
	mu   sync.Mutex
	file *tempFile // nil while nothing is spilled
}

// get returns the file.
func (s *sharedFile) get(ex *execution) (*tempFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.file == nil {
		s.file, err = ex.newTempFile()
	}
	return s.file, err
}

// size returns the bytes that were written.
func (s *sharedFile) size() int64 {
	if s.file == nil {
		return 0
	}
	return s.file.end.Load()
}

// close gives the file's space back. Its contents are of no use any more, so an error of
// the system says nothing.
func (t *tempFile) close() {
	_ = t.f.Close()
	t.ex.temp.bytes.Add(-t.used.Swap(0))
}

// take counts n more bytes against the limit.
func (t *tempFile) take(n int64) error {
	limit := t.ex.opts.Temp.Limit
	if used := t.ex.temp.bytes.Add(n); limit > 0 && used > limit {
		t.ex.temp.bytes.Add(-n)
		return dberr.Newf(dberr.ConfigLimitExceeded, "temporary file size exceeds \"temp_file_limit\" (%dkB)", limit>>10)
	}
	t.used.Add(n)
	return nil
}

// tempBuffers are the bytes that extents are made in.
var tempBuffers = sync.Pool{New: func() any { return new([2][]byte) }}

// write appends the rows of flat columns.
func (t *tempFile) write(cols []vec.Vec, n int) (extent, error) {
	buf := tempBuffers.Get().(*[2][]byte)
	defer tempBuffers.Put(buf)
	buf[0] = encodeRows(buf[0][:0], cols, n)
	if most := s2.MaxEncodedLen(len(buf[0])); most < 0 {
		return extent{}, dberr.New(dberr.ProgramLimitExceeded, "rows are too long to be written to a temporary file")
	} else if cap(buf[1]) < extentHeader+most {
		buf[1] = make([]byte, extentHeader+most)
	}
	out := buf[1][:cap(buf[1])]
	out = out[:extentHeader+len(s2.Encode(out[extentHeader:], buf[0]))]
	binary.LittleEndian.PutUint32(out[4:], uint32(len(buf[0])))
	binary.LittleEndian.PutUint32(out, crc32.Checksum(out[4:], castagnoli))
	size := int64(len(out))
	if err := t.take(size); err != nil {
		return extent{}, err
	}
	x := extent{off: t.end.Add(size) - size, size: int32(size), rows: int32(n), raw: int32(len(buf[0]))}
	if _, err := t.f.WriteAt(out, x.off); err != nil {
		return x, vfs.Wrap("write temporary file", err)
	}
	return x, nil
}

// read returns the rows of an extent, as flat columns in a.
func (t *tempFile) read(x extent, ts []types.Type, a *arena.Arena) ([]vec.Vec, error) {
	return t.load(x, ts, a.Alloc(int(x.size)), a.Alloc(int(x.raw)))
}

// load is read with memory for the extent as it is in the file, and for the columns.
func (t *tempFile) load(x extent, ts []types.Type, in, buf []byte) ([]vec.Vec, error) {
	if _, err := t.f.ReadAt(in, x.off); err != nil {
		return nil, vfs.Wrap("read temporary file", err)
	}
	if crc32.Checksum(in[4:], castagnoli) != binary.LittleEndian.Uint32(in) {
		return nil, dberr.Corrupt(t.f.Name(), x.off, "checksum of a temporary extent does not match")
	}
	raw, err := s2.Decode(buf, in[extentHeader:])
	if err != nil || len(raw) != int(x.raw) {
		return nil, dberr.Corrupt(t.f.Name(), x.off, "a temporary extent cannot be decompressed")
	}
	d := rowDecoder{b: raw, n: int(x.rows)}
	cols := make([]vec.Vec, len(ts))
	for c, ty := range ts {
		cols[c] = d.column(ty)
	}
	if d.short {
		return nil, dberr.Corrupt(t.f.Name(), x.off, "a temporary extent is too short")
	}
	return cols, nil
}

// encodeRows appends flat columns: of each a word that says whether it has validity, the
// words of that, and its values; strings are offsets from zero and bytes. All begin at
// multiples of 8.
func encodeRows(b []byte, cols []vec.Vec, n int) []byte {
	for c := range cols {
		v := &cols[c]
		flag := uint64(b2w(v.Valid != nil))
		b = binary.LittleEndian.AppendUint64(b, flag)
		if v.Valid != nil {
			b = append(b, vec.BytesOf(v.Valid[:vec.Words(n)])...)
		}
		switch class := v.Type.Class(); class {
		case types.Bits:
			b = append(b, v.Data[:8*vec.Words(n)]...)
		case types.Bytes:
			b = appendOffs(b, v.Offs[:n+1])
			b = append(pad8(b), v.Heap[v.Offs[0]:v.Offs[n]]...)
		default:
			b = append(b, v.Data[:n*class.Size()]...)
		}
		b = pad8(b)
	}
	return b
}

// appendOffs appends offsets, from zero.
func appendOffs(b []byte, offs []int32) []byte {
	for _, o := range offs {
		b = binary.LittleEndian.AppendUint32(b, uint32(o-offs[0]))
	}
	return b
}

func pad8(b []byte) []byte {
	for len(b)&7 != 0 {
		b = append(b, 0)
	}
	return b
}

// rowDecoder reads what encodeRows wrote. Its error sticks.
type rowDecoder struct {
	b     []byte
	n     int
	short bool
}

// next returns the next size bytes; the following begin at a multiple of 8.
func (d *rowDecoder) next(size int) []byte {
	padded := (size + 7) &^ 7
	if d.short = d.short || size < 0 || padded > len(d.b); d.short {
		return make([]byte, max(0, min(size, 8*d.n+16)))
	}
	out := d.b[:size:size]
	d.b = d.b[padded:]
	return out
}

// column reads one column.
func (d *rowDecoder) column(t types.Type) vec.Vec {
	v := vec.Vec{Type: t, N: d.n}
	if binary.LittleEndian.Uint64(d.next(8)) != 0 {
		v.Valid = vec.Cast[uint64](d.next(8 * vec.Words(d.n)))
	}
	switch class := t.Class(); class {
	case types.Bits:
		v.Data = d.next(8 * vec.Words(d.n))
	case types.Bytes:
		v.Offs = vec.Cast[int32](d.next(4 * (d.n + 1)))
		if !d.short {
			v.Heap = d.next(int(v.Offs[d.n]))
		}
	default:
		v.Data = d.next(d.n * class.Size())
	}
	return v
}
