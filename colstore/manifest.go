package colstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/mmapseg"
)

// Frames of the manifest. An edit is a run of pieces that ends with a last one; it counts only
// when its last piece is there.
const (
	kindEditPiece = mmapseg.KindOther     // more pieces follow
	kindEditLast  = mmapseg.KindOther + 1 // the edit is complete

	editPieceBytes     = 512 << 10
	manifestMinRewrite = 1 << 20
)

// Records of an edit.
const (
	recordCatalog  = 1 // one catalog edit with its commit
	recordSnapshot = 2 // where a table's parts are and where its replay starts
	recordFloor    = 3 // what the whole database has behind it
	recordLogFile  = 4 // a file in parts/ that a frame names
)

// manifestPart is one part of a snapshot.
type manifestPart struct {
	partPlace
	rids, births uint64 // bases of the numbers in the image
}

// floor is what a checkpoint of all tables has behind it.
type floor struct {
	point    Point
	offset   uint64 // log offset of the commit at point
	nextFile uint64 // no file has this id or a greater one
	nextPart uint64
}

// manifest is the list of what the parts hold. One goroutine at a time edits it.
type manifest struct {
	fs     vfs.FS
	dir    string // <database>/manifest
	id     [16]byte
	ro     bool
	number uint64 // of the current generation
	tried  uint64 // newest generation that CURRENT may name
	unsure bool   // a write failed: the disk may say more than memory
	store  *mmapseg.Store
	edits  uint64 // edits read and written

	floor    floor
	tables   map[uint32]snapshot
	logFiles map[uint64]bool
	catalog  catalogSink
	live     uint64 // bytes of the generation when it was new
}

// catalogSink takes the catalog edits while a manifest is read. raw is valid during the call.
type catalogSink func(csn uint64, e *edit, raw []byte)

const currentName = "CURRENT"

// createManifest makes the first, empty generation.
func createManifest(fs vfs.FS, dir string, id [16]byte) error {
	m := &manifest{fs: fs, dir: dir, id: id, number: 1}
	if err := fs.MkdirAll(dir); err != nil {
		return err
	}
	if err := m.openStore(nil); err != nil {
		return err
	}
	m.floor.nextFile, m.floor.nextPart = 1, 1
	w := &editWriter{}
	w.floor(&m.floor)
	if err := m.write(w); err != nil {
		return errors.Join(err, m.store.Close())
	}
	return errors.Join(m.setCurrent(), m.store.Close())
}

func (m *manifest) setCurrent() error {
	return vfs.WriteFile(m.fs, filepath.Join(m.dir, currentName), fmt.Appendf(nil, "%08d\n", m.number))
}

func (m *manifest) generation() string { return filepath.Join(m.dir, generationName(m.number)) }

func generationName(number uint64) string { return fmt.Sprintf("%08d", number) }

// openCurrent reads the current generation and keeps it open for edits.
func openCurrent(fs vfs.FS, dir string, id [16]byte, readOnly bool, catalog catalogSink) (*manifest, error) {
	name := filepath.Join(dir, currentName)
	data, err := vfs.ReadFile(fs, name)
	if isNotExist(err) {
		return nil, missingFile(name)
	}
	if err != nil {
		return nil, vfs.Wrap("read manifest", err)
	}
	number, err := strconv.ParseUint(strings.TrimSuffix(string(data), "\n"), 10, 64)
	if err != nil || len(data) != 9 {
		return nil, dberr.Corrupt(name, 0, "CURRENT does not name a manifest")
	}
	if _, err := fs.Stat(filepath.Join(dir, generationName(number))); isNotExist(err) {
		gone := dberr.Corrupt(name, 0, "CURRENT names generation %s, which is not there", generationName(number))
		gone.Err = err
		return nil, gone
	}
	return openManifest(fs, dir, number, id, readOnly, catalog)
}

// openManifest reads a generation and keeps it open for edits.
func openManifest(fs vfs.FS, dir string, number uint64, id [16]byte, readOnly bool, catalog catalogSink) (*manifest, error) {
	m := &manifest{fs: fs, dir: dir, id: id, number: number, ro: readOnly, tables: map[uint32]snapshot{},
		logFiles: map[uint64]bool{}, catalog: catalog}
	pieces := &pieceReader{m: m}
	if err := m.openStore(pieces.visit); err != nil {
		return nil, err
	}
	if err := pieces.err; err != nil {
		return nil, errors.Join(err, m.store.Close())
	}
	if d := m.store.Damage(); d != nil {
		return nil, errors.Join(d.Err(), m.store.Close())
	}
	if m.edits == 0 {
		return nil, errors.Join(dberr.Corrupt(m.generation(), 0, "the manifest holds no edit"), m.store.Close())
	}
	return m, nil
}

