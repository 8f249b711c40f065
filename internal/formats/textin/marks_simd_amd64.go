//go:build goexperiment.simd && amd64

package textin

import "simd/archsimd"

var hasWide = archsimd.X86.AVX512()

// specialsWide is specialsOf.
func specialsWide(data *[64]byte) uint64 {
	x := archsimd.LoadUint8x64(data)
	quotes, slashes := x.Equal(archsimd.BroadcastUint8x64('"')), x.Equal(archsimd.BroadcastUint8x64('\\'))
	return quotes.Or(slashes).Or(x.Less(archsimd.BroadcastUint8x64(' '))).ToBits()
}

// digitsOfNumberWide is digitsOfNumber.
func digitsOfNumberWide(data *[64]byte) (digits, ends uint64) {
	x := archsimd.LoadUint8x64(data)
	isDigit := x.Sub(archsimd.BroadcastUint8x64('0')).Less(archsimd.BroadcastUint8x64(10))
	commas, braces := x.Equal(archsimd.BroadcastUint8x64(',')), x.Equal(archsimd.BroadcastUint8x64('}'))
	return isDigit.ToBits(), commas.Or(braces).Or(x.Equal(archsimd.BroadcastUint8x64(' '))).ToBits()
}

// marksWide is marksOf of 64 bytes.
func marksWide(data *[64]byte, delim byte) (delims, breaks uint64) {
	x := archsimd.LoadUint8x64(data)
	return x.Equal(archsimd.BroadcastUint8x64(delim)).ToBits(), x.Equal(archsimd.BroadcastUint8x64('\n')).ToBits()
}
