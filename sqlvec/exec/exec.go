package exec

import (
	"context"
	"log/slog"
	"runtime"

	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Options say how a plan is run. The zero value is usable.
type Options struct {
	Workers     int   // goroutines at once; 0 means one per processor
	BatchRows   int   // most rows of a batch; 0 means vec.BatchRows
	MemoryLimit int64 // bytes that the operators may hold; 0 means no limit
	// Memory is what the operators of several runs hold together; nil counts none.
	Memory *arena.Budget
	// Temp is where operators write what does not fit MemoryLimit.
	Temp TempSpace
	// SpillAlways makes every operator that can spill do so from its first rows on; a
	// test option.
	SpillAlways bool
	// Env is what expressions see of the session. It is shared by all workers.
	Env *expr.Env
	// Stats gets the figures of each operator; nil measures nothing.
	Stats *Stats
	// Logger gets panics with their stacks; nil is silent.
	Logger *slog.Logger
}

// withDefaults returns o with every zero field decided.
func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.BatchRows <= 0 || o.BatchRows > vec.BatchRows {
		o.BatchRows = vec.BatchRows
	}
	if o.Env == nil {
		o.Env = &expr.Env{}
	}
	return o
}

// Run runs a resolved plan and hands its rows to out, batch by batch, on the calling
// goroutine: in the plan's order where it has one, else in the order of the inputs as far
// as the operators keep it. A batch is valid until out returns. An error of out ends the
// run and is returned as it is. When ctx ends, Run returns SQLSTATE 57014.
func Run(ctx context.Context, node plan.Node, opts Options, out func(*vec.Batch) error) error {
	if ctx.Err() != nil {
		return expr.Canceled(ctx)
	}
	ex := newExecution(ctx, opts.withDefaults())
	defer ex.close()
	return ex.guard(func() error { return ex.run(node, out) })
}

func newExecution(ctx context.Context, opts Options) *execution {
	ex := &execution{ctx: ctx, opts: opts, budget: opts.Memory.Part(opts.MemoryLimit), stats: opts.Stats, moved: progressOf(ctx)}
	if ex.temp = &ex.own.temp; ex.moved == nil {
		ex.moved = &ex.own.moved
	}
	return ex
}

// run builds the pipelines of node and runs them.
func (ex *execution) run(node plan.Node, out func(*vec.Batch) error) error {
	sink := newResult(ex, out)
	if l, ok := node.(*plan.Limit); ok {
		if err := sink.bound(l); err != nil {
			return err
		}
		node = l.Input
	}
	b := &builder{ex: ex}
	parts, err := b.build(node)
	if err != nil {
		return err
	}
	if sink.limit == 0 {
		return nil
	}
	ex.pipes = append(ex.pipes, &pipeline{parts: parts, sink: sink})
	if ex.stats != nil {
		defer ex.stats.collect(ex)
	}
	for _, p := range ex.pipes {
		if err := ex.runPipeline(p); err != nil {
			return err
		}
	}
	return nil
}
