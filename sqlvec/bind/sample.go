package bind

import (
	"math"
	"math/rand/v2"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// sampled keeps a part of the rows of a table: those whose row ids, hashed with the
// seed, are small. So REPEATABLE gives the same rows as long as they are not changed.
func (b *Binder) sampled(f from, s *parse.Sample) (from, error) {
	pos := int(s.Position())
	scan, ok := f.node.(*plan.Scan)
	if !ok {
		return from{}, dberr.New(dberr.WrongObjectType, "TABLESAMPLE clause can only be applied to tables and materialized views").At(pos)
	}
	size, err := b.sampleSize(s)
	if err != nil {
		return from{}, err
	}
	seed, err := b.sampleSeed(s)
	if err != nil {
		return from{}, err
	}
	rid := b.newColumn("rid", types.T(types.Int64))
	out := scan.Out
	scan.Spec.Columns = append(scan.Spec.Columns, colstore.ColRID)
	scan.Out = append(scan.Out[:len(scan.Out):len(scan.Out)], rid)
	unit := int64(1)
	if s.Method == "system" {
		unit = systemSampleRows
	}
	hash, err := expr.NewCall(pos, expr.SampleHash, []expr.Expr{colExpr(rid), constInt(unit), constInt(seed)})
	if err != nil {
		return from{}, err
	}
	var node plan.Node
	if s.Rows {
		node = &plan.Sort{Input: scan, Keys: []plan.SortKey{{Expr: hash}}}
		node = &plan.Limit{Input: node, Count: constInt(int64(size))}
	} else {
		below, err := expr.NewOp(pos, "<", hash, constInt(int64(size/100*expr.SampleHashes)))
		if err != nil {
			return from{}, err
		}
		node = &plan.Filter{Input: scan, Predicate: below}
	}
	p := &plan.Project{Input: node, Out: out}
	for _, c := range out {
		p.Exprs = append(p.Exprs, colExpr(c))
	}
	return from{p, f.scope}, nil
}

// systemSampleRows is the number of rows that TABLESAMPLE SYSTEM takes or leaves together.
const systemSampleRows = 1024

func constInt(n int64) expr.Expr {
	return &expr.Const{Value: types.IntValue(types.T(types.Int64), n)}
}

// sampleSize returns the percentage, or the number of rows.
func (b *Binder) sampleSize(s *parse.Sample) (float64, error) {
	pos := int(s.Position())
	switch s.Method {
	case "system", "bernoulli", "reservoir":
	default:
		return 0, dberr.Newf(dberr.UndefinedObject, "tablesample method %s does not exist", s.Method).At(pos)
	}
	if len(s.Args) != 1 {
		return 0, dberr.Newf(dberr.InvalidTablesampleSize, "tablesample method %s requires 1 argument, not %d", s.Method, len(s.Args)).At(pos)
	}
	size, null, err := b.sampleNumber(s.Args[0])
	switch {
	case err != nil:
		return 0, err
	case null:
		return 0, dberr.New(dberr.InvalidTablesampleSize, "TABLESAMPLE parameter cannot be null").At(pos)
	case s.Rows && (size < 0 || size != math.Trunc(size) || size > math.MaxInt32):
		return 0, dberr.New(dberr.InvalidTablesampleSize, "sample size must be a whole number of rows and not negative").At(pos)
	case !s.Rows && !(size >= 0 && size <= 100):
		return 0, dberr.New(dberr.InvalidTablesampleSize, "sample percentage must be between 0 and 100").At(pos)
	}
	return size, nil
}

// sampleSeed returns the seed of REPEATABLE, or a random one.
func (b *Binder) sampleSeed(s *parse.Sample) (int64, error) {
	if s.Repeatable == nil {
		return rand.Int64(), nil
	}
	seed, null, err := b.sampleNumber(s.Repeatable)
	if err != nil {
		return 0, err
	}
	if null {
		return 0, dberr.New(dberr.InvalidTablesampleRepeat, "TABLESAMPLE REPEATABLE parameter cannot be null").At(int(s.Repeatable.Position()))
	}
	return int64(math.Float64bits(seed)), nil
}

// sampleNumber computes a parameter, which sees no columns.
func (b *Binder) sampleNumber(e parse.Expr) (float64, bool, error) {
	x, err := b.bindExpr(e, &exprContext{scope: &scope{}, clause: "TABLESAMPLE"})
	if err != nil {
		return 0, false, err
	}
	if x, err = expr.NewCast(int(e.Position()), x, types.T(types.Float64), false); err != nil {
		return 0, false, err
	}
	v, err := b.constant(x)
	if err != nil {
		return 0, false, at(err, int(e.Position()))
	}
	return v.F, !v.Valid, nil
}