func (m *manifest) openStore(visit func(*mmapseg.Frame) error) (err error) {
	m.store, err = mmapseg.Open(mmapseg.Options{FS: m.fs, Dir: m.generation(), DatabaseID: m.id,
		MinSize: 64 << 10, NoCompress: true, ReadOnly: m.ro, Visit: visit})
	return vfs.Wrap("open manifest", err)
}

// pieceReader joins the pieces of edits and applies complete ones.
type pieceReader struct {
	m    *manifest
	data []byte
	next uint32 // number of the next piece
	err  error
}

func (p *pieceReader) fault(f *mmapseg.Frame, format string, args ...any) error {
	if p.err == nil {
		p.err = dberr.Corrupt(p.m.generation(), int64(f.Offset), format, args...)
	}
	return nil
}

func (p *pieceReader) visit(f *mmapseg.Frame) error {
	if f.Kind != kindEditPiece && f.Kind != kindEditLast {
		return nil
	}
	if f.Events == 0 {
		p.data, p.next = p.data[:0], 0 // an edit that a crash cut off ends here
	}
	if p.err != nil || f.Events != p.next {
		return p.fault(f, "piece %d of a manifest edit where %d is next", f.Events, p.next)
	}
	p.next++
	p.data = append(p.data, f.Payload...)
	if f.Kind == kindEditPiece {
		return nil
	}
	if f.CSN != p.m.edits+1 {
		return p.fault(f, "manifest edit %d where %d is next", f.CSN, p.m.edits+1)
	}
	p.err = p.m.applyEdit(p.data, int64(f.Offset))
	p.data = p.data[:0]
	p.m.edits++
	return nil
}

func (m *manifest) applyEdit(data []byte, base int64) error {
	r := binfmt.NewReader(data, m.generation(), base)
	for r.Len() > 0 {
		switch kind := r.U8(); kind {
		case recordCatalog:
			csn, n := r.U64(), r.U32()
			body := r.Bytes(int(n))
			if r.Err() != nil {
				break
			}
			e, err := decodeEdit(body, m.generation(), base)
			if err != nil {
				return err
			}
			m.catalog(csn, e, body)
		case recordSnapshot:
			id, s := readSnapshot(r)
			m.tables[id] = s
		case recordFloor:
			m.floor = floor{Point{CSN: r.U64(), Seq: r.U64()}, r.U64(), r.U64(), r.U64()}
		case recordLogFile:
			m.logFiles[r.U64()] = true
		default:
			r.Fail("manifest record %d is not known", kind)
		}
	}
	return r.Err()
}

// editWriter builds one edit. Records do not cross pieces.
type editWriter struct {
	w      binfmt.Writer
	pieces [][]byte
}

// cut starts a new piece when the present one is large.
func (e *editWriter) cut() {
	if len(e.w.B) >= editPieceBytes {
		e.pieces = append(e.pieces, e.w.B)
		e.w.B = nil
	}
}

func (e *editWriter) catalogEdit(csn uint64, body []byte) {
	e.w.U8(recordCatalog)
	e.w.U64(csn)
	e.w.U32(uint32(len(body)))
	e.w.Bytes(body)
	e.cut()
}

func (e *editWriter) floor(f *floor) {
	e.w.U8(recordFloor)
	for _, v := range []uint64{f.point.CSN, f.point.Seq, f.offset, f.nextFile, f.nextPart} {
		e.w.U64(v)
	}
	e.cut()
}

func (e *editWriter) logFile(id uint64) {
	e.w.U8(recordLogFile)
	e.w.U64(id)
	e.cut()
}

func (e *editWriter) snapshot(id uint32, s *snapshot) {
	e.w.U8(recordSnapshot)
	e.w.U32(id)
	for _, v := range []uint64{s.point.CSN, s.point.Seq, s.offset, s.nextRID} {
		e.w.U64(v)
	}
	e.w.U32(uint32(len(s.parts)))
	for _, p := range s.parts {
		e.w.U64(p.id)
		putPlace(&e.w, p.file, p.offset, p.length)
		putPlace(&e.w, p.deathsFile, p.deathsOffset, p.deathsLength)
		e.w.U64(p.rids)
		e.w.U64(p.births)
	}
	e.cut()
}

func putPlace(w *binfmt.Writer, f fileRef, offset, length int64) {
	w.U8(uint8(f.kind))
	w.U64(f.id)
	w.I64(offset)
	w.I64(length)
}

