package sqlvec

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// commandName is a statement's name as messages and tags show it.
func commandName(st parse.Stmt) string {
	switch st := st.(type) {
	case *parse.Query:
		if locking := bind.LockingName(st); locking != "" {
			return "SELECT " + locking
		}
		return "SELECT"
	case *parse.Truncate:
		return "TRUNCATE TABLE"
	case *parse.Drop:
		return "DROP " + objectNames[st.Object]
	case *parse.CreateView:
		if st.Materialized {
			return "CREATE MATERIALIZED VIEW"
		}
		return "CREATE VIEW"
	case *parse.RefreshView:
		return "REFRESH MATERIALIZED VIEW"
	case *parse.CommentOn:
		return "COMMENT"
	case *parse.SetConstraints:
		return "SET CONSTRAINTS"
	}
	name := reflect.TypeOf(st).Elem().Name()
	var b strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return strings.ToUpper(b.String())
}

var text = types.T(types.Text)

// sessionCommand runs the statements that only concern the session.
func (r *run) sessionCommand() (done bool, err error) {
	switch st := r.stmt.(type) {
	case *parse.Set:
		return true, r.setCommand(st)
	case *parse.Reset:
		return true, r.reset(st)
	case *parse.ResetVariable:
		delete(r.s.variables, strings.ToLower(st.Name))
		return true, r.done("RESET")
	case *parse.Show:
		return true, r.show(st)
	case *parse.Prepare:
		return true, r.prepare(st)
	case *parse.Execute:
		return true, r.executePrepared(st)
	case *parse.Deallocate:
		return true, r.deallocate(st)
	case *parse.Discard:
		return true, r.discard(st)
	case *parse.Fetch:
		return true, r.fetch(st)
	case *parse.CloseCursor:
		return true, r.closeCursor(st)
	}
	return false, nil
}

func (r *run) setCommand(st *parse.Set) error {
	def, err := r.s.lookupSetting(st.Name, true)
	if err != nil {
		return err
	}
	if def.set == nil {
		return dberr.Newf(dberr.InvalidParameterValue, "parameter \"%s\" cannot be changed", st.Name).At(int(st.NamePos))
	}
	if strings.EqualFold(st.Name, "system_time") && r.s.tx.explicit {
		return dberr.New(dberr.ActiveTransaction, "system_time cannot be set inside a transaction block").At(int(st.Position()))
	}
	values := make([]string, len(st.Values))
	for i, e := range st.Values {
		if cast, ok := e.(*parse.Cast); ok && st.Name == "timezone" {
			values[i], err = r.zoneInterval(cast)
		} else {
			values[i], err = settingValue(e)
		}
		if err != nil {
			return err
		}
	}
	if st.Local && !r.s.tx.explicit {
		r.s.notice("WARNING", dberr.NoActiveTransaction, "SET LOCAL can only be used in transaction blocks")
		return r.done("SET")
	}
	if st.Local {
		r.s.beginLocal()
	}
	if err := r.s.setIn(def, settingText(st, values), len(values) == 0, st.Local); err != nil {
		if e, ok := err.(*dberr.Error); ok && len(st.Values) > 0 {
			return e.At(int(st.Values[0].Position()))
		}
		return err
	}
	if r.s.tx.open != nil {
		r.s.tx.open.SynchronousCommit, r.s.tx.open.Compress = r.s.set.syncCommit, r.s.set.compressParts
	}
	return r.done("SET")
}

// zoneInterval is the value of SET TIME ZONE INTERVAL: hours east of UTC.
func (r *run) zoneInterval(e *parse.Cast) (string, error) {
	v, err := r.binder().Constant(e)
	switch {
	case err != nil:
		return "", err
	case v.Type.ID != types.Interval:
		return settingValue(e)
	case v.Iv.Months != 0 || v.Iv.Days != 0:
		return "", dberr.New(dberr.InvalidParameterValue, "invalid value for parameter \"TimeZone\": \"INTERVAL '"+types.Format(v)+"'\"").
			WithDetail("Cannot specify %s in time zone interval.", map[bool]string{true: "months", false: "days"}[v.Iv.Months != 0])
	}
	return strconv.FormatFloat(float64(v.Iv.Micros)/float64(time.Hour.Microseconds()), 'f', -1, 64), nil
}

// settingText is the value of SET as the setting takes it.
func settingText(st *parse.Set, values []string) string {
	if st.Name == "search_path" {
		return pathText(st.Values, values)
	}
	return strings.Join(values, ", ")
}

