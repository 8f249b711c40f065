package exec

import (
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
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

// Keys in fields are the groups that rows of words make of them, whatever the first batch was like:
// integers out of the bounds that it showed, texts that get no number, NULLs.
func TestFields(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a := arena.New(arena.NewBudget(0))
		defer a.Free()
		scratch := arena.New(arena.NewBudget(0))
		defer scratch.Free()
		ts := rapid.SliceOfN(rapid.SampledFrom([]types.Type{
			types.T(types.Bool), types.T(types.Int16), types.T(types.Int32), types.T(types.Int64), types.T(types.Date), types.T(types.Text),
		}), 2, 5).Draw(r, "types")
		stats := make([]plan.KeyStats, rapid.IntRange(0, len(ts)).Draw(r, "stats"))
		for k := range stats {
			stats[k] = plan.KeyStats{Bounded: rapid.Bool().Draw(r, "bounded"), Min: -2, Max: 5, Distinct: rapid.Int64Range(0, 9).Draw(r, "distinct")}
		}
		texts := rapid.SampledFrom([]int64{0, 1 << 30}).Draw(r, "bytes for texts")
		rows := groupCodec(ts)
		want := newGroupTable(rows, a)
		var got *groupTable
		var shared *keyCodec
		var codecs [2]*keyCodec // of two workers
		for i := range rapid.IntRange(1, 6).Draw(r, "batches") {
			n := rapid.IntRange(1, 40).Draw(r, "rows")
			keys := make([]vec.Vec, len(ts))
			for k, typ := range ts {
				var vals []types.Value
				vals, keys[k] = drawColumn(r, typ, n)
				if typ.ID == types.Text && i == 0 && keys[k].Form != vec.Dict {
					keys[k] = formed(r, typ, vals, "dict")
				}
			}
			if got == nil {
				c := packedCodec(rows, stats, keys, n, nil, texts, func() *arena.Arena { return a })
				if c == nil {
					return // they need more than a word
				}
				shared, codecs = c, [2]*keyCodec{c.owned(), c.owned()}
				got = newGroupTable(codecs[0], a)
			}
			var sel []uint64
			if rapid.Bool().Draw(r, "selected") {
				sel = []uint64{rapid.Uint64().Draw(r, "sel") & (1<<n - 1)}
			}
			got.codec = codecs[i%2]
			one, other := make([]uint32, n), make([]uint32, n)
			want.find(keys, n, sel, one, scratch)
			got.find(keys, n, sel, other, scratch)
			slots := make([]uint32, n)
			got.codec = shared // as that of a table that a worker has taken over
			got.lookup(codecs[i%2], keys, sel, slots, scratch)
			for j := range n {
				if sel != nil && bit(sel, j) == 0 {
					continue
				}
				if one[j] != other[j] || slots[j] != one[j]+1 {
					r.Fatalf("batch %d, row %d: group %d in fields, %d looked up, want %d", i, j, other[j], slots[j], one[j])
				}
			}
		}
		more := newGroupTable(codecs[1], a)
		more.addGroups(got, nil, make([]uint32, got.n))
		a1, a2 := want.columns(0, want.n, nil, scratch), more.columns(0, more.n, nil, scratch)
		for k := range a1 {
			for g := range want.n {
				if v, w := a1[k].Value(g), a2[k].Value(g); v.Valid != w.Valid || v.Valid && !types.Equal(v, w) {
					r.Fatalf("column %d of group %d is %v, want %v", k, g, w, v)
				}
			}
		}
	})
}

// TestTablesUseWhatOthersLeft fills tables one after another in one arena: each gives its groups
// their numbers, keeps the keys of those before, and all need less memory than apart.
func TestTablesUseWhatOthersLeft(t *testing.T) {
	bigint := types.T(types.Int64)
	sizes := map[bool]int64{}
	for _, together := range []bool{false, true} {
		for _, ts := range [][]types.Type{{bigint}, {bigint, bigint}} {
			a, scratch := arena.New(nil), arena.New(nil)
			defer a.Free()
			defer scratch.Free()
			var left *leftWords
			if together {
				left = &leftWords{}
			}
			var tables []*groupTable
			for k := range 60 {
				table := newTableIn(groupCodec(ts), a, left)
				table.reserve(5000)
				for lo := 0; lo < 20_000; lo += vec.BatchRows {
					keys := make([]int64, vec.BatchRows)
					for i := range keys {
						keys[i] = int64(k*1_000_000 - (lo+i)*7) // not rising
					}
					v := vec.FromFixed(bigint, keys, nil)
					out := make([]uint32, len(keys))
					table.find([]vec.Vec{v, v}[:len(ts)], len(keys), nil, out, scratch)
					for i := range out {
						if int(out[i]) != lo+i {
							t.Fatalf("table %d: key %d is in group %d", k, lo+i, out[i])
						}
					}
					scratch.Reset()
				}
				table.finish()
				tables = append(tables, table)
			}
			for k, table := range tables {
				cols := table.columns(0, table.n, nil, scratch)
				for i := range table.n {
					if got := cols[0].Int(i); got != int64(k*1_000_000-i*7) {
						t.Fatalf("table %d: group %d has key %d", k, i, got)
					}
				}
			}
			sizes[together] += a.Size()
		}
	}
	if sizes[true] > sizes[false]/2 {
		t.Errorf("60 tables take %d bytes together, %d apart", sizes[true], sizes[false])
	}
}
