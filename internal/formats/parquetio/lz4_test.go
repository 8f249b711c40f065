package parquetio

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/pierrec/lz4/v4"
)

// TestPlainLZ4 compares with the library: what we say a block becomes it does become, be the block
// damaged or not, and no whole block is refused.
func TestPlainLZ4(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 21))
	refused := 0
	for range 5000 {
		plain := bytes.Repeat([]byte("to and fro, "), 1+r.IntN(30))
		for range r.IntN(60) {
			plain[r.IntN(len(plain))] = byte(r.Uint32())
		}
		packed := make([]byte, lz4.CompressBlockBound(len(plain)))
		size, err := new(lz4.Compressor).CompressBlock(plain, packed)
		if err != nil {
			t.Fatal(err)
		}
		packed = packed[:size]
		if n, ok := plainLZ4(packed, len(plain)); !ok || n != len(plain) {
			t.Fatalf("a block of %d bytes: %d, %v", len(plain), n, ok)
		}
		packed[r.IntN(size)] = byte(r.Uint32())
		out := make([]byte, 2*len(plain))
		n, ok := plainLZ4(packed, len(out))
		if !ok {
			refused++
			continue
		}
		if got, err := lz4.UncompressBlock(packed, out); err != nil || got != n {
			t.Fatalf("a damaged block becomes %d bytes, we say %d of %d: %v\n%x", got, n, len(out), err, packed)
		}
	}
	if refused == 0 {
		t.Error("no damaged block was refused")
	}
}
