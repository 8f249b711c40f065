package sqlvec

import (
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/parse"
)

// likeParts are what LIKE … INCLUDING knows.
var likeParts = []string{"comments", "compression", "constraints", "defaults", "generated", "identity", "indexes", "statistics", "storage"}

// like adds the columns of another table. NOT NULL always comes with them; the rest must be
// asked for.
func (d *definition) like(st parse.TableLike) error {
	from, err := d.run.table(st.Table)
	if err != nil {
		return err
	}
	with := func(part string) bool {
		return !slices.Contains(st.Excluding, part) && !slices.Contains(st.Excluding, "all") &&
			(slices.Contains(st.Including, part) || slices.Contains(st.Including, "all"))
	}
	for _, part := range append(slices.Clone(st.Including), st.Excluding...) {
		if part != "all" && !slices.Contains(likeParts, part) {
			return dberr.Newf(dberr.SyntaxError, "syntax error at or near \"%s\"", part).At(int(st.Position()))
		}
	}
	for _, c := range from.Shown() {
		if d.seen[c.Name] {
			return dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", c.Name).At(int(st.Position()))
		}
		d.seen[c.Name] = true
		col := colstore.Column{Name: c.Name, Type: c.Type, NotNull: c.NotNull, Missing: types.NullOf(c.Type), Domain: c.Domain}
		if with("defaults") && c.Identity == colstore.NoIdentity {
			col.Default = c.Default
		}
		if with("generated") {
			col.Generated = c.Generated
		}
		d.def.Columns = append(d.def.Columns, col)
		if with("identity") && c.Identity != colstore.NoIdentity {
			k := &parse.Constraint{Pos: st.Pos, Kind: parse.ConstraintIdentity, Always: c.Identity == colstore.IdentityAlways, Sequence: &parse.SequenceOptions{}}
			d.sequences = append(d.sequences, pendingSequence{k, c.Name})
		}
	}
	if with("constraints") {
		for _, c := range from.Checks {
			e, err := parse.ParseExpr(c.SQL)
			if err != nil {
				return err
			}
			d.checks = append(d.checks, pendingCheck{at: &parse.Constraint{Kind: parse.ConstraintCheck, Name: c.Name, Expr: e}})
		}
	}
	if with("indexes") {
		return d.likeIndexes(from)
	}
	return nil
}

// likeIndexes adds the keys and indexes of another table, under new names.
func (d *definition) likeIndexes(from *colstore.Table) error {
	for _, x := range from.Keys() {
		var cols []string
		for _, id := range x.Columns {
			c, _ := from.Column(id)
			if c.Hidden() {
				return dberr.Newf(dberr.FeatureNotSupported, "LIKE … INCLUDING INDEXES of index \"%s\", which has expressions or a condition, is not supported", x.Name)
			}
			cols = append(cols, c.Name)
		}
		if x.ID == 0 {
			d.def.PrimaryKey = cols
			continue
		}
		d.def.Indexes = append(d.def.Indexes, colstore.IndexDef{Columns: cols, Unique: x.Unique, Constraint: x.Constraint})
	}
	return nil
}
