package expr

import (
	"math/bits"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

func init() {
	for _, id := range ids(types.Text, types.Bytea) {
		register(
			&Function{Name: "~~", Params: ids(id, id), Ret: types.Bool, eval: likeEval(false, false)},
			&Function{Name: "!~~", Params: ids(id, id), Ret: types.Bool, eval: likeEval(true, false)},
			&Function{Name: "like", Params: ids(id, id), Ret: types.Bool, eval: likeEval(false, false)},
			&Function{Name: "notlike", Params: ids(id, id), Ret: types.Bool, eval: likeEval(true, false)},
		)
	}
	// The blanks of a CHAR count for a pattern.
	for _, id := range ids(types.Text, types.Bpchar) {
		register(
			&Function{Name: "~~*", Params: ids(id, types.Text), Ret: types.Bool, eval: likeEval(false, true)},
			&Function{Name: "!~~*", Params: ids(id, types.Text), Ret: types.Bool, eval: likeEval(true, true)},
		)
	}
	register(
		&Function{Name: "~~", Params: ids(types.Bpchar, types.Text), Ret: types.Bool, eval: likeEval(false, false)},
		&Function{Name: "!~~", Params: ids(types.Bpchar, types.Text), Ret: types.Bool, eval: likeEval(true, false)},
		rowFn("~~~", ids(types.Text, types.Text), types.Bool, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.BoolValue(globMatch(a[0].S, a[1].S)), nil
		}),
		rowFn("like_escape", ids(types.Text, types.Text), types.Text, likeEscape),
	)
}

// likeEval returns the evaluation of text LIKE pattern.
func likeEval(not, fold bool) evalFunc {
	return func(f *frame, _ *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		w := f.words()
		clear(w)
		var err error
		if args[1].Form == vec.Const {
			err = likeConst(f, &args[0], string(args[1].Bytes(0)), fold, w)
		} else {
			err = likeRows(f, &args[0], &args[1], fold, sel, w)
		}
		if not {
			kernel.Not(w, w)
		}
		return f.bools(w, nil), err
	}
}

// newLike compiles a pattern with the escape \.
func newLike(pattern string) (*kernel.Like, error) {
	l, ok := kernel.NewLike(pattern, "\\")
	if !ok {
		return nil, dberr.New(dberr.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
	}
	return l, nil
}

// likeConst matches every row with one pattern. What every match contains is looked for in the whole buffer.
func likeConst(f *frame, v *vec.Vec, pattern string, fold bool, w []uint64) error {
	if fold {
		pattern = strings.ToLower(pattern)
	}
	l, err := newLike(pattern)
	if err != nil {
		return err
	}
	flat := flatten(f, v)
	if fold {
		likeFolded(f, &flat, l, w)
	} else {
		likeFlat(&flat, l, w)
	}
	return nil
}

// likeFlat matches every row with one pattern as it is.
func likeFlat(flat *vec.Vec, l *kernel.Like, w []uint64) {
	n := flat.N
	if text, ok := l.Exact(); ok {
		compareBytesConst(kernel.Eq, flat, text, w)
		return
	}
	part := l.Part()
	if len(part) == 0 || len(l.Prefix()) > 0 {
		for i := range n {
			if l.Match(flat.Heap[flat.Offs[i]:flat.Offs[i+1]]) {
				w[i>>6] |= 1 << (uint(i) & 63)
			}
		}
		return
	}
	kernel.ContainsMask(flat.Heap, flat.Offs[:n+1], part, w)
	if _, ok := l.Contains(); ok {
		return
	}
	eachSet(w, func(i int) {
		if !l.Match(flat.Heap[flat.Offs[i]:flat.Offs[i+1]]) {
			w[i>>6] &^= 1 << (uint(i) & 63)
		}
	})
}

// eachSet calls fn for the bits that are set in w, which fn may clear.
func eachSet(w []uint64, fn func(i int)) {
	for k, m := range w {
		for ; m != 0; m &= m - 1 {
			fn(k<<6 + bits.TrailingZeros64(m))
		}
	}
}

// likeFolded matches every row in any case with a pattern in small letters.
func likeFolded(f *frame, flat *vec.Vec, l *kernel.Like, w []uint64) {
	offs := flat.Offs[:f.n+1]
	text := flat.Heap[offs[0]:offs[f.n]]
	ascii := vec.ASCII(text)
	if part, ok := l.Contains(); ok && vec.ASCII(part) {
		needle := kernel.NewNeedle(part, true)
		if needle.Mask(flat.Heap, offs, w); ascii {
			return
		}
	} else if ascii {
		lower := *flat
		lower.Heap = f.arena.Alloc(int(offs[f.n]))
		kernel.ChangeCase(lower.Heap[offs[0]:], text, 'A')
		likeFlat(&lower, l, w)
		return
	}
	for i := range f.n {
		s := flat.Heap[offs[i]:offs[i+1]]
		if w[i>>6]>>(uint(i)&63)&1 == 0 && l.Match([]byte(strings.ToLower(string(s)))) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
}

// likeRows matches rows with patterns that differ.
func likeRows(f *frame, v, patterns *vec.Vec, fold bool, sel, w []uint64) error {
	last, l := "", (*kernel.Like)(nil)
	for i := range f.n {
		if !has(sel, i) {
			continue
		}
		p, s := string(patterns.Bytes(i)), v.Bytes(i)
		if fold {
			p, s = strings.ToLower(p), []byte(strings.ToLower(string(s)))
		}
		if l == nil || p != last {
			c, err := newLike(p)
			if err != nil {
				return err
			}
			last, l = p, c
		}
		if l.Match(s) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	return nil
}

// likeEscape turns a pattern with another escape character into one with \.
func likeEscape(_ *Env, args []types.Value) (types.Value, error) {
	pattern, escape := args[0].S, args[1].S
	if n := len([]rune(escape)); n > 1 {
		return args[0], dberr.New(dberr.InvalidEscapeSequence, "invalid escape string").
			WithHint("Escape string must be empty or one character.")
	}
	var b strings.Builder
	escaped := false
	for _, r := range pattern {
		switch {
		case !escaped && escape != "" && string(r) == escape:
			escaped = true
			b.WriteByte('\\')
		case r == '\\' && !escaped && escape != "\\":
			b.WriteString("\\\\")
		default:
			b.WriteRune(r)
			escaped = false
		}
	}
	return types.BytesValue(types.T(types.Text), b.String()), nil
}
