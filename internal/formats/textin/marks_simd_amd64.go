//go:build goexperiment.simd && amd64

package textin

import "simd/archsimd"

var hasWide = archsimd.X86.AVX512()

// marksWide is marksOf of 64 bytes.
func marksWide(data *[64]byte, delim byte) (delims, breaks uint64) {
	x := archsimd.LoadUint8x64(data)
	return x.Equal(archsimd.BroadcastUint8x64(delim)).ToBits(), x.Equal(archsimd.BroadcastUint8x64('\n')).ToBits()
}
