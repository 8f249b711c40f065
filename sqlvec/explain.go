package sqlvec

import (
	"slices"
	"strings"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/exec"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// explainOptions are the options of EXPLAIN.
type explainOptions struct {
	analyze, costs, timing, verbose, summary bool
	json                                     bool
}

// trace records what the plans of a statement did, for EXPLAIN ANALYZE.
type trace struct {
	stats    *exec.Stats
	plans    []plan.Node // in the order they ran
	planning time.Duration
}

// explain runs EXPLAIN: the plan as a tree of lines, or as JSON.
func (r *run) explain(st *parse.Explain) error {
	o, err := readExplainOptions(st)
	if err != nil {
		return err
	}
	r.stmt = st.Stmt
	if ex, ok := r.stmt.(*parse.Execute); ok {
		if err := r.bindPrepared(ex); err != nil {
			return err
		}
		r.env.Params = r.params
	}
	x := &explainer{opts: o, schemaOf: r.schemaOfScan, target: r.writtenTable}
	start := time.Now()
	root, err := r.explained(x)
	if err != nil {
		return err
	}
	x.execution = time.Since(start) - x.planning
	return r.answerPlan(x, root)
}

// explained plans r.stmt, runs it under ANALYZE, and returns its tree.
func (r *run) explained(x *explainer) (*explainedNode, error) {
	q, reads := r.stmt.(*parse.Query)
	if writesInWith(r.stmt) {
		return nil, notSupported(r.stmt, "EXPLAIN of a data-modifying statement in WITH is")
	}
	switch {
	case reads:
		start := time.Now()
		node, _, err := r.planned(q)
		if x.planning = time.Since(start); err != nil {
			return nil, err
		}
		if x.opts.analyze {
			err = r.traced(x, func() error {
				return exec.Run(r.ctx, node, r.execOptions(), func(*vec.Batch) error { return nil })
			})
		}
		if err != nil {
			return nil, err
		}
		return x.tree(node), nil
	case x.opts.analyze:
		return r.explainedWrite(x)
	}
	start := time.Now()
	node, err := r.kept()
	if err == nil && node == nil {
		if node, err = r.plannedChange(); err == nil && node != nil {
			node, err = r.optimized(node)
		}
	}
	if x.planning = time.Since(start); err != nil {
		return nil, err
	}
	return x.change(r.stmt, node, nil), nil
}

// traced runs fn and keeps what its plans did in x.
func (r *run) traced(x *explainer, fn func() error) error {
	x.stats = &exec.Stats{}
	r.trace = &trace{stats: x.stats}
	defer func() { r.trace = nil }()
	err := fn()
	x.planning += r.trace.planning
	x.plans = r.trace.plans
	return err
}

// explainedWrite runs a statement that writes, and returns the tree of what it did.
func (r *run) explainedWrite(x *explainer) (*explainedNode, error) {
	if err := r.mayWrite(); err != nil {
		return nil, err
	}
	start := time.Now()
	if err := r.traced(x, r.write); err != nil {
		return nil, err
	}
	took := time.Since(start)
	var node plan.Node
	if len(x.plans) > 0 {
		node = x.plans[0] // those after it compute RETURNING
	}
	returned := int64(0)
	if r.result.HasRows() {
		returned = r.result.rows
	}
	r.result.Columns, r.result.each, r.result.rows = nil, nil, 0
	return x.change(r.stmt, node, &exec.OpStats{Rows: returned, Nanos: int64(took)}), nil
}

// answerPlan makes the result of EXPLAIN.
func (r *run) answerPlan(x *explainer, root *explainedNode) error {
	typ, lines := text, []string(nil)
	if x.opts.json {
		typ = types.T(types.JSON)
		lines = []string{x.asJSON(root)}
	} else {
		lines = x.asText(root)
	}
	set := newRowSet([]types.Type{typ})
	for _, l := range lines {
		if err := set.appendValues([]types.Value{types.BytesValue(typ, l)}); err != nil {
			return err
		}
	}
	r.result.tag = "EXPLAIN"
	r.answerRows([]Column{{"QUERY PLAN", typ}}, set)
	return nil
}

func readExplainOptions(st *parse.Explain) (explainOptions, error) {
	o := explainOptions{costs: true, timing: true}
	fields := map[string]*bool{"analyze": &o.analyze, "costs": &o.costs, "timing": &o.timing, "verbose": &o.verbose, "summary": &o.summary}
	var summary, timing bool
	for _, opt := range st.Options {
		name := strings.ToLower(opt.Name)
		if name == "format" {
			if err := o.setFormat(opt); err != nil {
				return o, err
			}
			continue
		}
		f, ok := fields[name]
		if !ok {
			return o, unknownExplainOption(name, int(opt.Position()))
		}
		*f = true
		summary, timing = summary || name == "summary", timing || name == "timing"
		if opt.Value == nil {
			continue
		}
		v, err := settingValue(opt.Value)
		if err != nil {
			return o, err
		}
		if *f, ok = explainBools[strings.ToLower(v)]; !ok {
			return o, dberr.Newf(dberr.SyntaxError, "%s requires a Boolean value", name).At(int(opt.Position()))
		}
	}
	if timing && o.timing && !o.analyze {
		return o, dberr.New(dberr.InvalidParameterValue, "EXPLAIN option TIMING requires ANALYZE")
	}
	if !summary {
		o.summary = o.analyze
	}
	return o, nil
}

var explainBools = map[string]bool{"on": true, "true": true, "1": true, "off": false, "false": false, "0": false}

func unknownExplainOption(name string, pos int) error {
	if slices.Contains([]string{"buffers", "settings", "wal", "generic_plan", "memory", "serialize"}, name) {
		return dberr.Newf(dberr.FeatureNotSupported, "EXPLAIN option \"%s\" is not supported", name).At(pos)
	}
	return dberr.Newf(dberr.SyntaxError, "unrecognized EXPLAIN option \"%s\"", name).At(pos)
}

func (o *explainOptions) setFormat(opt parse.Option) error {
	v := ""
	if opt.Value != nil {
		var err error
		if v, err = settingValue(opt.Value); err != nil {
			return err
		}
	}
	switch strings.ToLower(v) {
	case "text":
		o.json = false
	case "json":
		o.json = true
	case "xml", "yaml":
		return dberr.Newf(dberr.FeatureNotSupported, "EXPLAIN format %s is not supported", strings.ToLower(v)).
			WithHint("Use FORMAT json or FORMAT text.").At(int(opt.Position()))
	default:
		return dberr.Newf(dberr.InvalidParameterValue, "unrecognized value for EXPLAIN option \"format\": \"%s\"", v).At(int(opt.Position()))
	}
	return nil
}

// plannedChange binds the query below a statement that writes; nil where it has none.
func (r *run) plannedChange() (plan.Node, error) {
	b := r.binder()
	switch st := r.stmt.(type) {
	case *parse.Insert:
		if len(st.Docs) > 0 {
			return nil, nil
		}
		c, err := b.Insert(st, false)
		if err != nil {
			return nil, err
		}
		return c.Plan, nil
	case *parse.Update:
		c, err := b.Update(st, false)
		if err != nil {
			return nil, err
		}
		return c.Plan, nil
	case *parse.Delete:
		c, err := b.Delete(st, false)
		if err != nil {
			return nil, err
		}
		return c.Plan, nil
	case *parse.Merge:
		m, err := b.Merge(st)
		if err != nil {
			return nil, err
		}
		return m.Plan, nil
	case *parse.CreateTable:
		return b.Query(st.Query)
	}
	return nil, notSupported(r.stmt, "EXPLAIN of this statement is")
}

// writtenTable is the schema and the name of the table that a statement writes to, through views too.
func (r *run) writtenTable(n parse.Name) (schema, table string) {
	names := r.names()
	t, ok := names.Relation(n)
	if ok {
		t = names.BaseTable(t)
	}
	if t == nil {
		return "", n.Last()
	}
	return bind.SchemaOf(names.CatalogOf(t), t), t.Name
}

// schemaOfScan is the schema of the table or the system's view that is scanned, "" for files and the like.
func (r *run) schemaOfScan(s *plan.Scan) string {
	src, system := s.Source.(*systemSource)
	switch {
	case system:
		for _, schema := range systemSchemas {
			if systemTables[schema][s.Table.Name] == src.def {
				return schema
			}
		}
		return ""
	case s.Table.ID == 0:
		return ""
	case isTemporary(s.Table):
		return bind.TemporarySchema
	}
	return r.catalogOf(s.Table).SchemaOf(s.Table)
}
