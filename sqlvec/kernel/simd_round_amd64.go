//go:build goexperiment.simd && amd64

package kernel

import "simd/archsimd"

// roundWide is RoundFloats for eight numbers at a time; it returns how many that was.
func roundWide(how Rounding, dst, x []float64) (done int) {
	if !wide || len(dst) < 8 {
		return 0
	}
	switch how {
	case RoundFloor:
		for ; len(dst)-done >= 8; done += 8 {
			archsimd.LoadFloat64x8((*[8]float64)(x[done:])).FloorScaled(0).Store((*[8]float64)(dst[done:]))
		}
	case RoundCeil:
		for ; len(dst)-done >= 8; done += 8 {
			archsimd.LoadFloat64x8((*[8]float64)(x[done:])).CeilScaled(0).Store((*[8]float64)(dst[done:]))
		}
	case RoundTrunc:
		for ; len(dst)-done >= 8; done += 8 {
			archsimd.LoadFloat64x8((*[8]float64)(x[done:])).TruncScaled(0).Store((*[8]float64)(dst[done:]))
		}
	default:
		for ; len(dst)-done >= 8; done += 8 {
			archsimd.LoadFloat64x8((*[8]float64)(x[done:])).RoundToEvenScaled(0).Store((*[8]float64)(dst[done:]))
		}
	}
	archsimd.ClearAVXUpperBits()
	return done
}
