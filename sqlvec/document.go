package sqlvec

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// member is one member of a JSON document, as SQL sees it.
type member struct {
	name  string
	value types.Value // BIGINT, DOUBLE, NUMERIC, BOOLEAN, TEXT or JSON; invalid for null
	text  string      // the value's text, for columns of other types
}

// maxExactInt is the largest integer below which every integer is a double.
const maxExactInt = 1 << 53

// insertDocuments runs INSERT INTO t {…}, {…}. Members without a column become new
// columns; columns that came from documents are widened where a value does not fit.
func (r *run) insertDocuments(st *parse.Insert) error {
	t, err := r.table(st.Table)
	if err != nil {
		return err
	}
	docs := make([][]member, len(st.Docs))
	for i, d := range st.Docs {
		if docs[i], err = readDocument(d); err != nil {
			return err
		}
	}
	if t, err = r.fitSchema(t, docs, int(st.Docs[0].Position())); err != nil {
		return err
	}
	rows := newRowSet(columnTypes(t))
	for i, d := range docs {
		vals, err := r.documentRow(t, d, int(st.Docs[i].Position()))
		if err != nil {
			return err
		}
		if err := rows.appendValues(vals); err != nil {
			return err
		}
	}
	if st.OnConflict != nil {
		return r.upsert(st, t, rows)
	}
	return r.insertRows(st, t, rows)
}

// readDocument takes a document apart. Of members of one name the last counts, as in
// PostgreSQL's jsonb.
func readDocument(d parse.JSONDoc) ([]member, error) {
	dec := json.NewDecoder(strings.NewReader(d.Text))
	dec.UseNumber()
	bad := func(err error) error {
		return dberr.New(dberr.InvalidTextRepresentation, "invalid input syntax for type json").
			WithDetail("%v.", err).At(int(d.Position()))
	}
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, bad(err)
	}
	var list []member
	at := map[string]int{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, bad(err)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, bad(err)
		}
		m, err := readMember(key.(string), raw)
		if err != nil {
			return nil, bad(err)
		}
		if i, ok := at[m.name]; ok {
			list[i] = m
			continue
		}
		at[m.name] = len(list)
		list = append(list, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, bad(err)
	}
	return list, nil
}

// readMember gives a value the type that a new column for it would have.
func readMember(name string, raw json.RawMessage) (member, error) {
	if strings.ContainsRune(name, 0) {
		return member{}, dberr.New(dberr.InvalidTextRepresentation, "\\u0000 cannot be converted to text")
	}
	text := string(bytes.TrimSpace(raw))
	m := member{name: name, text: text}
	switch text[0] {
	case 'n':
		return m, nil
	case 't', 'f':
		m.value = types.BoolValue(text == "true")
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return m, err
		}
		if strings.IndexByte(s, 0) >= 0 {
			return m, dberr.New(dberr.InvalidTextRepresentation, "\\u0000 cannot be converted to text")
		}
		m.text, m.value = s, types.BytesValue(types.T(types.Text), s)
	case '{', '[':
		m.value = types.BytesValue(types.T(types.JSON), text)
	default:
		return m, m.number()
	}
	return m, nil
}

// number reads a JSON number: BIGINT where it is an integer that fits, NUMERIC where it
// is a larger one or not exactly a double's digits, else DOUBLE.
func (m *member) number() error {
	if n, err := strconv.ParseInt(m.text, 10, 64); err == nil {
		m.value = types.IntValue(types.T(types.Int64), n)
		return nil
	}
	f, err := strconv.ParseFloat(m.text, 64)
	digits := strings.TrimLeft(strings.NewReplacer(".", "", "-", "").Replace(m.text), "0")
	if err != nil || len(digits) > 17 && !strings.ContainsAny(m.text, "eE") {
		v, err := types.Parse(m.text, types.T(types.Numeric))
		m.value = v
		return err
	}
	m.value = types.FloatValue(types.T(types.Float64), f)
	return nil
}

// fitSchema adds the columns that documents have and the table has not, and widens the
// undeclared ones that do not hold a value.
func (r *run) fitSchema(t *colstore.Table, docs [][]member, pos int) (*colstore.Table, error) {
	var added []colstore.Column
	var largest []float64 // of the integers of each added column
	index := map[string]int{}
	for _, d := range docs {
		for _, m := range d {
			if c, ok := t.ColumnByName(m.name); ok {
				var err error
				if t, err = r.widen(t, c, m); err != nil {
					return nil, err
				}
				continue
			}
			if !r.s.set.allowUndeclared {
				return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", m.name, t.Name).At(pos).
					WithHint("SET allow_undeclared_columns = on lets documents add columns.")
			}
			i, ok := index[m.name]
			if !ok {
				i = len(added)
				index[m.name] = i
				added = append(added, colstore.Column{Name: m.name, Undeclared: true})
				largest = append(largest, 0)
			}
			added[i].Type = widerType(added[i].Type, m, largest[i])
			if m.value.Type.ID == types.Int64 {
				largest[i] = math.Max(largest[i], math.Abs(float64(m.value.I)))
			}
		}
	}
	if len(added) == 0 {
		return t, nil
	}
	for i := range added {
		if added[i].Type.ID == types.Unknown {
			added[i].Type = types.T(types.Text) // only nulls so far
		}
		added[i].Missing = types.NullOf(added[i].Type)
	}
	return r.s.txOf(t).AddColumns(t, added)
}

