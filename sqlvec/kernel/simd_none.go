//go:build !goexperiment.simd || !amd64

package kernel

// The loops of simd_amd64.go are not in this build: these say so, and cost nothing.

func compareConstWide[T Int](Op, []T, T, []uint64) bool { return false }

func lookupWide[T Int]([]T, []uint64, []uint64) bool { return false }

func lookupSlotsWide[C ~uint8 | ~uint16 | ~uint32](_, _ []uint32, _ []C) (bool, int) {
	return false, 0
}

func magnitudeWide[T Signed]([]T) (uint64, bool) { return 0, false }

func floatRanksWide([]int64, []float64) int { return 0 }

func floatBoundsWide([]float64) (lo, hi int64, ok bool) { return 0, 0, false }

func floatsWide[T Float](_ byte, _, _, _ []T) (int, bool) { return 0, false }

func productsWide[T Signed](_, _, _ []T) bool { return false }

func sumWide[T Signed]([]T, []uint64) (Int128, bool) { return Int128{}, false }

func sumNarrowWide[T ~uint8 | ~uint16 | ~uint32]([]T, []uint64) (uint64, bool) { return 0, false }

func maskSlotsWide([]uint32, []uint32, []uint64) int { return 0 }

func anyZeroWide([]uint32, []uint64) (bool, int) { return false, 0 }

func addCodesWide[C ~uint8 | ~uint16 | ~uint32]([]uint32, uint32, []C) int { return 0 }

func minMaxWide[T Int]([]T) (lo, hi T, ok bool) { return 0, 0, false }

func amongWide[T Int](_ []uint64, _, _ uint64, _ []T, _ []uint64) int { return 0 }

func greatestSizeWide([]float64) (uint64, int) { return 0, 0 }

func mulCodesWide[T Signed, C ~uint8 | ~uint16 | ~uint32]([]T, T, []C, []T) int { return 0 }

func mulNarrowWide[T Signed, C, D ~uint8 | ~uint16 | ~uint32]([]T, T, []C, T, []D) int { return 0 }

func quotientsWide(*Quotients, []Int128, []int64, []int64, []uint64) int { return 0 }

func widenWide[D Signed, S Int]([]D, []S, int64) int { return 0 }

func slotMasksWide([]uint64, []uint32, int) bool { return false }

func sumSmallWide([]int64, []uint64) (int64, int) { return 0, 0 }

func divConstWide[T Signed](_, _ []T, _ T, _ bool) int { return 0 }

func addOffsetsWide[T Int]([]uint32, uint32, []T, int64, uint32) int { return 0 }

func doublesWide[S Int]([]float64, []S, int64, float64) int { return 0 }

func distancesWide[T ~uint16 | ~int32](_ []int32, _, _ []T, _ int32) int { return 0 }
func roundWide(Rounding, []float64, []float64) int                       { return 0 }

func sqrtWide([]float64, []float64) (int, bool) { return 0, false }
