package plan

import (
	"driftdb/colstore"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// Fetch reads columns of a table for the rows that its input is made of, known by their row ids, beside
// the columns of the input. Where the row id is NULL, as on the inner side of an outer join, they are NULL.
type Fetch struct {
	Estimate
	Input  Node
	Row    expr.Expr // the row id
	Table  *colstore.Table
	Alias  string // as of Scan
	Source Source // a Fetcher
	// Stored are the columns that are read; Made[i] is Stored[i].
	Stored []uint32
	Made   []Column
}

// Fetcher is a Source that finds rows by their ids.
type Fetcher interface {
	// Fetch returns columns of rows, in the order of rids, as copies.
	Fetch(rids []uint64, cols []uint32) ([]vec.Vec, error)
}

// Columns implements Node.
func (n *Fetch) Columns() []Column {
	in := n.Input.Columns()
	return append(in[:len(in):len(in)], n.Made...)
}

// Children implements Node.
func (n *Fetch) Children() []Node { return []Node{n.Input} }
