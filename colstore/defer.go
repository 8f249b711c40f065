package colstore

import (
	"context"
	"maps"

	"driftdb/internal/vfs"
)

// constraintID is a foreign key of a table.
type constraintID struct {
	table uint32
	name  string
}

// deferral is what SET CONSTRAINTS has said in a transaction. It is replaced, never changed, so
// that a savepoint can hold it.
type deferral struct {
	all   *bool // of all constraints, nil for nothing
	named map[constraintID]bool
}

// deferred reports whether the check of a foreign key waits for the commit.
func (tx *Tx) deferred(child *Table, f *ForeignKey) bool {
	if !f.Deferrable {
		return false
	}
	if on, ok := tx.deferral.named[constraintID{child.ID, f.Name}]; ok {
		return on
	}
	if tx.deferral.all != nil {
		return *tx.deferral.all
	}
	return f.Deferred
}

// atOnce says which checks the end of a statement makes. RESTRICT never waits.
func (tx *Tx) atOnce(r *foreign, action RefAction) bool {
	if !tx.deferred(r.child, r.key) || action == Restrict {
		return true
	}
	tx.putOff = true
	return false
}

// CheckDeferred makes the checks that were put off, which Commit does, too.
func (tx *Tx) CheckDeferred(ctx context.Context) error {
	if !tx.putOff {
		return nil
	}
	return vfs.Guard(func() error {
		return tx.checkForeign(ctx, tx.ops, func(r *foreign, action RefAction) bool {
			return tx.deferred(r.child, r.key) && action != Restrict
		})
	})
}

// SetDeferred makes the checks of foreign keys wait for the commit, or not any more: then they
// are made for what was written so far. Without a table all that are deferrable are meant, and name
// is "".
func (tx *Tx) SetDeferred(ctx context.Context, t *Table, name string, on bool) error {
	was := tx.deferral
	next := deferral{all: was.all, named: maps.Clone(was.named)}
	if t == nil {
		next.all, next.named = &on, nil
	} else {
		if next.named == nil {
			next.named = map[constraintID]bool{}
		}
		next.named[constraintID{t.ID, name}] = on
	}
	if !on && tx.putOff {
		err := vfs.Guard(func() error {
			return tx.checkForeign(ctx, tx.ops, func(r *foreign, action RefAction) bool {
				meant := t == nil || r.child.ID == t.ID && r.key.Name == name
				return meant && tx.deferred(r.child, r.key) && action != Restrict
			})
		})
		if err != nil {
			return err
		}
	}
	tx.deferral = next
	return nil
}
