package parse

// DeclareCursor is DECLARE name [INSENSITIVE] [[NO] SCROLL] CURSOR [WITH HOLD] FOR query.
type DeclareCursor struct {
	Pos
	Name     Ident
	Scroll   bool
	NoScroll bool
	Hold     bool
	Query    *Query
}

// Fetch is FETCH or, where only the place changes, MOVE.
type Fetch struct {
	Pos
	Move bool
	How  FetchHow
	// Count is the number of rows, or the row of FetchAbsolute and FetchRelative; All is every row.
	Count int64
	All   bool
	Name  Ident
}

// FetchHow is the direction of a FETCH. NEXT, PRIOR, FIRST and LAST are read as those with
// a number.
type FetchHow uint8

// The directions.
const (
	FetchForward FetchHow = iota
	FetchBackward
	FetchAbsolute
	FetchRelative
)

// CloseCursor is CLOSE name; All is CLOSE ALL.
type CloseCursor struct {
	Pos
	Name Ident
	All  bool
}

func (*DeclareCursor) stmt() {}
func (*Fetch) stmt()         {}
func (*CloseCursor) stmt()   {}
