package exec

import (
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// TestGroupsOfRisingKeys numbers keys that mostly come in ascending order, with NULLs among
// them, as a map does.
func TestGroupsOfRisingKeys(t *testing.T) {
	bigint := types.T(types.Int64)
	rapid.Check(t, func(r *rapid.T) {
		a, scratch := arena.New(nil), arena.New(nil)
		defer a.Free()
		defer scratch.Free()
		table := newGroupTable(groupCodec([]types.Type{bigint}), a)
		known := map[types.Value]uint32{}
		at := rapid.Int64Range(-3, 3).Draw(r, "first")
		drops := rapid.SampledFrom([]int{0, 1, 10}).Draw(r, "drops in a hundred")
		for range rapid.IntRange(1, 6).Draw(r, "batches") {
			vals := make([]types.Value, rapid.IntRange(1, 200).Draw(r, "n"))
			for i := range vals {
				switch p := rapid.IntRange(0, 99).Draw(r, "step"); {
				case p < drops:
					at -= rapid.Int64Range(1, 9).Draw(r, "drop")
				case p < 2*drops:
					vals[i] = types.NullOf(bigint)
					continue
				default:
					at += int64(p % 3)
				}
				vals[i] = types.IntValue(bigint, at)
			}
			out := make([]uint32, len(vals))
			table.find([]vec.Vec{vecOf(bigint, vals, a)}, len(vals), nil, out, scratch)
			for i, v := range vals {
				next := uint32(len(known))
				if _, ok := known[v]; !ok {
					known[v] = next
				}
				if out[i] != known[v] {
					r.Fatalf("%s is in group %d, not %d", show(v), out[i], known[v])
				}
			}
		}
		if drops == 0 && !table.rising {
			r.Fatal("ascending keys were hashed")
		}
	})
}
