package expr

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"driftdb/internal/types"
)

// OperatorInfo is one overload of an operator. Of a prefix operator Left is 0.
type OperatorInfo struct {
	OID, Left, Right, Result int64 // of the types, too
	Name                     string
	Commutator, Negator      int64 // operators, 0 for none
}

// firstOperatorOID is the number of the first of Operators, behind those of functions.
const firstOperatorOID = 8000

// pseudoOIDs are PostgreSQL's numbers of the types that stand for several.
var pseudoOIDs = map[types.ID]int64{anyElement: 2283, anyArray: 2277, likeArray: 5078, likeElement: 5077, anyEnum: 3500, anyType: 2276, types.Record: 2249, types.Unknown: 705}

func paramOID(id types.ID) int64 {
	if n, ok := pseudoOIDs[id]; ok {
		return n
	}
	return typeOIDs[id]
}

// commutators are the operators that mean the same with their operands exchanged.
var commutators = map[string]string{"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<=", "+": "+", "*": "*", "&": "&", "|": "|", "#": "#",
	"&&": "&&", "@>": "<@", "<@": "@>"}

// negators are the operators that are true where the other is false.
var negators = map[string]string{"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "~": "!~", "!~": "~", "~*": "!~*", "!~*": "~*",
	"~~": "!~~", "!~~": "~~", "~~*": "!~~*", "!~~*": "~~*"}

// Operators lists all operators in the order of their names and types.
func Operators() []OperatorInfo {
	var list []OperatorInfo
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		if strings.Trim(name, "+-*/<>=~!@#%^&|`?") != "" {
			continue
		}
		for _, f := range functions[name] {
			o := OperatorInfo{Name: name, Right: paramOID(f.Params[len(f.Params)-1]), Result: paramOID(f.Ret)}
			if len(f.Params) == 2 {
				o.Left = paramOID(f.Params[0])
			}
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(a, b OperatorInfo) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Left, b.Left), cmp.Compare(a.Right, b.Right))
	})
	type signature struct {
		name        string
		left, right int64
	}
	known := map[signature]int64{}
	for i := range list {
		o := &list[i]
		o.OID = firstOperatorOID + int64(i)
		known[signature{o.Name, o.Left, o.Right}] = o.OID
	}
	for i := range list {
		if o := &list[i]; o.Left != 0 {
			o.Commutator = known[signature{commutators[o.Name], o.Right, o.Left}]
			o.Negator = known[signature{negators[o.Name], o.Left, o.Right}]
		}
	}
	return list
}

// CastInfo is a conversion from one type to another; Context is when it happens without being written: i in any
// expression, a where a column is assigned, e never.
type CastInfo struct {
	Source, Target int64
	Context        byte
	Binary         bool // the value stays as it is
}

// Casts lists the conversions between types but for those that every type has to and from text.
func Casts() []CastInfo {
	letters := map[castContext]byte{implicitCast: 'i', assignmentCast: 'a', explicitCast: 'e'}
	var list []CastInfo
	for pair, when := range castTable {
		from, to := typeOIDs[pair[0]], typeOIDs[pair[1]]
		if from != 0 && to != 0 {
			list = append(list, CastInfo{from, to, letters[when], category(pair[0]) == 'S' && category(pair[1]) == 'S' && pair[0] != types.Bpchar})
		}
	}
	for _, to := range []types.ID{types.Text, types.Varchar, types.Bpchar} {
		list = append(list, CastInfo{typeOIDs[types.Bool], typeOIDs[to], 'a', false})
	}
	// those that make a value fit the modifier of its type
	for _, id := range []types.ID{types.Varchar, types.Bpchar, types.Numeric, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval} {
		list = append(list, CastInfo{typeOIDs[id], typeOIDs[id], 'i', false})
	}
	slices.SortFunc(list, func(a, b CastInfo) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target))
	})
	return list
}
