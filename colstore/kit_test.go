package colstore

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync/atomic"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

var (
	typInt  = types.T(types.Int64)
	typText = types.T(types.Text)
	bg      = context.Background()
)

// kit is an open database on a file system in memory.
type kit struct {
	t    testing.TB
	fs   vfs.FS
	opts Options
	db   *DB
	now  atomic.Int64
}

func (k *kit) clock() int64 { return k.now.Add(10) }

func newKit(t testing.TB, opts Options) *kit {
	k := &kit{t: t, fs: opts.FS, opts: opts}
	k.now.Store(1_000_000)
	if k.fs == nil {
		k.fs = vfs.NewMem()
	}
	k.opts.FS, k.opts.Clock = k.fs, k.clock
	if k.opts.SegmentMin == 0 {
		k.opts.SegmentMin, k.opts.SegmentMax = 64<<10, 1<<20
	}
	k.must(Init("db", k.opts))
	k.open()
	t.Cleanup(func() {
		if k.db != nil {
			k.must(k.db.Close())
		}
	})
	return k
}

func (k *kit) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) open() {
	k.t.Helper()
	db, err := Open("db", k.opts)
	k.must(err)
	k.db = db
}

func (k *kit) reopen() {
	k.t.Helper()
	k.must(k.db.Close())
	k.open()
}

// do runs fn in a transaction and commits.
func (k *kit) do(fn func(tx *Tx) error) error {
	tx, err := k.db.Begin(TxOptions{})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(tx); err != nil {
		return err
	}
	_, err = tx.Commit(bg)
	return err
}

func (k *kit) tx(fn func(tx *Tx) error) { k.t.Helper(); k.must(k.do(fn)) }

// pairs makes the table name (id BIGINT PRIMARY KEY, v TEXT).
func (k *kit) pairs(name string) {
	k.t.Helper()
	k.tx(func(tx *Tx) error {
		_, err := tx.CreateTable(pairsDef(name))
		return err
	})
}

func pairsDef(name string) TableDef {
	return TableDef{Name: name, PrimaryKey: []string{"id"},
		Columns: []Column{{Name: "id", Type: typInt}, {Name: "v", Type: typText}}}
}

// row is a row of a table of pairs; v "" is NULL.
type row struct {
	id int64
	v  string
}

func batchOfRows(rows []row) *vec.Batch {
	ids := make([]int64, len(rows))
	offs, valid := []int32{0}, make([]uint64, vec.Words(len(rows)))
	var heap []byte
	for i, r := range rows {
		ids[i] = r.id
		heap = append(heap, r.v...)
		offs = append(offs, int32(len(heap)))
		if r.v != "" {
			valid[i>>6] |= 1 << (i & 63)
		}
	}
	return &vec.Batch{N: len(rows), Cols: []vec.Vec{vec.FromFixed(typInt, ids, nil), vec.FromBytes(typText, offs, heap, valid)}}
}

func insert(tx *Tx, table string, rows ...row) error {
	t, err := tx.View().Table(InPublic(table))
	if err != nil {
		return err
	}
	if _, err := tx.Insert(bg, t, t.ColumnIDs()[:2], batchOfRows(rows)); err != nil {
		return err
	}
	return tx.EndStatement(bg)
}

func upsertRID(tx *Tx, table string, id int64) (*Table, uint64, bool, error) {
	v := tx.View()
	t, err := v.Table(InPublic(table))
	if err != nil {
		return nil, 0, false, err
	}
	rid, ok, err := v.LookupKey(t, []types.Value{types.IntValue(typInt, id)})
	return t, rid, ok, err
}

func update(tx *Tx, table string, rows ...row) error {
	var rids []uint64
	var t *Table
	for _, r := range rows {
		tt, rid, ok, err := upsertRID(tx, table, r.id)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("no row %d", r.id)
		}
		t, rids = tt, append(rids, rid)
	}
	if err := tx.Update(bg, t, rids, batchOfRows(rows)); err != nil {
		return err
	}
	return tx.EndStatement(bg)
}

func remove(tx *Tx, table string, ids ...int64) error {
	var rids []uint64
	var t *Table
	for _, id := range ids {
		tt, rid, ok, err := upsertRID(tx, table, id)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("no row %d", id)
		}
		t, rids = tt, append(rids, rid)
	}
	return tx.Delete(bg, t, rids)
}

// dump reads the whole table as text, by id.
func dump(v *View, table string, spec ScanSpec) (string, error) {
	t, err := v.Table(InPublic(table))
	if err != nil {
		return "", err
	}
	if spec.Columns == nil {
		spec.Columns = t.ColumnIDs()
	}
	s, err := v.Scan(bg, t, spec)
	if err != nil {
		return "", err
	}
	defer s.Close()
	return dumpScan(s)
}

func dumpScan(s *Scan) (string, error) {
	var lines []string
	var g Group
	for i := range s.Groups() {
		if err := s.Load(i, &g); err != nil {
			return "", err
		}
		for r := range g.N {
			if !g.IsLive(r) {
				continue
			}
			var f []string
			for c := range g.Cols {
				f = append(f, textOf(&g.Cols[c], r))
			}
			lines = append(lines, strings.Join(f, "|"))
		}
	}
	sort.Slice(lines, func(i, j int) bool {
		a, _, _ := strings.Cut(lines[i], "|")
		b, _, _ := strings.Cut(lines[j], "|")
		if len(a) != len(b) {
			return len(a) < len(b)
		}
		return lines[i] < lines[j]
	})
	return strings.Join(lines, " "), nil
}

func textOf(v *vec.Vec, i int) string {
	if v.IsNull(i) {
		return "-"
	}
	return types.Format(v.Value(i))
}

func (k *kit) want(v *View, table, want string) {
	k.t.Helper()
	got, err := dump(v, table, ScanSpec{})
	k.must(err)
	if got != want {
		k.t.Fatalf("%s: got %q, want %q", table, got, want)
	}
}

func (k *kit) wantCode(err error, code string) {
	k.t.Helper()
	if err == nil || dberr.CodeOf(err) != code {
		k.t.Fatalf("got error %v, want code %s", err, code)
	}
}

func (k *kit) atSeq(seq uint64) *View {
	k.t.Helper()
	v, err := k.db.ViewAtSeq(seq)
	k.must(err)
	return v
}

func intVal(i int64) types.Value { return types.IntValue(typInt, i) }

func vals(list ...int64) (out []types.Value) {
	for _, i := range list {
		out = append(out, intVal(i))
	}
	return out
}

// TestMain keeps the random tests short unless -rapid.checks says otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	_, chosen := os.LookupEnv("RAPID_CHECKS")
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "rapid.checks" })
	if !chosen {
		if err := flag.Set("rapid.checks", "15"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func batchFrom(n int, cols ...*column) *vec.Batch {
	b := &vec.Batch{N: n}
	for _, c := range cols {
		b.Cols = append(b.Cols, c.vector(n))
	}
	return b
}
