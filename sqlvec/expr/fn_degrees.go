package expr

import (
	"math"

	"driftdb/internal/elementary"
)

// The functions of angles in degrees are exact where PostgreSQL's are, at multiples of 30 and 45: they
// divide by what the same calculation gives there.

// radian is a variable so that multiples of it are rounded as those of any angle are.
var radian = math.Pi / 180

var (
	sinThirty, cosSixty = elementary.Sin(30 * radian), 1 - elementary.Cos(60*radian)
	asinHalf, acosHalf  = elementary.Asin(0.5), elementary.Acos(0.5)
	atanOne             = elementary.Atan(1)
	tanOf45             = firstSin(45) / firstCos(45)
	cotOf45             = firstCos(45) / firstSin(45)
)

// smallSin is the sine from 0 to 30 degrees, smallCos the cosine from 0 to 60.
func smallSin(x float64) float64 { return elementary.Sin(x*radian) / sinThirty / 2 }

func smallCos(x float64) float64 { return 1 - (1-elementary.Cos(x*radian))/cosSixty/2 }

// firstSin and firstCos are the sine and cosine from 0 to 90 degrees.
func firstSin(x float64) float64 {
	if x <= 30 {
		return smallSin(x)
	}
	return smallCos(90 - x)
}

func firstCos(x float64) float64 {
	if x <= 60 {
		return smallCos(x)
	}
	return smallSin(90 - x)
}

// quadrant moves an angle to the first quadrant; left says that it was on the left side of the circle,
// below that it was on the lower half.
func quadrant(x float64) (first float64, left, below bool) {
	x = math.Mod(x, 360)
	if x < 0 {
		x, below = -x, true
	}
	if x > 180 {
		x, below = 360-x, !below
	}
	if x > 90 {
		x, left = 180-x, true
	}
	return x, left, below
}

func signed(x float64, minus bool) float64 {
	if minus {
		return -x
	}
	return x
}

func sind(x float64) float64 {
	first, _, below := quadrant(x)
	return signed(firstSin(first), below)
}

func cosd(x float64) float64 {
	first, left, _ := quadrant(x)
	return signed(firstCos(first), left)
}

func tand(x float64) float64 {
	first, left, below := quadrant(x)
	return noMinusZero(signed(firstSin(first)/firstCos(first)/tanOf45, left != below))
}

func cotd(x float64) float64 {
	first, left, below := quadrant(x)
	return noMinusZero(signed(firstCos(first)/firstSin(first)/cotOf45, left != below))
}

func noMinusZero(x float64) float64 {
	if x == 0 {
		return 0
	}
	return x
}

func asind(x float64) float64 {
	if x < 0 {
		return -firstAsin(-x)
	}
	return firstAsin(x)
}

func acosd(x float64) float64 {
	if x < 0 {
		return 90 + firstAsin(-x)
	}
	if x <= 0.5 {
		return 90 - elementary.Asin(x)/asinHalf*30
	}
	return elementary.Acos(x) / acosHalf * 60
}

func firstAsin(x float64) float64 {
	if x <= 0.5 {
		return elementary.Asin(x) / asinHalf * 30
	}
	return 90 - elementary.Acos(x)/acosHalf*60
}

func atand(x float64) float64 { return elementary.Atan(x) / atanOne * 45 }
