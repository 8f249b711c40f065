//go:build !goexperiment.simd || !amd64

package textin

const hasWide = false

// specialsWide is not in this build.
func specialsWide(*[64]byte) uint64 { return 0 }

// digitsOfNumberWide is not in this build.
func digitsOfNumberWide(*[64]byte) (digits, ends uint64) { return 0, 0 }

// marksWide is not in this build.
func marksWide(*[64]byte, byte) (delims, breaks uint64) { return 0, 0 }
