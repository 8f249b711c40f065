package mmapseg

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Unsealed returns the segments that are full and wait to be sealed, oldest first.
func (s *Store) Unsealed() (full []SegmentInfo) {
	infos := s.Segments()
	if len(infos) == 0 {
		return nil
	}
	for _, info := range infos[:len(infos)-1] {
		if !info.Sealed {
			full = append(full, info)
		}
	}
	return full
}

// Seal writes a full segment as a sealed one, durable under its final name, puts it in the
// place of the old one, and removes that. Who reads the old one may go on. It gives up
// between two blocks when ctx ends. One goroutine at a time may seal.
func (s *Store) Seal(ctx context.Context, info SegmentInfo, sections []Section) error {
	g := s.segmentAt(info.Base)
	if g == nil || g.number != info.Number || g.sealed != nil {
		if g != nil {
			_ = g.unpin() // another segment: nothing was done with it
		}
		return s.sealEmpty(ctx, info, sections)
	}
	err := s.sealSegment(ctx, g, sections)
	return errors.Join(err, g.unpin())
}

// sealEmpty seals a segment without frames, which no offset finds.
func (s *Store) sealEmpty(ctx context.Context, info SegmentInfo, sections []Section) error {
	for _, g := range *s.list.Load() {
		if g.number == info.Number && g.sealed == nil && g.pin() {
			err := s.sealSegment(ctx, g, sections)
			return errors.Join(err, g.unpin())
		}
	}
	return dberr.Bug("segment %d to seal is not there", info.Number)
}

func (s *Store) sealSegment(ctx context.Context, g *segment, sections []Section) error {
	name := s.path(segmentName(g.number, sealedSuffix))
	tmp := name + vfs.TempSuffix
	if err := s.opt.FS.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return vfs.Wrap("remove unfinished segment", err)
	}
	file, err := s.opt.FS.Create(tmp)
	if err != nil {
		return vfs.Wrap("create sealed segment", err)
	}
	w := &sealWriter{store: s, g: g, file: file, pos: sealedHeaderSize}
	err = vfs.Guard(func() error { return w.write(ctx, sections) })
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(vfs.Wrap("write "+tmp, err), s.opt.FS.Remove(tmp))
	}
	if err := s.opt.FS.Rename(tmp, name); err != nil {
		return vfs.Wrap("rename sealed segment", err)
	}
	if err := s.opt.FS.SyncDir(s.opt.Dir); err != nil {
		return vfs.Wrap("sync log directory", err)
	}
	return s.install(g)
}

// install puts the sealed form in the place of g and removes the old file.
func (s *Store) install(g *segment) error {
	sealed, err := s.openSegment(segmentFile{g.number, true})
	if err != nil {
		return err
	}
	s.swap(g, sealed)
	if err := s.opt.FS.Remove(g.path); err != nil {
		return vfs.Wrap("remove sealed segment's old file", err)
	}
	return errors.Join(vfs.Wrap("sync log directory", s.opt.FS.SyncDir(s.opt.Dir)), g.unpin())
}

// swap installs a list with sealed in the place of g.
func (s *Store) swap(g, sealed *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := append([]*segment{}, *s.list.Load()...)
	for i := range list {
		if list[i] == g {
			list[i] = sealed
		}
	}
	s.list.Store(&list)
}

// sealWriter writes one sealed segment.
type sealWriter struct {
	store *Store
	g     *segment
	file  vfs.File
	pos   int64 // where the next bytes go
	table binfmt.Writer
}

func (w *sealWriter) write(ctx context.Context, sections []Section) error {
	g := w.g
	plain := g.at(g.base)[:g.end.Load()-g.base]
	keys, err := blockKeys(g, plain)
	if err != nil {
		return err
	}
	for i, key := range keys {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := i * blockSize
		if err := w.block(plain[start:min(start+blockSize, len(plain))], key); err != nil {
			return err
		}
	}
	for _, section := range sections {
		if err := w.section(section); err != nil {
			return err
		}
	}
	return w.finish(len(keys), len(sections))
}

// blockKeys returns for each block the key of the first frame that begins in it. It verifies
// every frame on the way: what is sealed is whole.
func blockKeys(g *segment, plain []byte) ([]Key, error) {
	keys := make([]Key, (len(plain)+blockSize-1)/blockSize)
	for i := range keys {
		keys[i].Offset = noFrameBegun
	}
	for at := 0; at < len(plain); {
		f, fault := g.seed.parse(plain[at:], g.base+uint64(at))
		if fault != "" {
			return nil, dberr.Corrupt(g.path, g.fileOffset(g.base+uint64(at)), "%s", fault)
		}
		if key := &keys[at/blockSize]; key.Offset == noFrameBegun {
			*key = keyOf(&f.Header)
		}
		at += f.Size()
	}
	return keys, nil
}

func (w *sealWriter) append(b []byte) error {
	_, err := w.file.WriteAt(b, w.pos)
	w.pos += int64(len(b))
	return err
}

func (w *sealWriter) block(plain []byte, key Key) error {
	stored, codec := plain, uint32(codecPlain)
	if !w.store.opt.NoCompress {
		if packed := blockEncoder.EncodeAll(plain, nil); len(packed) < len(plain) {
			stored, codec = packed, codecZstd
		}
	}
	w.table.I64(w.pos)
	w.table.U32(uint32(len(stored)))
	w.table.U32(crc32.Checksum(stored, castagnoli))
	w.table.U64(key.Offset)
	w.table.U64(key.CSN)
	w.table.U64(key.FirstSeq)
	w.table.I64(key.TimeMicros)
	w.table.U32(codec)
	w.table.U32(0)
	return w.append(stored)
}

func (w *sealWriter) section(section Section) error {
	w.table.U32(section.ID)
	w.table.U32(crc32.Checksum(section.Data, castagnoli))
	w.table.I64(w.pos)
	w.table.I64(int64(len(section.Data)))
	return w.append(section.Data)
}

// finish writes the map behind everything, and then the header.
func (w *sealWriter) finish(blocks, sections int) error {
	mapPos := w.pos
	if err := w.append(w.table.B); err != nil {
		return err
	}
	h := binfmt.Writer{B: make([]byte, 0, sealedHeaderSize)}
	h.Bytes([]byte(sealedMagic))
	h.U32(sealedVersion)
	h.U32(0) // checksum, below
	h.Bytes(w.store.opt.DatabaseID[:])
	h.U64(w.g.number)
	h.U64(w.g.base)
	h.U64(w.g.end.Load())
	h.U32(blockSize)
	h.U32(uint32(blocks))
	h.U32(uint32(sections))
	h.U32(0)
	h.I64(mapPos)
	h.I64(w.pos)
	h.U32(uint32(len(w.table.B)))
	h.U32(crc32.Checksum(w.table.B, castagnoli))
	h.Zero(sealedHeaderSize - len(h.B))
	binary.LittleEndian.PutUint32(h.B[12:], crc32.Checksum(h.B[16:], castagnoli))
	_, err := w.file.WriteAt(h.B, 0)
	return err
}
