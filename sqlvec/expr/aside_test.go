package expr

import (
	"context"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// TestInterruptible has a call with a long argument that does not end: the statement ends without it.
func TestInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	env := &Env{Ctx: ctx}
	long := []types.Value{textValue(strings.Repeat("x", longValue))}
	blocked, started := make(chan bool), make(chan bool)
	fn := interruptible(func(*Env, []types.Value) (types.Value, error) {
		close(started)
		<-blocked
		return textValue("late"), nil
	})
	go func() { <-started; cancel() }()
	if v, err := fn(env, long); dberr.CodeOf(err) != dberr.QueryCanceled {
		t.Errorf("%v, %v", v, err)
	}
	close(blocked)
}

// TestInterruptibleAnswers has calls that end: with a value, and with a panic in the goroutine of the caller.
func TestInterruptibleAnswers(t *testing.T) {
	env := &Env{Ctx: t.Context()}
	for _, size := range []int{1, longValue} {
		arg := []types.Value{textValue(strings.Repeat("x", size))}
		v, err := interruptible(func(_ *Env, a []types.Value) (types.Value, error) { return textValue(a[0].S + "!"), nil })(env, arg)
		if err != nil || len(v.S) != size+1 {
			t.Errorf("%d bytes: %d, %v", size, len(v.S), err)
		}
		func() {
			defer func() {
				if p := recover(); p != "broken" {
					t.Errorf("%d bytes: the panic is %v", size, p)
				}
			}()
			interruptible(func(*Env, []types.Value) (types.Value, error) { panic("broken") })(env, arg)
		}()
	}
}
