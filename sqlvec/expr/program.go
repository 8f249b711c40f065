package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Program is a compiled expression. It holds caches, so a Program belongs to one
// goroutine at a time; Clone makes one for another.
type Program struct {
	root  node
	expr  Expr
	env   *Env
	loose bool
	frame frame // of the running evaluation
	forms memo  // of NUMERICs that were computed as scaled integers
}

// node evaluates one expression over a batch: dense, for all rows, with errors
// raised only for the rows of sel (nil: all) whose inputs are not NULL.
type node interface {
	eval(f *frame, sel []uint64) (vec.Vec, error)
}

// Compile prepares e for evaluation in env. It refuses subqueries and outer columns.
func Compile(e Expr, env *Env) (*Program, error) {
	if env == nil {
		env = &Env{}
	}
	n, err := compile(e, env)
	if err != nil {
		return nil, err
	}
	return &Program{root: n, expr: e, env: env}, nil
}

// Clone returns a program for another goroutine.
func (p *Program) Clone() (*Program, error) {
	c, err := Compile(p.expr, p.env)
	if err == nil {
		c.loose = p.loose
	}
	return c, err
}

// Type returns the type of the values.
func (p *Program) Type() types.Type { return p.expr.Type() }

// Loose lets Eval return NUMERIC values as scaled integers where it has computed
// them so: the vector's own type then says the scale, and differs between batches. Where
// integers of 64 bits are too small or scales differ by row, it is a Wide vector.
// Aggregates and results take such vectors; keys and columns do not.
func (p *Program) Loose() *Program { p.loose = true; return p }

// IsLoose reports whether Loose was called.
func (p *Program) IsLoose() bool { return p.loose }

// Eval computes the expression for every row of b. The result has b.N rows, any
// form, and lives in a or in b's memory. Errors (division by zero, overflow) are
// raised only for selected rows; the values of other rows are unspecified.
func (p *Program) Eval(b *vec.Batch, a *arena.Arena) (out vec.Vec, err error) {
	defer arena.Recover(&err)
	f := &p.frame
	*f = frame{n: b.N, cols: b.Cols, arena: a, env: p.env}
	out, err = p.root.eval(f, b.Sel)
	if err != nil || p.loose || out.Type.Class() == p.expr.Type().Class() && out.Form != vec.Wide {
		return out, err
	}
	return p.strict(f, out), nil
}

// strict is strict for the results. Few different ones are converted once.
func (p *Program) strict(f *frame, v vec.Vec) vec.Vec {
	one := []vec.Vec{v}
	out, ok := p.forms.through(f, one, v.Valid, memoRequest{integers: true}, func(g *frame, all []vec.Vec) (vec.Vec, error) {
		return strict(g, all[0], p.expr.Type()), nil
	})
	if !ok {
		return strict(f, v, p.expr.Type())
	}
	out.Valid = v.Valid
	return out
}

// EvalMask computes a BOOLEAN expression into out, one bit a row: set where the row
// is selected and the value is true (not NULL). out has vec.Words(b.N) words, and is not b.Sel.
func (p *Program) EvalMask(b *vec.Batch, a *arena.Arena, out []uint64) (err error) {
	defer arena.Recover(&err)
	f := &p.frame
	*f = frame{n: b.N, cols: b.Cols, arena: a, env: p.env}
	v, err := p.root.eval(f, b.Sel)
	if err != nil {
		return err
	}
	truthMask(f, &v, b.Sel, out[:vec.Words(b.N)])
	return nil
}

// EvalConst computes an expression without columns.
func EvalConst(e Expr, env *Env) (types.Value, error) {
	if c, ok := e.(*Const); ok {
		return c.Value, nil
	}
	p, err := Compile(e, env)
	if err != nil {
		return types.Value{}, err
	}
	a := arena.New(nil)
	defer a.Free()
	v, err := p.Eval(&vec.Batch{N: 1}, a)
	if err != nil {
		return types.Value{}, err
	}
	val := v.Value(0)
	val.Type = e.Type()
	return val, nil
}
