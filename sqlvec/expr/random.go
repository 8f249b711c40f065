package expr

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"sync"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// Generator is a session's source of random(). Until setseed gives it a seed it draws on the
// process's; from then on its numbers are those of PostgreSQL 15 after the same seed, which are
// xoroshiro128** (Blackman, Vigna 2018), seeded by splitmix64. The zero value is ready.
type Generator struct {
	mu struct {
		sync.Mutex
		seeded bool
		s0, s1 uint64
	}
}

// Seeded reports whether the numbers follow from a seed.
func (g *Generator) Seeded() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mu.seeded
}

// seed starts the sequence of a seed between -1 and 1.
func (g *Generator) seed(f float64) {
	state := uint64(int64(float64(uint64(1)<<52-1) * f))
	next := func() uint64 {
		state += 0x9E3779B97F4A7C15
		x := (state ^ state>>30) * 0xBF58476D1CE4E5B9
		x = (x ^ x>>27) * 0x94D049BB133111EB
		return x ^ x>>31
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.seeded, g.mu.s0, g.mu.s1 = true, next(), next()
}

// float returns the next number, from 0 to below 1.
func (g *Generator) float() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.mu.seeded {
		return rand.Float64()
	}
	s0 := g.mu.s0
	sx := g.mu.s1 ^ s0
	out := bits.RotateLeft64(s0*5, 7) * 9
	g.mu.s0 = bits.RotateLeft64(s0, 24) ^ sx ^ sx<<16
	g.mu.s1 = bits.RotateLeft64(sx, 37)
	return math.Ldexp(float64(out>>12), -52)
}

func init() {
	f := types.Float64
	register(
		&Function{Name: "random", Ret: f, Volatility: Volatile, row: func(env *Env, _ []types.Value) (types.Value, error) {
			next := rand.Float64
			switch {
			case env == nil:
			case env.Rand != nil:
				next = env.Rand.Float64
			case env.Random != nil:
				next = env.Random.float
			}
			return types.FloatValue(types.T(f), next()), nil
		}},
		&Function{Name: "setseed", Params: ids(f), Ret: types.Text, Volatility: Volatile, row: setSeed},
	)
}

// setSeed is setseed(seed), whose result is empty.
func setSeed(env *Env, a []types.Value) (types.Value, error) {
	if !(a[0].F >= -1 && a[0].F <= 1) {
		return a[0], dberr.Newf(dberr.InvalidParameterValue, "setseed parameter %s is out of allowed range [-1,1]", types.Format(a[0]))
	}
	if env == nil || env.Random == nil {
		return a[0], unavailable("setseed")
	}
	env.Random.seed(a[0].F)
	return textValue(""), nil
}
