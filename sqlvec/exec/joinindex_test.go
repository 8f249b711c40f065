package exec

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/types"
)

// TestKeyIndex looks for keys in indexes of drawn integers, of all forms, and follows their chains.
func TestKeyIndex(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ex := newExecution(context.Background(), Options{Workers: rapid.IntRange(1, 5).Draw(r, "workers")})
		defer ex.close()
		n := rapid.SampledFrom([]int{1, 2, 100, 3000, parallelSort, 3 * parallelSort / 2}).Draw(r, "rows")
		low := rapid.SampledFrom([]int64{-1 << 63, -70, 0, 5, 1<<63 - 1 - 200*int64(n)}).Draw(r, "least")
		apart := rapid.SampledFrom([]uint64{1, 3, 30, 130}).Draw(r, "apart") // integers of the range for a row
		seed := rapid.Uint64().Draw(r, "seed")
		sorted := rapid.Bool().Draw(r, "sorted")
		rows := newStore(nil, ex.newArena())
		rows.stride = 1
		want := map[uint64][]rowID{}
		for i := range n {
			seed = seed*6364136223846793005 + 1442695040888963407
			k := uint64(low) + seed>>20%(apart*uint64(n))
			if sorted {
				k = uint64(low) + uint64(i)*apart/2
			}
			rows.add([]uint64{k}, nil, 1, nil)
		}
		rows.seal()
		for b, block := range rows.blocks {
			for i, k := range block.keys[:block.n] {
				want[k] = append(want[k], rowID(b)<<blockShift|rowID(i))
			}
		}
		table := &joinTable{codec: joinCodec([]types.Type{types.T(types.Int64)}, false), rows: rows}
		if err := table.build(ex, false); err != nil {
			t.Fatal(err)
		}
		if table.unique != (len(want) == n) {
			t.Fatalf("unique is %v of %d keys of %d rows", table.unique, len(want), n)
		}
		var keys []uint64
		for k := range want {
			keys = append(keys, k, k+1, k-1, ^k)
		}
		first := make([]rowID, len(keys))
		table.find(keys, first)
		for i, k := range keys {
			id := first[i]
			for _, w := range want[k] {
				if id != w {
					t.Fatalf("key %d: row %d, want %d", int64(k), id, w)
				}
				id = table.following(id)
			}
			if id != noRow {
				t.Fatalf("key %d has row %d, too", int64(k), id)
			}
		}
	})
}
