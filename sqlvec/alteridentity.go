package sqlvec

import (
	"fmt"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// alterIdentity runs the actions of ALTER COLUMN on identity and generated columns.
func (r *run) alterIdentity(t *colstore.Table, c *colstore.Column, a *parse.AlterAction) (*colstore.Table, error) {
	state := func(format string) error {
		return dberr.Newf(dberr.ObjectNotInPrerequisite, format, c.Name, t.Name)
	}
	missing := ""
	switch {
	case a.Kind == parse.AlterDropExpression && c.Generated == "":
		missing = "column \"%s\" of relation \"%s\" is not a stored generated column"
	case (a.Kind == parse.AlterDropIdentity || a.Kind == parse.AlterSetIdentity) && c.Identity == colstore.NoIdentity:
		missing = "column \"%s\" of relation \"%s\" is not an identity column"
	}
	if missing != "" && a.IfExists {
		r.s.notice("NOTICE", "00000", fmt.Sprintf(missing+", skipping", c.Name, t.Name))
		return t, nil
	}
	if missing != "" {
		return nil, state(missing)
	}
	switch a.Kind {
	case parse.AlterAddIdentity:
		switch {
		case c.Identity != colstore.NoIdentity:
			return nil, state("column \"%s\" of relation \"%s\" is already an identity column")
		case !c.Type.IsInteger():
			return nil, dberr.New(dberr.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
		case !c.NotNull:
			return nil, state("column \"%s\" of relation \"%s\" must be declared NOT NULL before identity can be added")
		case c.Default != "":
			return nil, state("column \"%s\" of relation \"%s\" already has a default value")
		}
		return r.ownSequence(t, c.Name, a.Constraint)
	case parse.AlterDropExpression:
		return r.s.txOf(t).SetGenerated(t, c.Name, "", "")
	case parse.AlterDropIdentity:
		return r.dropIdentity(t, c)
	}
	return r.setIdentity(t, c, a)
}

// dropIdentity makes an identity column a plain one; its sequence goes.
func (r *run) dropIdentity(t *colstore.Table, c *colstore.Column) (*colstore.Table, error) {
	tx := r.s.txOf(t)
	t, err := tx.SetIdentity(t, c.Name, colstore.NoIdentity)
	if err != nil {
		return nil, err
	}
	if t, err = tx.SetDefault(t, c.Name, ""); err != nil {
		return nil, err
	}
	for _, s := range tx.Catalog().Owned(t.ID, c.ID) {
		if err := tx.DropTable(s); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// setIdentity changes how an identity column takes its values, and its sequence.
func (r *run) setIdentity(t *colstore.Table, c *colstore.Column, a *parse.AlterAction) (*colstore.Table, error) {
	tx := r.s.txOf(t)
	if a.Generated != "" {
		kind := colstore.IdentityByDefault
		if a.Generated == "always" {
			kind = colstore.IdentityAlways
		}
		var err error
		if t, err = tx.SetIdentity(t, c.Name, kind); err != nil {
			return nil, err
		}
	}
	if a.Sequence == (parse.SequenceOptions{Pos: a.Sequence.Pos}) {
		return t, nil
	}
	for _, s := range tx.Catalog().Owned(t.ID, c.ID) {
		if err := r.changeSequence(s, &a.Sequence); err != nil {
			return nil, err
		}
	}
	return t, nil
}
