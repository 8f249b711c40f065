package sqlvec

import (
	"fmt"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/opt"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// define runs a statement that changes definitions.
func (r *run) define() error {
	switch st := r.stmt.(type) {
	case *parse.CreateTable:
		return r.createTable(st)
	case *parse.AlterTable:
		return r.alterTable(st)
	case *parse.CreateIndex:
		return r.createIndex(st)
	case *parse.Drop:
		return r.drop(st)
	case *parse.CreateView:
		if st.Materialized {
			return r.createMaterialized(st)
		}
		return r.createView(st)
	case *parse.RefreshView:
		return r.refreshView(st)
	case *parse.CommentOn:
		return r.commentOn(st)
	case *parse.CreateEnum:
		return r.createEnum(st)
	case *parse.CreateDomain:
		return r.createDomain(st)
	case *parse.AlterEnum:
		return r.alterEnum(st)
	case *parse.CreateSchema:
		return r.createSchema(st)
	case *parse.CreateSequence:
		return r.createSequence(st)
	case *parse.AlterSequence:
		return r.alterSequence(st)
	case *parse.SetConstraints:
		return r.setConstraints(st)
	}
	return dberr.Newf(dberr.FeatureNotSupported, "%s is not supported", commandName(r.stmt)).At(int(r.stmt.Position()))
}

func notSupported(n parse.Node, what string) *dberr.Error {
	return dberr.Newf(dberr.FeatureNotSupported, "%s not supported", what).At(int(n.Position()))
}

// createTable runs CREATE TABLE.
func (r *run) createTable(st *parse.CreateTable) error {
	r.result.tag = "CREATE TABLE"
	switch {
	case st.Unlogged:
		return notSupported(st, "unlogged tables are")
	case len(st.Options) > 0:
		return notSupported(&st.Options[0], "storage parameters are")
	}
	st, err := r.inTemporarySchema(st)
	if err != nil {
		return err
	}
	if err := r.temporaryTable(st); err != nil {
		return err
	}
	schema := uint32(colstore.PublicSchema)
	if !st.Temp {
		s, err := r.newIn(st.Name)
		if err != nil {
			return err
		}
		schema = s.ID
	}
	if !st.OrReplace && r.taken(schema, st.Name.Last(), st.Temp) {
		if st.IfNotExists {
			r.s.notice("NOTICE", dberr.DuplicateTable, fmt.Sprintf("relation \"%s\" already exists, skipping", st.Name.Last()))
			return nil
		}
		return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", st.Name.Last()).At(int(st.Name.Position()))
	}
	if st.Query != nil {
		return r.createTableAs(st, schema)
	}
	return r.createPlainTable(st, schema)
}

// replaceTable drops the table that CREATE OR REPLACE TABLE puts another in the place of.
func (r *run) replaceTable(st *parse.CreateTable, schema uint32) error {
	if !st.OrReplace || !r.taken(schema, st.Name.Last(), st.Temp) {
		return nil
	}
	name := parse.Name{Pos: st.Name.Pos, Parts: []string{bind.TemporarySchema, st.Name.Last()}}
	if s, ok := r.Present().Catalog().TableByID(schema); ok && !st.Temp {
		name.Parts[0] = s.Name
	}
	tag := r.result.tag
	defer func() { r.result.tag = tag }()
	return r.drop(&parse.Drop{Pos: st.Pos, Object: parse.ObjectTable, Names: []parse.Name{name}})
}

func names(list []parse.Ident) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.Name
	}
	return out
}

