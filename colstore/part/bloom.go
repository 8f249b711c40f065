package part

import (
	"math/bits"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// A Bloom filter is split into blocks of 32 bytes; a key sets one bit in each of the
// eight words of one block (Putze, Sanders, Singler, 2007; the block and salts of Parquet).
const (
	bloomBlock      = 32
	bloomBitsPerKey = 10
)

var bloomSalts = [8]uint32{
	0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31,
}

// bloomSize returns the bytes of a filter of n keys.
func bloomSize(n int) int {
	return max((n*bloomBitsPerKey+8*bloomBlock-1)/(8*bloomBlock), 1) * bloomBlock
}

// bloomOffset returns the offset of the block of a hash.
func bloomOffset(size int, h uint64) int {
	block, _ := bits.Mul64(h, uint64(size/bloomBlock))
	return int(block) * bloomBlock
}

func bloomAdd(filter []byte, h uint64) {
	words := vec.Cast[uint32](filter[bloomOffset(len(filter), h):][:bloomBlock])
	for i := range bloomSalts {
		words[i] |= 1 << (uint32(h) * bloomSalts[i] >> 27)
	}
}

func bloomHas(filter []byte, h uint64) bool {
	words := (*[8]uint32)(vec.Cast[uint32](filter[bloomOffset(len(filter), h):][:bloomBlock]))
	missing := uint32(0)
	for i := range bloomSalts {
		missing |= ^words[i] >> (uint32(h) * bloomSalts[i] >> 27) & 1
	}
	return missing == 0
}

// HashKey hashes a whole key for MayContainHash; keys that compare equal hash alike. Every
// value has the class of its column. A key with a NULL is in no filter.
func HashKey(key []types.Value) uint64 {
	h := uint64(0)
	for i := range key {
		h = mixKey(h, hashValue(&key[i]))
	}
	return h
}

// mixKey adds the hash of one more key column.
func mixKey(h, column uint64) uint64 { return mix(h^column, 0x9FB21C651E98DF25) }

func hashValue(v *types.Value) uint64 {
	switch {
	case !v.Valid:
		return 0
	case v.Type.Class() == types.Bytes:
		return hashBytes(keyBytes(v.Type, stringBytes(v.S)))
	case v.Type.Class() == types.F32 || v.Type.Class() == types.F64:
		return hashFloat(v.F)
	case v.Type.Class() == types.Span:
		return hashSpan(v.Iv)
	}
	return hashInt(v.I)
}

// hashRows mixes the hashes of the rows of v into dst.
func hashRows(dst []uint64, v *vec.Vec) {
	if v.Form == vec.Dict {
		hashCodes(dst, v)
		return
	}
	switch v.Type.Class() {
	case types.Bytes:
		for i := range dst {
			dst[i] = mixKey(dst[i], hashBytes(keyBytes(v.Type, v.Bytes(i))))
		}
	case types.F32, types.F64:
		for i := range dst {
			dst[i] = mixKey(dst[i], hashFloat(v.Float(i)))
		}
	case types.Span:
		for i := range dst {
			dst[i] = mixKey(dst[i], hashSpan(spanAt(v, i)))
		}
	default:
		for i := range dst {
			dst[i] = mixKey(dst[i], hashInt(v.Int(i)))
		}
	}
}

// hashCodes hashes each value of the dictionary once.
func hashCodes(dst []uint64, v *vec.Vec) {
	values := make([]uint64, v.Dict.Values.N)
	for i := range values {
		value := v.Dict.Values.Value(i)
		values[i] = hashValue(&value)
	}
	for i := range dst {
		dst[i] = mixKey(dst[i], values[codeAt(v, i)])
	}
}
