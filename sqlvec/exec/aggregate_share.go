package exec

import (
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// argument is an argument that several calls of a worker have. It is computed once for a batch.
type argument struct {
	prog  *expr.Program
	value vec.Vec
	known bool // value is that of the batch
}

// shareArguments finds the arguments that a call has of those before it: of calls that see every row.
func (e *aggEnd) shareArguments(c *callEnd) {
	c.shared = make([]*argument, len(c.args))
	if !c.call.everyRow() || c.call.hasPieces() {
		return
	}
	for i, arg := range c.call.Args {
		if _, isColumn := arg.(*expr.Col); !isColumn && !expr.IsConst(arg) {
			c.shareWith(i, e.calls)
		}
	}
}

// shareWith makes argument i that of an earlier call that has it, too.
func (c *callEnd) shareWith(i int, earlier []*callEnd) {
	for _, o := range earlier {
		if !o.call.everyRow() || o.call.hasPieces() {
			continue
		}
		for j, arg := range o.call.Args {
			if !plan.Same(arg, c.call.Args[i]) {
				continue
			}
			if o.shared[j] == nil {
				o.shared[j] = &argument{prog: o.args[j]}
				c.e.shared = append(c.e.shared, o.shared[j])
			}
			c.shared[i], c.args[i] = o.shared[j], o.args[j]
			return
		}
	}
}

// eachCall calls fn with the calls of an end, for the same rows of a batch.
func (e *aggEnd) eachCall(fn func(*callEnd) error) error {
	for _, a := range e.shared {
		a.known = false
	}
	for _, c := range e.calls {
		if err := fn(c); err != nil {
			return err
		}
	}
	return nil
}

// appendArgs appends the arguments of the call to cols; they live in w's scratch memory.
func (c *callEnd) appendArgs(b *vec.Batch, cols []vec.Vec) (_ []vec.Vec, err error) {
	for i, prog := range c.args {
		a := c.shared[i]
		if a == nil {
			a = &argument{prog: prog}
		}
		if !a.known {
			if a.value, err = a.prog.Eval(b, c.e.w.scratch); err != nil {
				return nil, err
			}
			a.known = true
		}
		cols = append(cols, a.value)
	}
	return cols, nil
}
