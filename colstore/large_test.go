package colstore

import (
	"strings"
	"testing"
)

// TestLargeValues writes single rows whose values are larger than a frame of the log, alone
// and among others, and reads them at every event.
func TestLargeValues(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.pairs("u")
	a, b, c := strings.Repeat("a", 3<<20), strings.Repeat("b", 700<<10), strings.Repeat("c", 700<<10)
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, a}) })
	k.tx(func(tx *Tx) error {
		if err := insert(tx, "t", row{2, b}, row{3, "small"}); err != nil {
			return err
		}
		if err := insert(tx, "u", row{1, c}); err != nil {
			return err
		}
		return update(tx, "t", row{2, a}, row{3, c})
	})
	want := map[uint64]map[string]string{
		1: {"t": "1=3145728a", "u": ""},
		3: {"t": "1=3145728a 2=716800b 3=5s", "u": ""},
		4: {"t": "1=3145728a 2=716800b 3=5s", "u": "1=716800c"},
		6: {"t": "1=3145728a 2=3145728a 3=716800c", "u": "1=716800c"},
	}
	check := func(when string) {
		t.Helper()
		for seq, tables := range want {
			v, err := k.db.ViewAtSeq(seq)
			k.must(err)
			for name, text := range tables {
				if got := sizesOf(k, v, name); got != text {
					t.Errorf("%s: %s at event %d has %q, want %q", when, name, seq, got, text)
				}
			}
		}
	}
	check("at once")
	k.reopen()
	check("opened again")
	_, err := k.db.Checkpoint(bg, Name{})
	k.must(err)
	check("after a checkpoint")
	_, err = k.db.Vacuum(bg, Name{})
	k.must(err)
	k.reopen()
	check("after a vacuum")
}

// sizesOf shows keys, with size and first byte of the values.
func sizesOf(k *kit, v *View, table string) string {
	text, err := dump(v, table, ScanSpec{})
	k.must(err)
	rows := strings.Fields(text)
	for i, r := range rows {
		id, value, _ := strings.Cut(r, "|")
		rows[i] = id + "=" + itoa(uint64(len(value))) + value[:1]
	}
	return strings.Join(rows, " ")
}

// TestShortLivedWritersCheckpoint opens a database again and again for a few rows each time:
// its tail must not grow for ever because no process lives long enough to write it.
func TestShortLivedWritersCheckpoint(t *testing.T) {
	k := newKit(t, Options{AutoCheckpoint: true, TailLimit: 64 << 10})
	k.pairs("t")
	for i := range 40 {
		k.tx(func(tx *Tx) error { return insert(tx, "t", row{int64(i), strings.Repeat("x", 8<<10)}) })
		k.reopen()
	}
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{100, "last"}) }) // loads the table
	if tail := k.db.Info().TailBytes; tail > 2*64<<10 {
		t.Errorf("the tail has %d bytes after 40 openings, the limit is %d", tail, 64<<10)
	}
	text, err := dump(k.db.View(), "t", ScanSpec{})
	k.must(err)
	if n := len(strings.Fields(text)); n != 41 {
		t.Errorf("%d rows, want 41", n)
	}
}
