//go:build !goexperiment.simd || !amd64

package textin

const hasWide = false

// marksWide is not in this build.
func marksWide(*[64]byte, byte) (delims, breaks uint64) { return 0, 0 }
