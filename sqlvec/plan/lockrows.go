package plan

import (
	"context"

	"driftdb/colstore"
	"driftdb/sqlvec/expr"
)

// LockRows locks the rows of tables that the rows of its input are made of, and passes these on. Where
// a lock skips what others have, it leaves out the input's rows with such a row, and ends when Count
// rows behind the first Offset have been passed, so that no more are locked than are wanted; otherwise
// it locks all of its input.
type LockRows struct {
	Estimate
	Input         Node
	Rows          []expr.Expr // row ids, one for each of Locks
	Locks         []colstore.RowLock
	Locker        Locker
	Count, Offset expr.Expr // as of Limit
}

// Locker locks rows for a transaction. It reports whether they are locked, which only a lock that skips
// may leave open. It may be called from any goroutine.
type Locker interface {
	LockRows(ctx context.Context, lock colstore.RowLock, rids []uint64) (bool, error)
}

// Skips reports whether rows may be left out.
func (n *LockRows) Skips() bool {
	for _, l := range n.Locks {
		if l.Wait == colstore.LockSkip {
			return true
		}
	}
	return false
}

// Columns implements Node.
func (n *LockRows) Columns() []Column { return n.Input.Columns() }

// Children implements Node.
func (n *LockRows) Children() []Node { return []Node{n.Input} }