// columnOf translates a column; keys are its constraints that are more than a column.
func (r *run) columnOf(c *parse.ColumnDef) (col colstore.Column, keys []*parse.Constraint, err error) {
	if strings.HasPrefix(c.Name, "system_seq_") || strings.HasPrefix(c.Name, "system_time_") {
		return col, nil, dberr.Newf(dberr.InvalidTableDefinition, "column name \"%s\" conflicts with a system column name", c.Name).At(int(c.Position()))
	}
	if c.Type == nil {
		return col, nil, notSupported(c, "columns without a type are")
	}
	col = colstore.Column{Name: c.Name}
	serial := false
	if col.Type, serial = serialType(c.Type); !serial {
		var d *colstore.Table
		if col.Type, d, err = bind.TypeOrDomain(c.Type, r.Present().Catalog(), r.names().Path); err != nil {
			return col, nil, err
		}
		if d != nil {
			col.Domain = d.ID
			if !slices.ContainsFunc(c.Constraints, hasSource) {
				col.Default = d.Columns[0].Default
			}
		}
	}
	col.NotNull = serial
	col.Missing = types.NullOf(col.Type)
	if c.Collation != nil && c.Collation.Last() != "C" {
		return col, nil, notSupported(c.Collation, "collations other than \"C\" are")
	}
	null := false
	for _, k := range c.Constraints {
		switch k.Kind {
		case parse.ConstraintNotNull:
			col.NotNull = true
		case parse.ConstraintNull:
			null = true
		case parse.ConstraintGenerated:
			if err := r.onlyOneSource(c, k, col); err != nil {
				return col, nil, err
			}
			if r.generated == nil {
				r.generated = map[string]parse.Expr{}
			}
			col.Generated, r.generated[c.Name] = parse.Format(k.Expr), k.Expr
		case parse.ConstraintIdentity:
			if err := r.onlyOneSource(c, k, col); err != nil {
				return col, nil, err
			}
			col.NotNull = true
			keys = append(keys, k)
		case parse.ConstraintDefault:
			if serial || col.Default != "" {
				return col, nil, dberr.Newf(dberr.SyntaxError, "multiple default values specified for column \"%s\" of table \"%s\"", c.Name, r.creating).At(int(k.Position()))
			}
			if err := r.onlyOneSource(c, k, col); err != nil {
				return col, nil, err
			}
			if col.Default, err = r.defaultText(k.Expr, col); err != nil {
				return col, nil, err
			}
		default:
			keys = append(keys, k)
		}
	}
	if serial {
		keys = append(keys, &parse.Constraint{Pos: c.Pos, Kind: parse.ConstraintSerial})
	}
	if null && col.NotNull {
		return col, nil, dberr.Newf(dberr.SyntaxError, "conflicting NULL/NOT NULL declarations for column \"%s\"", c.Name).At(int(c.Position()))
	}
	return col, keys, nil
}

// hasSource reports whether a constraint says where a column takes its values from.
func hasSource(k *parse.Constraint) bool {
	return k.Kind == parse.ConstraintDefault || k.Kind == parse.ConstraintIdentity || k.Kind == parse.ConstraintGenerated
}

// onlyOneSource refuses a column that is to take its values from a default, a sequence and an
// expression, or two of them.
func (r *run) onlyOneSource(c *parse.ColumnDef, k *parse.Constraint, col colstore.Column) error {
	words := map[parse.ConstraintKind]string{parse.ConstraintDefault: "default",
		parse.ConstraintIdentity: "identity", parse.ConstraintGenerated: "generation expression"}
	for _, other := range c.Constraints {
		if other == k {
			return nil
		}
		if words[other.Kind] == "" || other.Kind == k.Kind {
			continue
		}
		a, b := words[other.Kind], words[k.Kind]
		if a == "generation expression" || a == "identity" && b == "default" {
			a, b = b, a
		}
		return dberr.Newf(dberr.SyntaxError, "both %s and %s specified for column \"%s\" of table \"%s\"", a, b, col.Name, r.creating).At(int(k.Position()))
	}
	return nil
}

// defaultText checks a DEFAULT and returns it as it is stored, "" for NULL.
func (r *run) defaultText(e parse.Expr, col colstore.Column) (string, error) {
	x, err := r.binder().Default(e)
	if err != nil {
		return "", err
	}
	from := x.Type()
	if x, err = expr.Assign(x, col.Type, col.Name); err != nil {
		if dberr.CodeOf(err) == dberr.DatatypeMismatch {
			return "", dberr.Newf(dberr.DatatypeMismatch, "column \"%s\" is of type %s but default expression is of type %s",
				col.Name, col.Type.Base(), from.Base()).
				WithHint("You will need to rewrite or cast the expression.").At(int(e.Position()))
		}
		return "", err
	}
	if c, ok := x.(*expr.Const); ok && !c.Value.Valid {
		return "", nil
	}
	return parse.Format(e), nil
}