// settingValue is the text of a value of SET.
func settingValue(e parse.Expr) (string, error) {
	switch e := e.(type) {
	case *parse.Literal:
		if e.Kind == parse.LitBool {
			return map[bool]string{true: "on", false: "off"}[e.Bool], nil
		}
		return e.Text, nil
	case *parse.ColumnRef:
		return strings.Join(e.Parts, "."), nil
	case *parse.PointLit:
		return parse.Format(e), nil
	case *parse.UnaryExpr:
		if lit, ok := e.X.(*parse.Literal); ok && (e.Op == "-" || e.Op == "+") {
			return strings.TrimPrefix(e.Op, "+") + lit.Text, nil
		}
	}
	return "", dberr.New(dberr.SyntaxError, "SET takes constants only").At(int(e.Position()))
}

// setVariable runs SET VARIABLE.
func (r *run) setVariable(st *parse.SetVariable) error {
	item := parse.SelectItem{Pos: st.Pos, Expr: st.X}
	node, err := r.binder().Query(&parse.Query{Pos: st.Pos, Body: &parse.Select{Pos: st.Pos, Items: []parse.SelectItem{item}}})
	if err != nil {
		return err
	}
	v, err := r.scalar(node)
	if err != nil {
		return err
	}
	v.S = strings.Clone(v.S)
	if r.s.variables == nil {
		r.s.variables = map[string]types.Value{}
	}
	r.s.variables[strings.ToLower(st.Name)] = v
	return nil
}

// variable is the value of a variable.
func (s *Session) variable(name string) (types.Value, bool) {
	v, ok := s.variables[name]
	return v, ok
}

func (r *run) reset(st *parse.Reset) error {
	if !st.All {
		def, err := r.s.lookupSetting(st.Name, true)
		if err != nil {
			return err
		}
		if def.set == nil {
			return dberr.Newf(dberr.InvalidParameterValue, "parameter \"%s\" cannot be changed", st.Name).At(int(st.Position()))
		}
		if err := r.s.setIn(def, "", true, false); err != nil {
			return err
		}
		return r.done("RESET")
	}
	r.s.set = defaultSettings(r.s.db)
	return r.done("RESET")
}

// show runs SHOW.
func (r *run) show(st *parse.Show) error {
	r.result.tag = "SHOW"
	if st.All {
		set := newRowSet([]types.Type{text, text, text})
		for _, n := range settingNames() {
			def := allSettings[n]
			if err := set.appendValues([]types.Value{str(n), str(def.show(r.s)), str(def.what)}); err != nil {
				return err
			}
		}
		r.answerRows([]Column{{"name", text}, {"setting", text}, {"description", text}}, set)
		return r.answer()
	}
	if st.Name == "tables" {
		return r.showTables()
	}
	def, err := r.s.lookupSetting(st.Name, false)
	if err != nil {
		return err
	}
	set := newRowSet([]types.Type{text})
	if err := set.appendValues([]types.Value{str(def.show(r.s))}); err != nil {
		return err
	}
	name := st.Name
	if as, ok := shownNames[name]; ok {
		name = as
	}
	r.answerRows([]Column{{name, text}}, set)
	return r.answer()
}

// shownNames are the settings whose names PostgreSQL shows with capitals.
var shownNames = map[string]string{"timezone": "TimeZone", "datestyle": "DateStyle", "intervalstyle": "IntervalStyle"}

func str(s string) types.Value { return types.BytesValue(text, s) }

// withView runs fn on the view that the session sees: that of its transaction,
// or of the point in the past it was moved to.
func (r *run) withView(fn func(v *colstore.View) error) error {
	if p := r.s.set.systemTime; p != nil {
		v, err := r.s.viewAt(*p)
		if err != nil {
			return err
		}
		defer v.Release()
		return fn(v)
	}
	open := r.s.tx.open == nil
	if err := r.s.ensureTransaction(); err != nil {
		return err
	}
	err := r.s.newStatement(r.ctx)
	if err == nil {
		err = fn(r.s.tx.open.View())
	}
	if open {
		r.s.endTransaction()
	}
	return err
}

