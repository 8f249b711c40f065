package fork

import (
	"errors"
	"sync/atomic"
	"testing"
)

func TestEachReportsTheFirstError(t *testing.T) {
	var calls atomic.Int64
	first := errors.New("first")
	err := Each(3, 50, func(i int) error {
		calls.Add(1)
		switch i {
		case 20:
			return first
		case 30:
			return errors.New("later")
		}
		return nil
	})
	if err != first || calls.Load() != 50 {
		t.Errorf("got %v after %d calls", err, calls.Load())
	}
	defer func() {
		if p := recover(); p != "broken" {
			t.Errorf("the panic of a call became %v", p)
		}
	}()
	_ = Each(3, 50, func(i int) error {
		if i == 40 {
			panic("broken")
		}
		return nil
	})
}
