package expr

import (
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

// likeConst matches every row with one pattern: a whole-buffer search where the
// pattern is %text%.
func likeConst(f *frame, v *vec.Vec, pattern string, fold bool, w []uint64) error {
	if fold {
		pattern = strings.ToLower(pattern)
	}
	l, err := newLike(pattern)
	if err != nil {
		return err
	}
	flat := flatten(f, v)
	if needle, ok := l.Contains(); ok && !fold {
		kernel.ContainsMask(flat.Heap, flat.Offs[:f.n+1], needle, w)
		return nil
	}
	if text, ok := l.Exact(); ok && !fold {
		compareBytesConst(kernel.Eq, &flat, text, w)
		return nil
	}
	for i := range f.n {
		s := flat.Heap[flat.Offs[i]:flat.Offs[i+1]]
		if fold {
			s = []byte(strings.ToLower(string(s)))
		}
		if l.Match(s) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	return nil
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
