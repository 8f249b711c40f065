package colstore

import "testing"

// TestUpkeepWithWorkers checkpoints and vacuums with one goroutine and with four: the parts are as
// large, and the answers of the present and of the past the same.
func TestUpkeepWithWorkers(t *testing.T) {
	type outcome struct {
		written     int64
		moved       int64
		before, now string
	}
	run := func(workers int) (o outcome) {
		k := newKit(t, Options{Workers: workers, PartRows: 4096, GroupRows: 2048})
		k.pairs("t")
		var rows, changed []row
		for i := range int64(6000) {
			rows = append(rows, row{i, "value " + itoa(uint64(i%700))})
			if i%3 == 0 {
				changed = append(changed, row{i, "changed"})
			}
		}
		k.tx(func(tx *Tx) error { return insert(tx, "t", rows...) })
		k.tx(func(tx *Tx) error { return update(tx, "t", changed...) })
		checkpoint, err := k.db.Checkpoint(bg, Name{})
		k.must(err)
		vacuum, err := k.db.Vacuum(bg, Name{})
		k.must(err)
		k.reopen()
		o.written, o.moved = checkpoint.Bytes, vacuum.RowsMoved
		o.now, err = dump(k.db.View(), "t", ScanSpec{})
		k.must(err)
		o.before, err = dump(k.atSeq(6000), "t", ScanSpec{})
		k.must(err)
		return o
	}
	if alone, shared := run(1), run(4); alone != shared {
		t.Errorf("one goroutine wrote %d bytes and moved %d rows, four %d and %d; same present %v, same past %v",
			alone.written, alone.moved, shared.written, shared.moved, alone.now == shared.now, alone.before == shared.before)
	}
}
