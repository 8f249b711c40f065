package exec

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/sqlvec/expr"
)

// execution is one run of a plan.
type execution struct {
	ctx    context.Context
	opts   Options
	budget *arena.Budget
	stats  *Stats
	moved  *Progress
	temp   *tempUse
	parent *execution // of a step of a recursion, nil otherwise
	own    struct {   // what moved and temp point to where nobody else has them
		moved Progress
		temp  tempUse
	}

	pipes   []*pipeline // in the order in which they run
	workers []*worker

	lent    atomic.Int64 // bytes of strings in mapped files that operators have not copied
	stopped atomic.Bool  // set with mu.err
	mu      struct {
		sync.Mutex
		err     error
		closers []closer
		wakers  []func() // called when the execution fails
		watched bool     // the end of ctx wakes them
	}
}

// worker is what one goroutine of a pipeline has for itself.
type worker struct {
	id     int
	ex     *execution
	morsel int // the number of the running morsel in its pipeline
	// scratch lives for one batch: whoever pushes a batch releases what the push used.
	scratch *arena.Arena
	// mapped are the strings of columns of the running morsel that lie in mapped files until the
	// execution ends.
	mapped [][]byte
}

// newWorker returns worker i. Pipelines run one after another, so they share workers.
func (ex *execution) newWorker(i int) *worker {
	for len(ex.workers) <= i {
		w := &worker{id: len(ex.workers), ex: ex, scratch: ex.newArena()}
		ex.workers = append(ex.workers, w)
	}
	return ex.workers[i]
}

// newArena returns an arena that is freed when the execution ends.
func (ex *execution) newArena() *arena.Arena {
	a := arena.New(ex.budget)
	ex.onClose(arenaCloser{a})
	return a
}

// closer is what an execution closes when it ends.
type closer interface{ Close() }

type arenaCloser struct{ *arena.Arena }

func (a arenaCloser) Close() { a.Free() }

// closeFunc is a closer that calls itself.
type closeFunc func()

func (f closeFunc) Close() { f() }

// onClose closes c when the execution ends.
func (ex *execution) onClose(c closer) {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	ex.mu.closers = append(ex.mu.closers, c)
}

// close releases everything that the execution holds, the last taken first.
func (ex *execution) close() {
	for i := len(ex.mu.closers) - 1; i >= 0; i-- {
		ex.mu.closers[i].Close()
	}
	ex.mu.closers = nil
}

// fail records the first error and stops the workers.
func (ex *execution) fail(err error) {
	if err == nil {
		return
	}
	ex.mu.Lock()
	if ex.mu.err == nil {
		ex.mu.err = err
	}
	ex.stopped.Store(true)
	wakers := ex.mu.wakers
	ex.mu.Unlock()
	for _, wake := range wakers {
		wake()
	}
}

// onFail calls wake when the execution fails, for those who wait.
func (ex *execution) onFail(wake func()) {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	ex.mu.wakers = append(ex.mu.wakers, wake)
	if !ex.mu.watched {
		ex.mu.watched = true
		stop := context.AfterFunc(ex.ctx, func() { ex.fail(expr.Canceled(ex.ctx)) })
		ex.mu.closers = append(ex.mu.closers, closeFunc(func() { stop() }))
	}
}

// failure returns the recorded error.
func (ex *execution) failure() error {
	if !ex.stopped.Load() {
		return nil
	}
	ex.mu.Lock()
	defer ex.mu.Unlock()
	return ex.mu.err
}

// check returns the error that stops the execution, if any. Sources call it per batch.
func (ex *execution) check() error {
	if ex.stopped.Load() {
		return ex.failure()
	}
	if ex.ctx.Err() != nil {
		ex.fail(expr.Canceled(ex.ctx))
		return ex.failure()
	}
	if ex.parent != nil {
		return ex.parent.check()
	}
	return nil
}

// guard runs f on this goroutine: a fault on a mapped page, exhausted memory and any
// other panic come back as errors.
func (ex *execution) guard(f func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case arena.Exhausted:
			err = p.Err
		default:
			if ex.opts.Logger != nil {
				ex.opts.Logger.Error("panic in a query", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
			err = dberr.Bug("internal error in the executor: %v", p)
		}
	}()
	return vfs.Guard(f)
}
