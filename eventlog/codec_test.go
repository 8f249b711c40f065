package eventlog

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/roaring64"
	"pgregory.net/rapid"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/mmapseg"
)

// model is a run as it went in.
type model struct {
	kind  RunKind
	table uint32
	rows  [][]byte
	ended []uint64
	ref   Ref
	ddl   []byte
}

func drawRun(t *rapid.T) (m model) {
	m.kind = rapid.SampledFrom([]RunKind{RunInsert, RunUpdate, RunDelete, RunInsertRef, RunUpdateRef, RunDDL}).Draw(t, "kind")
	m.table = rapid.Uint32Range(1, 4).Draw(t, "table")
	n := rapid.IntRange(1, 5).Draw(t, "rows")
	switch m.kind {
	case RunDDL:
		m.table, m.ddl = 0, rapid.SliceOf(rapid.Byte()).Draw(t, "ddl")
	case RunInsertRef, RunUpdateRef:
		m.ref = Ref{FileID: rapid.Uint64().Draw(t, "file"), Offset: 5, Length: 9, Rows: uint32(n), Hash: [32]byte{1}}
	case RunInsert, RunUpdate:
		m.rows = rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), n, n).Draw(t, "bytes")
	}
	if m.kind == RunUpdate || m.kind == RunDelete || m.kind == RunUpdateRef {
		m.ended = rapid.SliceOfNDistinct(rapid.Uint64Range(0, 1<<40), n, n, rapid.ID[uint64]).Draw(t, "rids")
		slices.Sort(m.ended)
	}
	return m
}

// addTo adds the run to a transaction and returns the relative rid of its first row.
func (m *model) addTo(t *rapid.T, b *Builder) uint64 {
	var rows RowBuf
	for _, r := range m.rows {
		rows.Append(r)
	}
	ended := ListRIDs(m.ended)
	if len(m.ended) > 0 && rapid.Bool().Draw(t, "bitmap") {
		var err error
		if ended, err = BitmapRIDs(roaring64.BitmapOf(m.ended...)); err != nil {
			t.Fatal(err)
		}
	}
	switch m.kind {
	case RunInsert:
		return b.AddInsert(m.table, 7, &rows)
	case RunUpdate:
		return b.AddUpdate(m.table, 7, ended, &rows)
	case RunDelete:
		b.AddDelete(m.table, ended)
	case RunInsertRef:
		return b.AddInsertRef(m.table, 7, m.ref)
	case RunUpdateRef:
		return b.AddUpdateRef(m.table, 7, ended, m.ref)
	case RunDDL:
		b.AddDDL(m.ddl)
	}
	return 0
}

// TestTransactionRoundTrip: what a builder takes in is what a log gives back, with the rids
// and numbers that ordering gave.
func TestTransactionRoundTrip(t *testing.T) {
	l := mustOpen(t, vfs.NewMem(), "log", Options{IdleMark: -1})
	rids, seq := tableRIDs{}, uint64(1)
	rapid.Check(t, func(t *rapid.T) {
		b := NewBuilder()
		base := map[uint32]uint64{}
		for id, rid := range rids {
			base[id] = rid
		}
		runs := make([]model, rapid.IntRange(1, 6).Draw(t, "runs"))
		first := make([]uint64, len(runs))
		for i := range runs {
			runs[i] = drawRun(t)
			first[i] = runs[i].addTo(t, b)
		}
		b.SetAttr(AttrReason, []byte("why"))
		c, err := l.Submit(t.Context(), b, rids.order, Sync)
		if err != nil {
			t.Fatal(err)
		}
		tx, err := l.TxnAt(c.Offset)
		if err != nil {
			t.Fatal(err)
		}
		if why, _ := tx.Attr(AttrReason); string(why) != "why" || tx.Commit != c || len(tx.Runs) != len(runs) {
			t.Fatalf("%q %+v %d runs", why, tx.Commit, len(tx.Runs))
		}
		for i, m := range runs {
			r := &tx.Runs[i]
			seq = checkRun(t, r, &m, seq)
			if first[i] != 0 && r.FirstRID != base[m.table]+first[i]&^Relative {
				t.Fatalf("first rid %d", r.FirstRID)
			}
		}
	})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func checkRun(t *rapid.T, r *Run, m *model, seq uint64) uint64 {
	if r.Kind != m.kind || r.Table != m.table || r.FirstSeq != seq || !bytes.Equal(r.DDL, m.ddl) || r.Ref != m.ref {
		t.Fatalf("run %+v, want %+v", r, m)
	}
	if r.Rows.Len() != len(m.rows) || !slices.Equal(r.Ended.AppendTo(nil), m.ended) {
		t.Fatalf("run %+v, want %+v", r, m)
	}
	for i, row := range m.rows {
		if !bytes.Equal(r.Rows.Row(i), row) {
			t.Fatalf("row %d is %x, want %x", i, r.Rows.Row(i), row)
		}
	}
	return seq + uint64(r.Events)
}

func samplePayload() ([]byte, uint32) {
	b := insertOf(1, "one", "two")
	var rows RowBuf
	rows.Append([]byte("three"))
	b.AddUpdate(1, 2, ListRIDs([]uint64{Relative | 1}), &rows)
	some, err := BitmapRIDs(roaring64.BitmapOf(4, 5, 6, 1<<33))
	if err != nil {
		panic(err)
	}
	b.AddDelete(2, some)
	b.AddInsertRef(3, 1, Ref{FileID: 8, Offset: 64, Length: 100, Rows: 5, Hash: [32]byte{0xAB}})
	b.AddDelete(3, RefRIDs(Ref{FileID: 9, Length: 10, Rows: 2}))
	b.AddDDL([]byte("edit"))
	return b.appendPayload(nil), uint32(b.Events())
}

// FuzzTxn: any payload gives a corruption error, or a transaction whose parts can all be read.
func FuzzTxn(f *testing.F) {
	payload, events := samplePayload()
	f.Add(payload, []byte{}, events)
	f.Add(payload, mmapseg.AppendAttr(nil, AttrUser, []byte("ada")), events)
	f.Fuzz(func(t *testing.T, payload, attrs []byte, events uint32) {
		var tx Txn
		frame := mmapseg.Frame{Header: mmapseg.Header{CSN: 1, FirstSeq: 1, Events: events}, Attrs: attrs, Payload: payload}
		if err := tx.decode(&frame, "f", 0); err != nil {
			if !dberr.IsCorruption(err) {
				t.Fatal(err)
			}
			return
		}
		total := 0
		for i := range tx.Runs {
			r := &tx.Runs[i]
			total += r.Events
			for j := range r.Rows.Len() {
				_ = r.Rows.Row(j)
			}
			if _, byRef := r.Ended.Ref(); !byRef && len(r.Ended.AppendTo(nil)) != r.Ended.Len() {
				t.Fatal("rids are lost")
			}
		}
		if total != int(events) {
			t.Fatalf("%d events, want %d", total, events)
		}
		leafOf(&frame, &tx)
	})
}

// FuzzFooter: any bytes as a footer give offsets of the segment, or corruption.
func FuzzFooter(f *testing.F) {
	payload, events := samplePayload()
	fb := newFooterBuilder(4096)
	var tx Txn
	frame := mmapseg.Frame{Header: mmapseg.Header{Offset: 4104, CSN: 5, FirstSeq: 1, Events: events}, Payload: payload}
	if err := tx.decode(&frame, "f", 0); err != nil {
		f.Fatal(err)
	}
	fb.add(&frame, &tx)
	for _, s := range fb.sections() {
		f.Add(s.Data, uint32(2), uint64(5))
	}
	g := mmapseg.SegmentInfo{Path: "f", Base: 4096, End: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte, table uint32, csn uint64) {
		offsets, err := footerFrames(data, g, table, g.Base, g.End)
		if err != nil && !dberr.IsCorruption(err) {
			t.Fatal(err)
		}
		for _, o := range offsets {
			if o < g.Base || o >= g.End {
				t.Fatalf("offset %d is outside the segment", o)
			}
		}
		footerLeaf(data, csn)
	})
}