func readSnapshot(r *binfmt.Reader) (uint32, snapshot) {
	id := r.U32()
	s := snapshot{point: Point{CSN: r.U64(), Seq: r.U64()}, offset: r.U64(), nextRID: r.U64()}
	n := r.U32()
	for i := uint32(0); i < n && r.Err() == nil; i++ {
		p := manifestPart{}
		p.id = r.U64()
		p.file, p.offset, p.length = readPlace(r)
		p.deathsFile, p.deathsOffset, p.deathsLength = readPlace(r)
		p.rids, p.births = r.U64(), r.U64()
		r.Check(p.file.kind == packFile || p.file.kind == logPart, "part in a file of kind %d", p.file.kind)
		s.parts = append(s.parts, p)
	}
	return id, s
}

func readPlace(r *binfmt.Reader) (f fileRef, offset, length int64) {
	f = fileRef{fileKind(r.U8()), r.U64()}
	offset, length = r.I64(), r.I64()
	r.Check(offset >= 0 && length >= 0 && f.kind <= logPart, "range of %d bytes from %d in a file of kind %d", length, offset, f.kind)
	return f, offset, length
}

// write appends an edit and makes it durable. What it says is applied to m by the caller.
func (m *manifest) write(e *editWriter) error {
	if m.unsure {
		if err := m.renew(); err != nil {
			return err
		}
	}
	pieces := append(e.pieces, e.w.B)
	var g mmapseg.Group
	for i, p := range pieces {
		kind := kindEditPiece
		if i == len(pieces)-1 {
			kind = kindEditLast
		}
		g.Add(mmapseg.Header{Kind: kind, CSN: m.edits + 1, Events: uint32(i)}, nil, p)
	}
	err := m.store.Write(&g)
	if err == nil {
		err = m.store.Sync()
	}
	if err != nil {
		m.unsure = true
		return vfs.Wrap("write manifest", err)
	}
	m.edits++
	return nil
}

func (m *manifest) close() error { return m.store.Close() }

// newPartID returns an id that no part has or had. It counts once an edit with it is written.
func (m *manifest) newPartID() uint64 {
	m.floor.nextPart++
	return m.floor.nextPart - 1
}

// compact writes a new generation when the present one is mostly history.
func (m *manifest) compact() error {
	if size := m.store.End(); !m.unsure && (size < manifestMinRewrite || size < 2*m.live) {
		return nil
	}
	return m.renew()
}

// renew writes what counts as a new generation. After a failed write it is what makes the
// disk agree with memory again: the edit that failed may be on the disk or not.
func (m *manifest) renew() error {
	w := &editWriter{}
	old, err := openManifest(m.fs, m.dir, m.number, m.id, true, func(csn uint64, _ *edit, raw []byte) {
		if csn <= m.floor.point.CSN {
			w.catalogEdit(csn, raw)
		}
	})
	if err != nil {
		return err
	}
	if err := old.close(); err != nil {
		return err
	}
	for id, s := range m.tables {
		w.snapshot(id, &s)
	}
	for id := range m.logFiles {
		w.logFile(id)
	}
	w.floor(&m.floor)
	return m.startGeneration(w)
}

// startGeneration writes a whole manifest as one edit and makes it the current one.
func (m *manifest) startGeneration(w *editWriter) error {
	n := &manifest{fs: m.fs, dir: m.dir, id: m.id, number: max(m.number, m.tried) + 1}
	n.removeGeneration()
	if err := n.openStore(nil); err != nil {
		return err
	}
	if err := n.write(w); err != nil {
		return errors.Join(err, n.store.Close())
	}
	m.tried, m.unsure = n.number, true
	if err := n.setCurrent(); err != nil { // CURRENT may name it all the same
		return errors.Join(vfs.Wrap("write manifest", err), n.store.Close())
	}
	err := m.store.Close()
	m.number, m.store, m.edits, m.live, m.unsure = n.number, n.store, n.edits, n.store.End(), false
	m.removeOld()
	return err
}

// removeGeneration removes the folder of a generation that does not count. What stays is
// removed by the next Open.
func (m *manifest) removeGeneration() {
	dir := m.generation()
	names, err := m.fs.ReadDir(dir)
	if err != nil {
		return
	}
	for _, name := range names {
		_ = m.fs.Remove(filepath.Join(dir, name))
	}
	_ = m.fs.Remove(dir)
}

// removeOld removes generations that a crash left.
func (m *manifest) removeOld() {
	names, err := m.fs.ReadDir(m.dir)
	if err != nil {
		return
	}
	for _, name := range names {
		if n, err := strconv.ParseUint(name, 10, 64); err == nil && n != m.number {
			(&manifest{fs: m.fs, dir: m.dir, number: n}).removeGeneration()
		}
	}
}
