// Package fork divides work among goroutines that the caller waits for.
package fork

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Each calls do for every number below n, on up to workers goroutines, of which the caller's is one,
// and returns the error of the least number. A panic, a fault on mapped memory too, goes on in the
// caller.
func Each(workers, n int, do func(i int) error) error {
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			if err := do(i); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, n)
	panics := make([]any, workers)
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			errs[i] = do(i)
		}
	}
	var others sync.WaitGroup
	for k := 1; k < workers; k++ {
		others.Go(func() {
			debug.SetPanicOnFault(true)
			defer func() { panics[k] = recover() }()
			work()
		})
	}
	func() {
		defer func() { panics[0] = recover() }()
		work()
	}()
	others.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