// createTableAs runs CREATE TABLE … AS query.
func (r *run) createTableAs(st *parse.CreateTable, schema uint32) error {
	node, err := r.binder().TableQuery(st.Query)
	if err != nil {
		return err
	}
	def := colstore.TableDef{Schema: schema, Name: st.Name.Last()}
	seen := map[string]bool{}
	for i, c := range node.Columns() {
		name := c.Name
		if i < len(st.AsColumns) {
			name = st.AsColumns[i].Name
		}
		if seen[name] {
			return dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", name).At(int(st.Position()))
		}
		seen[name] = true
		def.Columns = append(def.Columns, colstore.Column{Name: name, Type: c.Type, Missing: types.NullOf(c.Type)})
	}
	if len(st.AsColumns) > len(def.Columns) {
		return dberr.New(dberr.SyntaxError, "too many column names were specified").At(int(st.AsColumns[len(def.Columns)].Pos))
	}
	if len(def.Columns) == 0 {
		return notSupported(st, "tables without columns are")
	}
	if err := r.replaceTable(st, schema); err != nil {
		return err
	}
	t, err := r.txFor(st.Temp).CreateTable(def)
	if err != nil {
		return err
	}
	if r.created(t, st); st.NoData {
		return nil
	}
	err = r.stream(node, func(b *vec.Batch) error {
		n, err := r.s.txOf(t).Insert(r.ctx, t, t.ColumnIDs(), b)
		r.result.rows += int64(n)
		return err
	})
	if err != nil {
		return err
	}
	r.result.tag = fmt.Sprintf("SELECT %d", r.result.rows)
	return r.s.endChecks(r.ctx)
}

// createIndex runs CREATE INDEX.
func (r *run) createIndex(st *parse.CreateIndex) error {
	r.result.tag = "CREATE INDEX"
	if err := checkIndexForm(st); err != nil {
		return err
	}
	t, ok := r.relation(st.Table)
	if !ok || !t.Materialized() {
		var err error
		if t, err = r.table(st.Table); err != nil {
			return err
		}
	}
	items, err := r.keyItems(t, st)
	if err != nil {
		return err
	}
	for _, c := range st.Include {
		if _, ok := t.ColumnByName(c.Name); !ok {
			return dberr.Newf(dberr.UndefinedColumn, "column \"%s\" does not exist", c.Name).At(int(c.Pos))
		}
	}
	def := colstore.IndexDef{Name: st.Name, Unique: st.Unique}
	if def.Name == "" {
		def.Name = r.indexName(t, items)
	}
	if r.taken(t.Schema, def.Name, isTemporary(t)) {
		if st.IfNotExists {
			r.s.notice("NOTICE", dberr.DuplicateTable, fmt.Sprintf("relation \"%s\" already exists, skipping", def.Name))
			return nil
		}
		return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", def.Name).At(int(st.Position()))
	}
	r.withoutEffect(st)
	condition := st.Where
	if !st.Unique && condition != nil {
		if err := r.binder().IndexCondition(t, condition); err != nil {
			return err
		}
		condition = nil
	}
	if t, def.Columns, err = r.hiddenKeys(t, items, condition); err != nil {
		return err
	}
	_, err = r.s.txOf(t).CreateIndex(r.ctx, t, def)
	return err
}

// checkIndexForm refuses what an index cannot be.
func checkIndexForm(st *parse.CreateIndex) error {
	if st.NullsNotDistinct {
		return notSupported(st, "NULLS NOT DISTINCT is")
	}
	switch st.Method {
	case "", "btree":
		return nil
	case "hash", "gin", "gist", "spgist", "brin":
		return notSupported(st, "the access method \""+st.Method+"\" is").WithHint("Leave it out: an index is a btree.")
	}
	return dberr.Newf(dberr.UndefinedObject, "access method \"%s\" does not exist", st.Method).At(int(st.Position()))
}

// indexName chooses PostgreSQL's name: table_columns_idx, with a number where it is
// taken, and behind a column that is there already.
func (r *run) indexName(t *colstore.Table, items []keyItem) string {
	var columns []string
	for _, item := range items {
		name := item.name
		for n := 1; slices.Contains(columns, name); n++ {
			name = fmt.Sprintf("%s%d", item.name, n)
		}
		columns = append(columns, name)
	}
	base := t.Name + "_" + strings.Join(columns, "_") + "_idx"
	name := base
	for n := 1; r.taken(t.Schema, name, isTemporary(t)); n++ {
		name = fmt.Sprintf("%s%d", base, n)
	}
	return name
}

// optimized is Optimize with the run's environment.
func (r *run) optimized(node plan.Node) (plan.Node, error) { return opt.Optimize(node, r.env) }
