package exec

import (
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// A scan pushes Packed vectors to the first stage alone. A stage that leaves rows out unpacks what it reads,
// and the rest of the batch when it knows that rows are left: where they are few, only these.

// unpacker is the first stage of a scan that leaves no rows out.
type unpacker struct {
	w    *worker
	next pusher
}

func (u *unpacker) push(b *vec.Batch) error {
	a := u.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	unpack(b.Cols, a)
	return u.next.push(b)
}

// unpack gives Packed vectors another form, with memory of a.
func unpack(cols []vec.Vec, a *arena.Arena) {
	for c := range cols {
		unpackVec(&cols[c], a)
	}
}

func unpackVec(v *vec.Vec, a *arena.Arena) {
	if v.Form == vec.Packed {
		v.Unpack(a.Alloc(v.UnpackedSize()))
	}
}

// unpackSome is unpack of the columns of the given numbers.
func unpackSome(cols []vec.Vec, numbers []int, a *arena.Arena) {
	for _, c := range numbers {
		unpackVec(&cols[c], a)
	}
}

// columnsIn returns the numbers of the columns that e reads.
func columnsIn(e expr.Expr) (numbers []int) {
	expr.Columns(e, func(i int) {
		if !slices.Contains(numbers, i) {
			numbers = append(numbers, i)
		}
	})
	return numbers
}
