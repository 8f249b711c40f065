package eventlog

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"driftdb/internal/binfmt"
	"driftdb/mmapseg"
)

// leafPrefix keeps a leaf from ever being taken for an inner node of a tree of hashes.
const leafPrefix = 0x00

// leafOf is the leaf of a commit: the SHA-256 of its header without what depends on the place
// in the file (offset, synced, checksums), its attributes, its skeleton, which is all of the
// payload but the salt and the rows, and its chunk hashes. See the package comment.
func leafOf(f *mmapseg.Frame, t *Txn) (leaf [sha256.Size]byte) {
	h := sha256.New()
	var w binfmt.Writer
	w.U8(leafPrefix)
	w.U8(uint8(f.Kind))
	w.U64(f.CSN)
	w.U64(f.FirstSeq)
	w.U32(f.Events)
	w.I64(f.TimeMicros)
	w.U64(f.Epoch)
	w.U32(f.KeyID)
	attrs := sha256.Sum256(f.Attrs)
	w.Bytes(attrs[:])
	h.Write(w.B)
	writeSkeleton(h, t)
	for i := range t.Runs {
		writeChunks(h, t, i)
	}
	h.Sum(leaf[:0])
	return leaf
}

// writeSkeleton hashes bases, run headers, rids and catalog edits.
func writeSkeleton(h hash.Hash, t *Txn) {
	var w binfmt.Writer
	w.U32(uint32(len(t.tables)))
	for _, use := range t.tables {
		w.U32(use.id)
		w.U64(use.base)
		w.U64(use.newRows)
	}
	w.U32(uint32(len(t.Runs)))
	for i := range t.Runs {
		run := &t.Runs[i]
		w.U8(uint8(run.Kind))
		w.U32(run.Table)
		w.U32(run.SchemaVersion)
		w.U32(uint32(run.Events))
		run.Ended.appendTo(&w)
		w.U32(uint32(len(run.DDL)))
		w.Bytes(run.DDL)
	}
	sum := sha256.Sum256(w.B)
	h.Write(sum[:])
}

// writeChunks hashes the chunks of a run: each row with its own salt, or the reference.
func writeChunks(h hash.Hash, t *Txn, run int) {
	r := &t.Runs[run]
	if r.Ref.Rows > 0 {
		var w binfmt.Writer
		r.Ref.appendTo(&w)
		sum := sha256.Sum256(w.B)
		h.Write(sum[:])
	}
	var buf []byte
	for i := range r.Rows.Len() {
		salt := rowSalt(t.salt, uint32(run), uint32(i))
		buf = append(append(buf[:0], salt[:]...), r.Rows.Row(i)...)
		sum := sha256.Sum256(buf)
		h.Write(sum[:])
	}
}

// rowSalt derives the salt of one row. Who is shown a row and its salt can check its chunk
// hash, and learns nothing about the other rows.
func rowSalt(frame [saltSize]byte, run, row uint32) (salt [saltSize]byte) {
	var b [saltSize + 8]byte
	copy(b[:], frame[:])
	binary.LittleEndian.PutUint32(b[saltSize:], run)
	binary.LittleEndian.PutUint32(b[saltSize+4:], row)
	sum := sha256.Sum256(b[:])
	copy(salt[:], sum[:])
	return salt
}

// Leaf returns the leaf of a durable commit: from the footer of its segment when that is
// sealed, otherwise computed.
func (l *Log) Leaf(csn uint64) (leaf [32]byte, err error) {
	c, err := l.CommitAt(csn)
	if err != nil {
		return leaf, err
	}
	if g, ok := l.segmentAt(c.Offset); ok && g.Sealed {
		found := false
		_, err := l.store.Section(g.Base, sectionLeaves, func(data []byte) error {
			leaf, found = footerLeaf(data, csn)
			return nil
		})
		if err != nil || found {
			return leaf, err
		}
	}
	return l.computeLeaf(c)
}

func (l *Log) computeLeaf(c Commit) (leaf [32]byte, err error) {
	var t Txn
	err = l.scan(c.Offset, func(cur *mmapseg.Cursor, f *mmapseg.Frame) (bool, error) {
		if f.Kind != mmapseg.KindTxn {
			return true, errNotTxn(c.Offset, f.Kind)
		}
		if err := t.decodeAt(cur, f); err != nil {
			return true, err
		}
		leaf = leafOf(f, &t)
		return true, nil
	})
	return leaf, err
}