// FuzzHead: any page is what was written, or nothing.
func FuzzHead(f *testing.F) {
	st := headState{counter: 3, commit: Commit{CSN: 4, FirstSeq: 5, Events: 1, TimeMicros: 6}, closed: 7, end: 800, pid: 9, clean: true}
	f.Add(st.encode(testID))
	f.Fuzz(func(t *testing.T, page []byte) {
		if st, ok := decodeHead(page, testID); ok && len(st.encode(testID)) != len(page) {
			t.Fatal("a page of another size was accepted")
		}
	})
}

// TestLeavesAgree: the leaf computed from the frame is the one in the footer after sealing,
// and it depends on every row.
func TestLeavesAgree(t *testing.T) {
	l := mustOpen(t, vfs.NewMem(), "log", crashOptions())
	rids := tableRIDs{}
	acked, _ := workload(l, rids, 10)
	var before [10][32]byte
	for i, c := range acked {
		leaf, err := l.Leaf(c.CSN)
		if err != nil {
			t.Fatal(err)
		}
		before[i] = leaf
	}
	workload(l, rids, 60)
	if err := l.SealFull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if g, ok := l.segmentAt(acked[9].Offset); !ok || !g.Sealed {
		t.Fatal("the commits are not in a sealed segment")
	}
	seen := map[[32]byte]bool{}
	for i, c := range acked {
		leaf, err := l.Leaf(c.CSN)
		if err != nil || leaf != before[i] || seen[leaf] {
			t.Fatalf("leaf of commit %d: %x, was %x: %v", c.CSN, leaf, before[i], err)
		}
		seen[leaf] = true
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// TestGoldenDump pins the bytes of the format.
func TestGoldenDump(t *testing.T) {
	opt := crashOptions()
	opt.Rand = rand.NewChaCha8([32]byte{7})
	l := mustOpen(t, vfs.NewMem(), "log", opt)
	payload, _ := samplePayload()
	b := insertOf(1, "one", "two")
	b.SetAttr(AttrUser, []byte("ada"))
	b.AddDDL([]byte("edit"))
	rids := tableRIDs{1: 100}
	if _, err := l.Submit(t.Context(), b, rids.order, Sync); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	var rows RowBuf
	rows.Append([]byte("three"))
	b.AddUpdate(1, 2, ListRIDs([]uint64{100}), &rows)
	b.AddDelete(1, ListRIDs([]uint64{101, Relative}))
	b.AddInsertRef(3, 1, Ref{FileID: 8, Offset: 64, Length: 100, Rows: 5, Hash: [32]byte{0xAB}})
	if _, err := l.Submit(t.Context(), b, rids.order, Sync); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := l.Dump(&out); err != nil {
		t.Fatal(err)
	}
	out.WriteString("payload of every kind of run\n")
	for len(payload) > 0 {
		n := min(16, len(payload))
		out.WriteString(hexLine(payload[:n]))
		payload = payload[n:]
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	checkGolden(t, filepath.Join("testdata", "dump.golden"), out.Bytes())
}

func hexLine(b []byte) string {
	const digits = "0123456789abcdef"
	line := []byte("  ")
	for _, c := range b {
		line = append(line, digits[c>>4], digits[c&15])
	}
	return string(line) + "\n"
}

func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("the format has changed; the dump is now:\n%s", got)
	}
}
