//go:build !goexperiment.simd || !amd64

package bitpack

// unpackWide of simd_amd64.go is not in this build.
func unpackWide(_, _ []byte, _, _, _ int, _, _ uint64) int { return 0 }