// widen changes the type of an undeclared column that does not hold the value of m.
func (r *run) widen(t *colstore.Table, c *colstore.Column, m member) (*colstore.Table, error) {
	if !c.Undeclared || !m.value.Valid {
		return t, nil
	}
	to := widerType(c.Type, m, r.largest(t, c))
	if to == c.Type {
		return t, nil
	}
	return r.s.txOf(t).WidenColumn(t, c.Name, to)
}

// largest is a bound of the absolute values of a BIGINT column, -1 when it is not known
// or the column is of another type.
func (r *run) largest(t *colstore.Table, c *colstore.Column) float64 {
	if c.Type.ID != types.Int64 {
		return -1
	}
	st := r.viewOf(t).Stats(t)
	cs, ok := st.Columns[c.ID]
	switch {
	case st.Err != nil:
		return -1
	case st.Rows == 0 && (!ok || !cs.Max.Valid):
		return 0
	case !ok || !cs.Min.Valid || !cs.Max.Valid:
		return -1
	}
	return math.Max(math.Abs(float64(cs.Min.I)), math.Abs(float64(cs.Max.I)))
}

// widerType is the type that holds the values of a column of type t and that of m.
// largest bounds the column's integers, -1 when nothing is known of them. An unknown t
// takes the type of m.
func widerType(t types.Type, m member, largest float64) types.Type {
	v := m.value
	switch {
	case !v.Valid || t == v.Type:
		return t
	case t.ID == types.Unknown:
		return v.Type
	case t.IsString():
		return t
	case t.ID == types.JSONB:
		return t
	case t.ID == types.JSON || v.Type.ID == types.JSON:
		return types.T(types.Text)
	case t.IsNumber() && v.Type.IsNumber():
		return widerNumber(t, v, largest)
	case v.Type.ID == types.Text:
		if _, err := types.Parse(m.text, t); err == nil && !t.IsNumber() && t.ID != types.Bool {
			return t // a date or time written as a string
		}
	}
	return types.T(types.Text)
}

// widerNumber goes from BIGINT to DOUBLE only where every value stays exact, else to
// NUMERIC.
func widerNumber(t types.Type, v types.Value, largest float64) types.Type {
	numeric := types.T(types.Numeric)
	exact := v.Type.ID != types.Int64 || v.I <= maxExactInt && v.I >= -maxExactInt
	switch {
	case t.ID == types.Numeric || v.Type.ID == types.Numeric:
		return numeric
	case t.ID == types.Float64 && exact:
		return t
	case t.ID == types.Int64 && v.Type.ID == types.Float64 && largest >= 0 && largest <= maxExactInt:
		return v.Type
	}
	return numeric
}

// documentRow makes the row of a document: its members in the columns' types, and the
// defaults of the other columns.
func (r *run) documentRow(t *colstore.Table, d []member, pos int) ([]types.Value, error) {
	vals := make([]types.Value, len(t.Columns))
	given := map[string]member{}
	for _, m := range d {
		given[m.name] = m
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		m, ok := given[c.Name]
		var err error
		if ok && (c.Generated != "" || c.Identity == colstore.IdentityAlways) {
			return nil, dberr.Newf(bind.GeneratedAlways, "cannot insert a non-DEFAULT value into column \"%s\"", c.Name).At(pos)
		}
		if ok {
			vals[i], err = r.memberValue(c, m)
		} else {
			vals[i], err = r.defaultValue(c)
		}
		if err != nil {
			if e, isUser := err.(*dberr.Error); isUser {
				return nil, e.At(pos)
			}
			return nil, err
		}
	}
	return vals, nil
}

// memberValue converts a member to its column's type.
func (r *run) memberValue(c *colstore.Column, m member) (types.Value, error) {
	ctx := types.Context{Zone: r.s.set.zone}
	switch {
	case !m.value.Valid:
		return types.NullOf(c.Type), nil
	case m.value.Type == c.Type:
		return m.value, nil
	case m.value.Type.IsNumber() && c.Type.IsNumber():
		return ctx.Cast(m.value, c.Type, false)
	case (c.Type.ID == types.JSON || c.Type.ID == types.JSONB) && m.value.Type.ID == types.Text:
		quoted, err := json.Marshal(m.text)
		return types.BytesValue(c.Type, string(quoted)), err
	}
	if c.Type.IsArray() && strings.HasPrefix(m.text, "[") {
		return types.JSONArray(ctx, m.text, c.Type)
	}
	return ctx.Cast(types.BytesValue(types.T(types.Text), m.text), c.Type, false)
}

// defaultValue evaluates the DEFAULT of a column.
func (r *run) defaultValue(c *colstore.Column) (types.Value, error) {
	if c.Default == "" {
		return types.NullOf(c.Type), nil
	}
	x, err := r.binder().StoredDefault(c.Default)
	if err != nil {
		return types.Value{}, err
	}
	if x, err = expr.Assign(x, c.Type, c.Name); err != nil {
		return types.Value{}, err
	}
	return expr.EvalConst(x, r.env)
}
