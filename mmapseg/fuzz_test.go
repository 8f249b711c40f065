package mmapseg

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

var testID = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

func sampleFrame(offset uint64, attrs, payload []byte) []byte {
	var g Group
	g.Add(Header{Kind: KindTxn, CSN: 3, FirstSeq: 9, Events: 2, TimeMicros: 77}, attrs, payload)
	h := g.headers[0]
	h.Offset, h.Synced = offset, offset
	newSeed(testID, 1).put(g.buf, &h)
	return g.buf
}

// FuzzFrame: any bytes give a frame that encodes to the same bytes, or a fault.
func FuzzFrame(f *testing.F) {
	f.Add(sampleFrame(0, nil, []byte("payload")), uint64(0))
	f.Add(sampleFrame(4096, AppendAttr(nil, 1, []byte("ada")), nil), uint64(4096))
	f.Add([]byte{}, uint64(8))
	f.Fuzz(func(t *testing.T, b []byte, offset uint64) {
		s := newSeed(testID, 1)
		frame, fault := s.parse(b, offset)
		if fault != "" {
			return
		}
		again := append([]byte{}, b[:frame.Size()]...)
		clear(again[:HeaderSize])
		s.put(again, &frame.Header)
		if !bytes.Equal(again, b[:frame.Size()]) {
			t.Fatal("a good frame encodes to other bytes")
		}
	})
}

// TestFrameBoundToItsPlace: a frame is valid at its own offset, in its own segment and
// database only, and no changed bit goes unnoticed.
func TestFrameBoundToItsPlace(t *testing.T) {
	b := sampleFrame(64, AppendAttr(nil, 1, []byte("ada")), []byte("some payload"))
	if _, fault := newSeed(testID, 1).parse(b, 64); fault != "" {
		t.Fatal(fault)
	}
	for what, s := range map[string]seed{"segment": newSeed(testID, 2), "database": newSeed([16]byte{}, 1)} {
		if _, fault := s.parse(b, 64); fault == "" {
			t.Errorf("valid in another %s", what)
		}
	}
	if _, fault := newSeed(testID, 1).parse(b, 72); fault == "" {
		t.Error("valid at another offset")
	}
	for i := range b {
		for bit := range 8 {
			b[i] ^= 1 << bit
			if _, fault := newSeed(testID, 1).parse(b, 64); fault == "" {
				t.Errorf("bit %d of byte %d flipped: still valid", bit, i)
			}
			b[i] ^= 1 << bit
		}
	}
}

// FuzzAttrs: any block is walked inside its bounds; a good one is made again by AppendAttr.
func FuzzAttrs(f *testing.F) {
	f.Add(AppendAttr(AppendAttr(nil, 1, []byte("ada")), AttrRequired|9, nil))
	f.Add([]byte{1, 0, 0, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, block []byte) {
		var again []byte
		fault := EachAttr(block, func(typ uint16, value []byte) { again = AppendAttr(again, typ, value) })
		if fault == "" && len(again) != len(block) {
			t.Fatalf("%d bytes walked as %d", len(block), len(again))
		}
	})
}

// FuzzSegmentHeader: any sector is accepted only as what it was made for.
func FuzzSegmentHeader(f *testing.F) {
	f.Add(encodeSegmentHeader(testID, 7, segmentHeaderSize, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := checkSegmentHeader(b, testID, 7, "f")
		if err != nil && !dberr.IsCorruption(err) {
			t.Fatal(err)
		}
	})
}

