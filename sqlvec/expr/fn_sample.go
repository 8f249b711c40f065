package expr

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// SampleHash is the name of the function from (row id, rows a unit, seed) to a number
// from 0 to SampleHashes - 1, the same for the rows of a unit. No query can write it.
const SampleHash = "$sample_hash"

// SampleHashes is the number of values of SampleHash.
const SampleHashes = 1 << 32

func init() {
	i := types.Int64
	register(&Function{Name: SampleHash, Params: ids(i, i, i), Ret: i, eval: sampleHash})
}

func sampleHash(f *frame, c *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
	out, dst := fixed[int64](f, c.Typ)
	rids, units, seeds := values[int64](f, &args[0]), values[int64](f, &args[1]), values[int64](f, &args[2])
	for i, rid := range rids {
		dst[i] = int64(mix(uint64(rid)/max(uint64(units[i]), 1)^mix(uint64(seeds[i]))) >> 32)
	}
	return out, nil
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