func (r *run) showTables() error {
	set := newRowSet([]types.Type{text, types.T(types.Int64)})
	err := r.withView(func(v *colstore.View) error {
		temporary := r.Temporary()
		names := bind.Lookup{Catalog: v.Catalog(), Path: r.s.searchPath().whole}
		list := slices.DeleteFunc(v.Catalog().Relations(), func(t *colstore.Table) bool { return !names.Visible(t) })
		if temporary != nil && r.s.set.systemTime == nil {
			list = append(list, temporary.Catalog().Relations()...)
		}
		for _, t := range list {
			if t.Kind == colstore.KindSequence {
				continue
			}
			at := v
			if isTemporary(t) {
				at = temporary
			}
			rows := types.NullOf(types.T(types.Int64))
			if t.Kind == colstore.KindTable {
				// The rows of a table that cannot be read are not known.
				if st := at.Stats(t); st.Err == nil {
					rows = types.IntValue(rows.Type, st.Rows)
				}
			}
			if err := set.appendValues([]types.Value{str(t.Name), rows}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.answerRows([]Column{{"name", text}, {"rows", types.T(types.Int64)}}, set)
	return r.answer()
}

func (r *run) discard(st *parse.Discard) error {
	if strings.EqualFold(st.What, "all") {
		if r.s.tx.explicit {
			return dberr.New(dberr.ActiveTransaction, "DISCARD ALL cannot run inside a transaction block")
		}
		r.s.set = defaultSettings(r.s.db)
		r.s.prepared, r.s.held = map[string]*prepared{}, nil
	}
	if strings.EqualFold(st.What, "all") || strings.EqualFold(st.What, "sequences") {
		r.s.sequences.reset()
	}
	if strings.EqualFold(st.What, "all") || strings.EqualFold(st.What, "temp") {
		if err := r.s.discardTemporary(); err != nil {
			return err
		}
	}
	return r.done("DISCARD " + strings.ToUpper(st.What))
}

// maintenance reports whether a statement works on the whole database, outside
// transactions.
func maintenance(st parse.Stmt) bool {
	switch st.(type) {
	case *parse.Checkpoint, *parse.Vacuum, *parse.Analyze:
		return true
	}
	return false
}

// maintain runs CHECKPOINT, VACUUM and ANALYZE.
func (r *run) maintain() error {
	s := r.s
	switch st := r.stmt.(type) {
	case *parse.Checkpoint:
		for _, name := range tableNames(st.Tables) {
			if err := r.onTable(name, func(t colstore.Name) error { _, err := s.db.store.Checkpoint(r.ctx, t); return err }); err != nil {
				return err
			}
		}
		return r.done("CHECKPOINT")
	case *parse.Vacuum:
		if s.tx.explicit {
			return dberr.New(dberr.ActiveTransaction, "VACUUM cannot run inside a transaction block")
		}
		if err := r.vacuumOptions(st.Options); err != nil {
			return err
		}
		for _, name := range targetNames(st.Targets) {
			if err := r.onTable(name, func(t colstore.Name) error { _, err := s.db.store.Vacuum(r.ctx, t); return err }); err != nil {
				return err
			}
		}
		return r.done("VACUUM")
	case *parse.Analyze:
		// Statistics are kept with every part, so there is nothing to compute: only the
		// names are checked.
		for _, name := range targetNames(st.Targets) {
			if err := r.onTable(name, func(colstore.Name) error { return nil }); err != nil {
				return err
			}
		}
		return r.done("ANALYZE")
	}
	return dberr.Bug("unknown maintenance statement %T", r.stmt)
}

// vacuumWords are the options of VACUUM. What they ask for in PostgreSQL has no meaning here: rows
// stay for the past, and no lock is taken.
var vacuumWords = []string{"analyze", "disable_page_skipping", "freeze", "full", "index_cleanup", "parallel", "process_toast", "skip_locked", "truncate", "verbose"}

// vacuumOptions checks the options of VACUUM, and says which of them change nothing.
func (r *run) vacuumOptions(list []parse.Option) error {
	for _, o := range list {
		name := strings.ToLower(o.Name)
		if !slices.Contains(vacuumWords, name) {
			return dberr.Newf(dberr.SyntaxError, "unrecognized VACUUM option \"%s\"", o.Name).At(int(o.Position()))
		}
		if name != "analyze" {
			r.s.notice("NOTICE", "00000", fmt.Sprintf("VACUUM option \"%s\" changes nothing: rows are kept for the past", name))
		}
	}
	return nil
}

func tableNames(list []parse.Name) []parse.Name {
	if len(list) == 0 {
		return []parse.Name{{}}
	}
	return list
}

func targetNames(list []parse.MaintenanceTarget) []parse.Name {
	var out []parse.Name
	for _, t := range list {
		out = append(out, t.Table)
	}
	return tableNames(out)
}

// onTable runs fn on a table that exists, or on the zero Name for all.
func (r *run) onTable(n parse.Name, fn func(table colstore.Name) error) error {
	name := bind.Name(r.s.searchPath().whole, n)
	if len(n.Parts) == 0 {
		return fn(name)
	}
	err := r.withView(func(v *colstore.View) error {
		_, err := v.Table(name)
		if dberr.CodeOf(err) == dberr.UndefinedTable {
			if missing := (bind.Lookup{Catalog: v.Catalog()}).NotFound(n); dberr.CodeOf(missing) != dberr.UndefinedTable {
				return missing
			}
		}
		if e, ok := err.(*dberr.Error); ok {
			return e.At(int(n.Position()))
		}
		return err
	})
	if err != nil {
		return err
	}
	return fn(name)
}