// sealedFile makes a log of one sealed segment of several blocks, and returns that file.
func sealedFile(t testing.TB, plain bool) []byte {
	mem := vfs.NewMem()
	s, err := Open(Options{FS: mem, Dir: "log", DatabaseID: testID, MinSize: 1 << 20, NoCompress: plain})
	if err != nil {
		t.Fatal(err)
	}
	var g Group
	for i := range 1500 {
		g.Reset()
		g.Add(Header{Kind: KindTxn, CSN: uint64(i + 1), FirstSeq: uint64(i + 1), Events: 1, TimeMicros: int64(i)}, nil, bytes.Repeat([]byte{byte(i)}, 900))
		if err := errors.Join(s.Write(&g), s.Sync()); err != nil {
			t.Fatal(err)
		}
	}
	full := s.Unsealed()
	if len(full) != 1 {
		t.Fatalf("%d full segments", len(full))
	}
	if err := s.Seal(context.Background(), full[0], []Section{{ID: 1, Data: []byte("footer")}}); err != nil {
		t.Fatal(err)
	}
	checkSealedStore(t, s)
	data, err := vfs.ReadFile(mem, "log/00000001.sealed")
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return data
}

// checkSealedStore reads every frame, those that span blocks too, and looks some up.
func checkSealedStore(t testing.TB, s *Store) {
	c := s.Cursor(0, s.End())
	n := 0
	var f Frame
	for {
		ok, err := c.Next(&f)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if n++; f.CSN != uint64(n) || !bytes.Equal(f.Payload, bytes.Repeat([]byte{byte(n - 1)}, 900)) {
			t.Fatalf("frame %d is commit %d", n, f.CSN)
		}
		if n%100 == 0 {
			from := s.Search(func(k Key) bool { return k.CSN < f.CSN })
			if from > f.Offset || f.Offset-from > 2*blockSize {
				t.Fatalf("commit %d at %d is looked for from %d", n, f.Offset, from)
			}
		}
	}
	if err := c.Close(); err != nil || n != 1500 {
		t.Fatalf("%d frames, %v", n, err)
	}
	ok, err := s.Section(0, 1, func(data []byte) error {
		if string(data) != "footer" {
			return errors.New("another footer")
		}
		return nil
	})
	if !ok || err != nil {
		t.Fatalf("section: %v %v", ok, err)
	}
}

func TestSealPlainAndCompressed(t *testing.T) {
	packed, plain := sealedFile(t, false), sealedFile(t, true)
	if len(packed) > len(plain)/4 {
		t.Fatalf("%d bytes compressed, %d plain", len(packed), len(plain))
	}
}

// FuzzSealed: any bytes as a sealed segment give corruption or blocks of the right size.
func FuzzSealed(f *testing.F) {
	f.Add(sealedFile(f, false))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := openSealed(b, testID, 1, "f")
		if err != nil {
			if !dberr.IsCorruption(err) {
				t.Fatal(err)
			}
			return
		}
		for i := range m.blocks {
			if plain, err := m.load(b, i); err == nil && len(plain) != m.plainSize(i) {
				t.Fatalf("block %d has %d bytes", i, len(plain))
			}
		}
	})
}

// TestPinnedSegmentStays: a cursor on a segment goes on after it has been sealed.
func TestPinnedSegmentStays(t *testing.T) {
	s, err := Open(Options{FS: vfs.OS, Dir: t.TempDir(), DatabaseID: testID, MinSize: 4 << 10, MaxSize: 4 << 10})
	if err != nil {
		t.Fatal(err)
	}
	var g Group
	for i := range 20 {
		g.Add(Header{Kind: KindTxn, CSN: uint64(i + 1)}, nil, make([]byte, 500))
	}
	if err := errors.Join(s.Write(&g), s.Sync()); err != nil {
		t.Fatal(err)
	}
	c := s.Cursor(0, s.End())
	var f Frame
	if ok, err := c.Next(&f); !ok || err != nil {
		t.Fatal(err)
	}
	for _, full := range s.Unsealed() {
		if err := s.Seal(t.Context(), full, nil); err != nil {
			t.Fatal(err)
		}
	}
	n := 1
	for {
		ok, err := c.Next(&f)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		n++
	}
	if n != 20 {
		t.Fatalf("%d frames of 20", n)
	}
	if err := errors.Join(c.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
}
