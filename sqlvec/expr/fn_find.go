package expr

import (
	"bytes"
	"unicode/utf8"

	"driftdb/internal/vec"
)

// eachPair calls fn with the texts of two arguments in the given rows.
func eachPair(f *frame, args []vec.Vec, rows []uint64, fn func(i int, s, part []byte)) error {
	x, y := flatten(f, &args[0]), &args[1]
	var part []byte
	if y.Form == vec.Const {
		part = y.Bytes(0)
	}
	work := 0
	for i := range f.n {
		if !has(rows, i) {
			continue
		}
		if y.Form != vec.Const {
			part = y.Bytes(i)
		}
		s := x.Heap[x.Offs[i]:x.Offs[i+1]]
		fn(i, s, part)
		if work += len(s); work >= rowsPause {
			work = 0
			if err := f.env.ended(); err != nil {
				return err
			}
		}
	}
	return nil
}

// textPositions finds a text in others: the number of its first character, 0 where it is not there.
func textPositions[T int32 | int64](f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	out, dst := fixed[T](f, c.Typ)
	clear(dst)
	err := eachPair(f, args, rows, func(i int, s, part []byte) {
		if at := bytes.Index(s, part); at >= 0 {
			dst[i] = T(utf8.RuneCount(s[:at])) + 1
		}
	})
	return out, err
}

// textTest makes a condition on two texts.
func textTest(fn func(s, part []byte) bool) evalFunc {
	return func(f *frame, _ *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
		hits := f.words()
		clear(hits)
		err := eachPair(f, args, rows, func(i int, s, part []byte) {
			if fn(s, part) {
				hits[i>>6] |= 1 << (uint(i) & 63)
			}
		})
		return f.bools(hits, nil), err
	}
}
