//go:build !goexperiment.simd || !amd64

package kernel

// The loops of simd_search_amd64.go are not in this build: these say so, and cost nothing.

func (s *Needle) indexWide([]byte) (found, done int) { return -1, 0 }

func changeCaseWide(_, _ []byte, _ byte) int { return 0 }

func fillMaskWide([]uint8, uint8, []uint64) int { return 0 }
