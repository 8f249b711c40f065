package sqlvec

import (
	"fmt"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/opt"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// prepared is a statement of PREPARE, or one whose text is run again and again. Where it has a plan for
// any values of its parameters, that is kept and made anew only when what it was made for has changed;
// else the statement is bound each time it is executed.
type prepared struct {
	stmt parse.Stmt
	text bool // it was not prepared: it has no parameters, and nobody has been told its columns
	// types of the parameters: those declared, else those that the statement gives them, which never
	// change; unknown where each value decides.
	types  []types.Type
	params int // the number of the greatest parameter

	// fixed says that PREPARE could bind the statement for any values. Then the types are all known,
	// and so are the columns that the statement answers with, which may not change.
	fixed   bool
	columns []Column

	// given are the types of the constants that the parameters of a shape stand for, nil for other
	// statements; refused says that its plans may hang on them.
	given   []types.Type
	refused bool

	source          string // the text of the PREPARE
	made            int64  // when that was, in µs since 1970 UTC
	generic, custom int64  // how often it ran with a kept plan, and was bound anew

	plan   *keptPlan
	except *madeFor // what the statement had no such plan for, nil for nothing
}

// keptPlan is a plan for any values of parameters.
type keptPlan struct {
	made   madeFor
	query  *opt.Generic
	change *bind.Change // of a statement that writes, whose Plan the query is
}

// madeFor is what a plan depends on besides the statement: it holds as long as these are the same.
type madeFor struct {
	definitions, temporary uint64 // the newest changes
	set                    settings
	user                   string
}

// madeFor returns what a plan would be made for now; ok is false where none can be kept.
func (r *run) madeFor() (m madeFor, ok bool) {
	s := r.s
	if s.set.systemTime != nil || r.multi != nil {
		return m, false
	}
	m.set, m.user = s.set, s.user
	if m.definitions, ok = s.tx.open.Catalog().LastChange(); ok && s.tx.temp != nil {
		m.temporary, ok = s.tx.temp.Catalog().LastChange()
	}
	return m, ok
}

func (r *run) prepare(st *parse.Prepare) error {
	if _, ok := r.s.prepared[st.Name.Name]; ok {
		return dberr.Newf("42P05", "prepared statement \"%s\" already exists", st.Name.Name).At(int(st.Name.Pos))
	}
	p := &prepared{stmt: st.Stmt, params: parse.ParamCount(st.Stmt), source: r.result.Text, made: r.s.db.now()}
	err := r.withView(func(v *colstore.View) error {
		for _, n := range st.Types {
			t, err := bind.TypeOf(n, v.Catalog(), r.s.searchPath().whole)
			if err != nil {
				return err
			}
			p.types = append(p.types, t.Base()) // a parameter has no length
		}
		return r.bindFirst(p)
	})
	if err != nil {
		return err
	}
	r.s.prepared[st.Name.Name] = p
	return r.done("PREPARE")
}

// bindFirst binds a statement that is being prepared: for any values, if that can be done. It tells
// a mistake that does not hang on the values.
func (r *run) bindFirst(p *prepared) error {
	try := &run{s: r.s, ctx: r.ctx, stmt: p.stmt, result: &Result{}}
	defer try.releaseViews()
	try.env = r.s.newEnv(try)
	generic := opt.ErrNotGeneric
	if r.s.set.systemTime == nil {
		var node plan.Node
		k := &keptPlan{}
		if node, generic = try.bindGeneric(p, k); generic == nil {
			p.columns, generic = try.answered(k, node)
		}
		if p.fixed = generic == nil; p.fixed {
			try.keep(p, k, node)
			return nil
		}
	}
	for i := range max(p.params, len(p.types)) {
		try.params = append(try.params, types.NullOf(p.typeOf(i)))
	}
	err := try.bindOnce()
	switch code := dberr.CodeOf(err); {
	case err == nil && dberr.CodeOf(generic) == dberr.IndeterminateDatatype:
		return generic
	case err == nil:
		return nil
	case code == dberr.UndefinedTable || code == dberr.UndefinedColumn || code == dberr.CodeOf(generic):
		return err
	}
	return nil
}

// bindOnce binds the statement for what it would find.
func (r *run) bindOnce() (err error) {
	switch st := r.stmt.(type) {
	case *parse.Query:
		_, err = r.binder().Query(st)
	case *parse.Insert:
		if len(st.Docs) == 0 {
			_, err = r.binder().Insert(st, r.s.set.allowUndeclared)
		}
	case *parse.Update:
		_, err = r.binder().Update(st, r.s.set.allowUndeclared)
	case *parse.Delete:
		_, err = r.binder().Delete(st, false)
	}
	return err
}

// bindGeneric binds the statement for any values, and gives the parameters their types.
func (r *run) bindGeneric(p *prepared, k *keptPlan) (plan.Node, error) {
	if writesInWith(p.stmt) {
		return nil, opt.ErrNotGeneric
	}
	params := make([]*expr.Param, max(p.params, len(p.types)))
	for i := range params {
		params[i] = &expr.Param{N: i + 1, Typ: p.typeOf(i)}
	}
	b := bind.New(bind.Env{Ctx: r.ctx, Points: r, Path: r.s.searchPath().whole, Expr: r.env, Generic: params, Sequence: r.s.sequencePosition, System: r.system, Rejects: r.s.rejects})
	node, err := r.boundGeneric(b, k)
	if err != nil {
		return nil, err
	}
	list := make([]types.Type, len(params))
	for i, x := range params {
		switch list[i] = x.Typ; {
		case x.Typ.ID == types.Unknown && boundLater(p.stmt):
			return nil, opt.ErrNotGeneric
		case x.Typ.ID == types.Unknown:
			return nil, dberr.Newf(dberr.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		case x.Typ.Enum != nil:
			return nil, opt.ErrNotGeneric // its labels are those of one moment
		}
	}
	p.types = list
	return node, nil
}

// keep optimizes what bindGeneric bound, and keeps that for as long as it is right; p notes that there
// is nothing to keep where that is so.
func (r *run) keep(p *prepared, k *keptPlan, node plan.Node) {
	p.plan, p.except = nil, nil
	m, ok := r.madeFor()
	if !ok {
		return
	}
	k.made = m
	var err error
	if k.query, err = opt.NewGeneric(node, r.env, r.rebound); err != nil {
		p.except = &m
		return
	}
	if p.given != nil && !k.query.OneForAll() {
		p.except, p.refused = &m, true
		return
	}
	p.plan = k
}

// boundGeneric binds the statement without values.
func (r *run) boundGeneric(b *bind.Binder, k *keptPlan) (node plan.Node, err error) {
	switch st := r.stmt.(type) {
	case *parse.Query:
		return b.Query(st)
	case *parse.Insert:
		if len(st.Docs) > 0 {
			return nil, opt.ErrNotGeneric
		}
		k.change, err = b.Insert(st, r.undeclared())
	case *parse.Update:
		k.change, err = b.Update(st, r.undeclared())
	case *parse.Delete:
		k.change, err = b.Delete(st, st.Returning != nil)
	default:
		return nil, opt.ErrNotGeneric
	}
	switch {
	case err != nil:
		return nil, err
	case len(k.change.Undeclared) > 0:
		return nil, opt.ErrNotGeneric
	}
	return k.change.Plan, nil
}

// answered are the columns of the statement's answer, nil for one without.
func (r *run) answered(k *keptPlan, node plan.Node) ([]Column, error) {
	if k.change == nil {
		return resultColumns(node), nil
	}
	items, alias := returningOf(r.stmt)
	if items == nil {
		return nil, nil
	}
	r.through = k.change.View
	node, err := r.boundReturning(items, k.change.Table, alias, nil, k.change.Joined)
	if err != nil {
		return nil, err
	}
	return resultColumns(node), nil
}

// boundLater reports whether parts of a statement are bound with the values of the parameters.
func boundLater(st parse.Stmt) bool {
	ins, ok := st.(*parse.Insert)
	items, _ := returningOf(st)
	return items != nil || ok && ins.OnConflict != nil
}

// returningOf is the RETURNING list of a statement and the name that it gives its table.
func returningOf(st parse.Stmt) (items []parse.SelectItem, alias string) {
	switch st := st.(type) {
	case *parse.Insert:
		return st.Returning, st.Alias
	case *parse.Update:
		return st.Returning, aliasOf(st.Table)
	case *parse.Delete:
		return st.Returning, aliasOf(st.Table)
	}
	return nil, ""
}

// rebound is a source at the statement's present.
func (r *run) rebound(s plan.Source) (plan.Source, bool) {
	return bind.Rebound(s, r.Present(), r.Temporary())
}

// kept returns the plan to run of a prepared statement, nil where the statement has to be bound.
func (r *run) kept() (plan.Node, error) {
	node, err := r.keptPlan()
	switch p := r.prepared; {
	case p == nil || p.text || err != nil:
	case node != nil:
		p.generic++
	default:
		p.custom++
	}
	return node, err
}

func (r *run) keptPlan() (plan.Node, error) {
	p := r.prepared
	if p == nil || !p.fixed {
		return nil, nil
	}
	m, ok := r.madeFor()
	if !ok || p.except != nil && *p.except == m {
		return nil, nil
	}
	if p.plan != nil && p.plan.made == m {
		node, err := r.planOf(p)
		if err != opt.ErrOutgrown {
			return node, err
		}
	}
	if err := r.remake(p, m); p.plan == nil || err != nil {
		return nil, err
	}
	return r.planOf(p)
}

// planOf makes the plan of this run, nil where the constants of a shape do not fit what is kept: bound
// anew, the statement tells why.
func (r *run) planOf(p *prepared) (plan.Node, error) {
	if r.shaped == nil {
		return p.plan.query.Plan(r.env, r.rebound)
	}
	r.env.Params = make([]types.Value, len(r.params))
	for i, v := range r.params {
		if v.Type.ID == types.Unknown {
			x, err := expr.Coerce(&expr.Const{Value: v}, p.types[i])
			if err == nil {
				v, err = expr.EvalConst(x, r.env)
			}
			if err != nil {
				return nil, nil
			}
		}
		r.env.Params[i] = v
	}
	node, err := p.plan.query.PlanOfConstants(r.env, r.rebound)
	if err == opt.ErrConstants {
		return nil, nil
	}
	return node, err
}

// remake makes the plan of a statement anew, for m; there is none afterwards where none can be kept.
func (r *run) remake(p *prepared, m madeFor) error {
	k := &keptPlan{}
	if p.given != nil {
		p.types = p.given // a string is of the type that its place has now
	}
	node, err := r.bindGeneric(p, k)
	if err != nil { // binding it with the values tells why
		p.plan, p.except = nil, &m
		return nil
	}
	if k.change == nil {
		cols := resultColumns(node)
		if err := p.checkColumns(cols); err != nil {
			return err
		}
		p.columns = cols
	}
	r.keep(p, k, node)
	return nil
}

// keptChange is kept for a statement that writes.
func (r *run) keptChange() (*bind.Change, error) {
	node, err := r.kept()
	if node == nil || err != nil {
		return nil, err
	}
	c := *r.prepared.plan.change
	c.Plan, c.Planned = node, true
	return &c, nil
}

// checkColumns refuses an answer with other columns than PREPARE found.
func (p *prepared) checkColumns(cols []Column) error {
	if p == nil || !p.fixed || p.text || slices.EqualFunc(cols, p.columns, sameColumn) {
		return nil
	}
	return dberr.New(dberr.FeatureNotSupported, "cached plan must not change result type")
}

func sameColumn(a, b Column) bool {
	return a.Name == b.Name && (a.Type == b.Type || a.Type.ID == b.Type.ID && types.SameEnum(a.Type, b.Type))
}

func (r *run) executePrepared(st *parse.Execute) error {
	if err := r.bindPrepared(st); err != nil {
		return err
	}
	return r.execute()
}

// bindPrepared makes the prepared statement, with the values of EXECUTE, the one to run.
func (r *run) bindPrepared(st *parse.Execute) error {
	p, ok := r.s.prepared[st.Name.Name]
	if !ok {
		return dberr.Newf("26000", "prepared statement \"%s\" does not exist", st.Name.Name).At(int(st.Name.Pos))
	}
	if want := max(p.params, len(p.types)); len(st.Args) != want {
		return dberr.Newf(dberr.SyntaxError, "wrong number of parameters for prepared statement \"%s\"", st.Name.Name).
			WithDetail("Expected %d parameters but got %d.", want, len(st.Args))
	}
	params := make([]types.Value, len(st.Args))
	env := &expr.Env{Zone: r.s.set.zone, Now: r.s.db.now(), Clock: r.s.db.now}
	for i, e := range st.Args {
		v, err := r.argument(env, e, p.typeOf(i), i+1)
		if err != nil {
			return err
		}
		params[i] = v
	}
	r.stmt, r.params, r.prepared = p.stmt, params, p
	return nil
}

// withoutPosition is an error of a prepared statement: the place is one in the text of PREPARE, not of
// EXECUTE.
func withoutPosition(err error) error {
	e, ok := err.(*dberr.Error)
	if !ok || e.Pos == 0 {
		return err
	}
	out := *e
	out.Pos = 0
	return &out
}

func (p *prepared) typeOf(i int) types.Type {
	if i < len(p.types) {
		return p.types[i]
	}
	return types.Type{}
}

// argument evaluates the n-th value of EXECUTE.
func (r *run) argument(env *expr.Env, e parse.Expr, t types.Type, n int) (types.Value, error) {
	x, err := bind.Literal(e)
	if x == nil && err == nil {
		x, err = bind.New(bind.Env{Ctx: r.ctx, Expr: env}).Default(e)
	}
	if err != nil {
		return types.Value{}, err
	}
	if t.ID != types.Unknown {
		from := x.Type().Base()
		if x, err = expr.Assign(x, t, fmt.Sprintf("$%d", n)); dberr.CodeOf(err) == dberr.DatatypeMismatch {
			return types.Value{}, dberr.Newf(dberr.DatatypeMismatch, "parameter $%d of type %s cannot be coerced to the expected type %s", n, from, t.Base()).
				WithHint("You will need to rewrite or cast the expression.").At(int(e.Position()))
		}
		if err != nil {
			return types.Value{}, err
		}
	}
	return expr.EvalConst(x, env)
}

func (r *run) deallocate(st *parse.Deallocate) error {
	if st.All {
		r.s.prepared = map[string]*prepared{}
		return r.done("DEALLOCATE ALL")
	}
	if _, ok := r.s.prepared[st.Name.Name]; !ok {
		return dberr.Newf("26000", "prepared statement \"%s\" does not exist", st.Name.Name).At(int(st.Name.Pos))
	}
	delete(r.s.prepared, st.Name.Name)
	return r.done("DEALLOCATE")
}
