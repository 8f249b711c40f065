package expr

import (
	"strings"

	"driftdb/internal/types"
)

// longValue is the bytes of arguments from which a call may take so long that a statement that is to end does not
// wait for it.
const longValue = 1 << 20

// interruptible is fn for a function without effects: a call with long arguments is made by a goroutine of its own,
// over copies of them, and left to itself where the statement is to end before it.
func interruptible(fn rowFunc) rowFunc {
	return func(env *Env, a []types.Value) (types.Value, error) {
		size := 0
		for i := range a {
			size += len(a[i].S)
		}
		if size < longValue || !env.mayEnd() {
			return fn(env, a)
		}
		return aside(env, fn, a)
	}
}

// outcome is what a call has answered; panicked is not nil where it did not.
type outcome struct {
	value    types.Value
	err      error
	panicked any
}

func aside(env *Env, fn rowFunc, a []types.Value) (types.Value, error) {
	own := make([]types.Value, len(a))
	for i, v := range a {
		own[i] = v
		own[i].S = strings.Clone(v.S)
	}
	ownEnv := *env // the session goes on to use its own
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.panicked = recover()
			done <- o
		}()
		o.value, o.err = fn(&ownEnv, own)
	}()
	select {
	case o := <-done:
		if o.panicked != nil {
			panic(o.panicked)
		}
		return o.value, o.err
	case <-env.Ctx.Done():
		return types.Value{}, Canceled(env.Ctx)
	}
}
