package opt

import (
	"errors"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// ErrNotGeneric says that the best plan of a statement holds for one moment or one set of values only.
var ErrNotGeneric = errors.New("the statement has no plan that can be kept")

// ErrOutgrown says that tables have grown so much that another plan may be better.
var ErrOutgrown = errors.New("the plan was made for smaller tables")

// ErrConstants says that a statement has to be bound with its constants in their places.
var ErrConstants = errors.New("constants of the statement have no value where they stand")

// Generic is a plan for any values of the parameters and any rows of the tables, as long as the
// definitions stay. It is not run itself: Plan makes a plan of it each time.
type Generic struct {
	root plan.Node
	// calls are operators with expressions that are to be computed before they run.
	calls map[plan.Node]bool
	// sizes are how large the tables of scans were, as versionSource says.
	sizes map[plan.Node]uint64
}

// versionSource is a plan.Source that knows about how many row versions its table has had.
type versionSource interface{ Versions() uint64 }

// grownBy row versions more are no reason for another plan; so many and twice as many are.
const grownBy = 1000

// NewGeneric optimizes a bound plan whose parameters are expr.Params. The error is ErrNotGeneric
// where the plan has to be made each time. rebind is as for Plan.
func NewGeneric(node plan.Node, env *expr.Env, rebind func(plan.Source) (plan.Source, bool)) (*Generic, error) {
	o := &optimizer{env: env, generic: true}
	node, err := o.optimize(node)
	if err != nil {
		return nil, err
	}
	if o.momentary {
		return nil, ErrNotGeneric
	}
	g := &Generic{root: node, calls: map[plan.Node]bool{}, sizes: map[plan.Node]uint64{}}
	return g, g.note(node, rebind)
}

// note looks at every operator.
func (g *Generic) note(node plan.Node, rebind func(plan.Source) (plan.Source, bool)) error {
	if _, ok := plan.Copy(node); !ok {
		return ErrNotGeneric
	}
	switch n := node.(type) {
	case *plan.Fetch:
		if _, ok := rebind(n.Source); !ok {
			return ErrNotGeneric
		}
	case *plan.Scan:
		src, ok := rebind(n.Source)
		if !ok {
			return ErrNotGeneric
		}
		if v, ok := src.(versionSource); ok {
			g.sizes[node] = v.Versions()
		}
	}
	for _, e := range plan.Exprs(node) {
		if expr.VolatilityOf(*e) != expr.Immutable {
			g.calls[node] = true
		}
	}
	for _, k := range node.Children() {
		if err := g.note(k, rebind); err != nil {
			return err
		}
	}
	return nil
}

// Plan makes the plan for the parameters in env and for the present that rebind gives a source. The
// error is ErrOutgrown when it was made for tables that were much smaller.
func (g *Generic) Plan(env *expr.Env, rebind func(plan.Source) (plan.Source, bool)) (plan.Node, error) {
	return g.planned(env, rebind, &valuer{env: env})
}

// PlanOfConstants is Plan for parameters that stand for constants of the statement. The error is
// ErrConstants when something cannot be computed of them, which may be an error of the statement before
// it runs.
func (g *Generic) PlanOfConstants(env *expr.Env, rebind func(plan.Source) (plan.Source, bool)) (plan.Node, error) {
	v := &valuer{env: env}
	node, err := g.planned(env, rebind, v)
	if err == nil && v.failed {
		return nil, ErrConstants
	}
	return node, err
}

func (g *Generic) planned(env *expr.Env, rebind func(plan.Source) (plan.Source, bool), v *valuer) (plan.Node, error) {
	node, err := g.plan(g.root, env, rebind, v)
	if err != nil {
		return nil, err
	}
	return ordered(node), nil
}

// OneForAll reports whether the plan is the one for any values: it has no operator that is chosen, or put
// where it is, for how many rows are expected.
func (g *Generic) OneForAll() bool { return oneForAll(g.root) }

func oneForAll(node plan.Node) bool {
	switch n := node.(type) {
	case *plan.Scan, *plan.Values, *plan.Filter, *plan.Project, *plan.Sort, *plan.Limit:
	case *plan.Aggregate:
		if len(n.Keys) > 0 {
			return false
		}
	default:
		return false
	}
	for _, k := range node.Children() {
		if !oneForAll(k) {
			return false
		}
	}
	return true
}

func (g *Generic) plan(from plan.Node, env *expr.Env, rebind func(plan.Source) (plan.Source, bool), values *valuer) (plan.Node, error) {
	node, _ := plan.Copy(from)
	kids := node.Children()
	for i, k := range kids {
		kid, err := g.plan(k, env, rebind, values)
		if err != nil {
			return nil, err
		}
		kids[i] = kid
	}
	if len(kids) > 0 {
		plan.SetChildren(node, kids)
	}
	switch n := node.(type) {
	case *plan.Fetch:
		var ok bool
		if n.Source, ok = rebind(n.Source); !ok {
			return nil, ErrNotGeneric
		}
	case *plan.Scan:
		var ok bool
		if n.Source, ok = rebind(n.Source); !ok {
			return nil, ErrNotGeneric
		}
		if v, ok := n.Source.(versionSource); ok && v.Versions() > 2*g.sizes[from]+grownBy {
			return nil, ErrOutgrown
		}
	}
	if g.calls[from] {
		for _, e := range plan.Exprs(node) {
			*e = values.of(*e)
		}
		chosen(node)
	}
	if a, ok := node.(*plan.Aggregate); ok {
		return countOnly(a), nil
	}
	return node, nil
}

// valuer puts the values of the parameters into expressions.
type valuer struct {
	env    *expr.Env
	failed bool // an operator over constants had no value
}

// of is an expression with the values of the parameters, computed as far as it has no columns.
func (v *valuer) of(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		if p, ok := x.(*expr.Param); ok {
			value, err := expr.EvalConst(p, v.env)
			if err != nil {
				v.failed = true
				return p
			}
			return &expr.Const{At: p.At, Value: value}
		}
		out := foldNode(x, v.env)
		v.failed = v.failed || out == x && foldable(x)
		return out
	})
}

// chosen makes the choices that hang on constants.
func chosen(node plan.Node) {
	switch n := node.(type) {
	case *plan.Scan:
		n.Spec.Filters = hints(n, byID(n))
	case *plan.Limit:
		topN(n)
	}
}

// byID is the predicate of a resolved scan over the IDs of its columns.
func byID(s *plan.Scan) expr.Expr {
	return expr.Remap(s.Predicate, func(at int) int { return s.Out[at].ID })
}
