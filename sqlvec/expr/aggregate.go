package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Aggregate is one overload of an aggregate function. Aggregates are immutable and
// live as long as the process.
type Aggregate struct {
	Name    string
	Params  []types.ID
	Ret     types.ID
	Ordered bool // the result depends on the order of the input
	// Empty says that the result over no rows is not NULL (count).
	Empty bool
	// OrderedSet says that the first argument is that of WITHIN GROUP, by which the rows
	// are ordered.
	OrderedSet bool

	returns func(args []types.Type) types.Type
	states  func(args []types.Type, ret types.Type, a *arena.Arena) States
}

// ReturnType returns the type of the result for arguments of the given types.
func (g *Aggregate) ReturnType(args []types.Type) types.Type {
	if g.returns != nil {
		return g.returns(args)
	}
	return types.T(g.Ret)
}

// New returns states for arguments of the given types. They live in a and in the
// Go heap, and count none of the heap's bytes against a's budget but in Bytes.
func (g *Aggregate) New(args []types.Type, a *arena.Arena) States {
	return g.states(args, g.ReturnType(args), a)
}

// States is the states of one aggregate for groups 0, 1, 2, …: a column of
// accumulators. Each hash table, partition or worker has its own. States belong to
// one goroutine at a time.
//
// NULL arguments are skipped as the aggregate wants; sel (nil: all) says which rows
// take part, so FILTER and WHERE are masks.
type States interface {
	// Grow makes groups [0, n) exist. New groups have seen no rows.
	Grow(n int)
	// Groups returns how many groups exist.
	Groups() int
	// Update adds row i to group[i], for the n rows of args in sel. Every group[i] of
	// a selected row is below Groups. Rows are added in order.
	Update(group []uint32, args []vec.Vec, sel []uint64, n int) error
	// UpdateOne adds the n rows of args in sel to one group.
	UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error
	// Merge adds group i of src, states of the same aggregate, to group to[i]. src is not
	// changed, and may be merged again; its memory, and to, must outlive the states.
	Merge(src States, to []uint32) error
	// Final returns the results of groups [lo, hi) in memory of a or of the states,
	// which may be used on.
	Final(lo, hi int, a *arena.Arena) (vec.Vec, error)
	// Bytes returns roughly the memory held, for spilling decisions.
	Bytes() int64
}

// PartMerger is States of which some groups can be merged at the cost of these alone.
type PartMerger interface {
	States
	// MergePart adds group from[i] of src to group to[i]; from nil stands for 0, 1, 2, …
	// Several goroutines may merge one src into states of their own.
	MergePart(src States, from, to []uint32) error
}

// LateFinal is States whose results can wait until it is known who wants them.
type LateFinal interface {
	States
	// Late reports whether Final raises no error, so that it need not be called for all groups.
	Late() bool
}

// LooseFinal is States whose NUMERIC results can be scaled integers.
type LooseFinal interface {
	States
	// FinalLoose is Final with NUMERIC as scaled integers, where the sums are such; see
	// Program.Loose. The vector may lie in the memory of the states.
	FinalLoose(lo, hi int, a *arena.Arena) (vec.Vec, error)
}

// Pieced is States that take the values of one batch in several vectors; see Program.EvalPieces.
type Pieced interface {
	Slotted
	// ExpectPieces is called before the first group is made.
	ExpectPieces()
}

// groupAt returns element i of from, which is i where from is nil.
func groupAt(from []uint32, i int) int {
	if from == nil {
		return i
	}
	return int(from[i])
}

// aggregates holds the overloads of every aggregate by name; filled by init
// functions and read-only afterwards.
var aggregates = map[string][]*Aggregate{}

// registerAggregate adds overloads.
func registerAggregate(list ...*Aggregate) {
	for _, g := range list {
		aggregates[g.Name] = append(aggregates[g.Name], g)
	}
}

// IsAggregate reports whether there is an aggregate of that name, in lower case.
func IsAggregate(name string) bool { return len(aggregates[name]) > 0 }

// IsOrderedSet reports whether there is an ordered-set aggregate of that name.
func IsOrderedSet(name string) bool { return IsAggregate(name) && aggregates[name][0].OrderedSet }

// ResolveAggregate chooses the overload of an aggregate as Resolve does for
// functions. count(*) is count without arguments.
func ResolveAggregate(name string, args []types.Type) (*Aggregate, []types.Type, error) {
	list := aggregates[name]
	fns := make([]*Function, len(list))
	for i, g := range list {
		fns[i] = &Function{Name: g.Name, Params: g.Params, Ret: g.Ret}
	}
	fn, casts, found := choose(fns, args)
	for i := range fns {
		if fn != nil && fns[i] == fn {
			return list[i], casts, nil
		}
	}
	sig := dberr.Textf("%s(%s)", name, typeList(args))
	if found {
		return nil, nil, dberr.Newf(dberr.AmbiguousFunction, "function %s is not unique", sig).
			WithHint("Could not choose a best candidate function. You might need to add explicit type casts.")
	}
	return nil, nil, dberr.Newf(dberr.UndefinedFunction, "function %s does not exist", sig).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}
