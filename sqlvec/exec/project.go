package exec

import (
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// projectStage computes expressions.
type projectStage struct{ exprs []expr.Expr }

func (p *projectStage) open(w *worker, next pusher) (pusher, error) {
	progs, err := compileAll(p.exprs, w.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	if s, ok := next.(*sortEnd); ok && s.top != nil {
		loosen(progs)
	}
	out := &project{w: w, progs: progs, next: next}
	out.decide(p.exprs)
	return out, nil
}

// compileAll compiles each of es.
func compileAll(es []expr.Expr, env *expr.Env) ([]*expr.Program, error) {
	progs := make([]*expr.Program, len(es))
	for i, e := range es {
		var err error
		if progs[i], err = expr.Compile(e, env); err != nil {
			return nil, err
		}
	}
	return progs, nil
}

type project struct {
	w     *worker
	progs []*expr.Program
	next  pusher
	cols  []vec.Vec

	// chooser is next where it decides by columns that are columns of the input, in from.
	chooser chooser
	from    []int

	boundColumn int        // see bounder
	boundBy     *threshold // of next, where its first key is a column of the input
}

// decide finds out whether next is a chooser for the input.
func (p *project) decide(exprs []expr.Expr) {
	if i, t := boundOf(p.next); t != nil {
		if col, ok := exprs[i].(*expr.Col); ok {
			p.boundColumn, p.boundBy = col.Index, t
		}
	}
	c, ok := p.next.(chooser)
	if !ok {
		return
	}
	for _, i := range c.deciding() {
		col, ok := exprs[i].(*expr.Col)
		if !ok {
			return
		}
		p.from = append(p.from, col.Index)
	}
	p.chooser = c
}

// deciding implements chooser.
func (p *project) deciding() []int {
	if p.chooser == nil {
		return nil
	}
	return p.from
}

// choose implements chooser.
func (p *project) choose(b *vec.Batch, n int) []uint64 {
	out := vec.Batch{N: b.N, Sel: b.Sel, Cols: make([]vec.Vec, len(p.progs))}
	for k, i := range p.chooser.deciding()[:n] {
		out.Cols[i] = b.Cols[p.from[k]]
	}
	return p.chooser.choose(&out, n)
}

func (p *project) push(b *vec.Batch) error {
	a := p.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	var err error
	if p.cols, err = evalAll(p.progs, b, p.w, p.cols[:0]); err != nil {
		return err
	}
	return p.next.push(&vec.Batch{N: b.N, Sel: b.Sel, Cols: p.cols})
}

// evalAll appends the values of progs over b to cols; they live in w's scratch memory.
func evalAll(progs []*expr.Program, b *vec.Batch, w *worker, cols []vec.Vec) ([]vec.Vec, error) {
	for _, prog := range progs {
		v, err := prog.Eval(b, w.scratch)
		if err != nil {
			return nil, err
		}
		cols = append(cols, v)
	}
	return cols, nil
}
