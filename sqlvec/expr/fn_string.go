package expr

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// textFn makes a strict function from TEXT to TEXT.
func textFn(name string, fn func(string) string) *Function {
	return textOf(name, ids(types.Text), func(args []types.Value) string { return fn(args[0].S) })
}

// textInt makes a strict function from TEXT to INTEGER.
func textInt(name string, fn func(string) int) *Function {
	return rowFn(name, ids(types.Text), types.Int32, func(_ *Env, args []types.Value) (types.Value, error) {
		return intValue(fn(args[0].S)), nil
	})
}

// textOf makes a strict function that gives TEXT.
func textOf(name string, params []types.ID, fn func(args []types.Value) string) *Function {
	return appending(name, params, func(_ *Env, dst []byte, args []types.Value) ([]byte, error) {
		return append(dst, fn(args)...), nil
	})
}

// maxText is the most bytes of a text that a function makes.
const maxText = 1 << 30

// tooLarge refuses a text that would exceed maxText.
func tooLarge(size int64) error {
	if size > maxText {
		return dberr.New(dberr.ProgramLimitExceeded, "requested length too large")
	}
	return nil
}

func runeCount(s string) int { return utf8.RuneCountInString(s) }

// CharKey is the name of the function from CHAR to what of it counts. No query can write it.
const CharKey = "$char_key"

func init() {
	t, i := types.Text, types.Int32
	register(
		&Function{Name: "lower", Params: ids(t), Ret: t, eval: caseEval(strings.ToLower, 'A')},
		&Function{Name: "upper", Params: ids(t), Ret: t, eval: caseEval(strings.ToUpper, 'a')},
		&Function{Name: "length", Params: ids(t), Ret: i, eval: lengthEval(utf8.RuneCount)},
		&Function{Name: "char_length", Params: ids(t), Ret: i, eval: lengthEval(utf8.RuneCount)},
		&Function{Name: "character_length", Params: ids(t), Ret: i, eval: lengthEval(utf8.RuneCount)},
		&Function{Name: "octet_length", Params: ids(t), Ret: i, eval: lengthEval(byteLen)},
		rowFn(CharKey, ids(types.Bpchar), t, func(_ *Env, a []types.Value) (types.Value, error) { return textValue(types.TrimChar(a[0].S)), nil }),
		&Function{Name: "octet_length", Params: ids(types.Bpchar), Ret: i, eval: lengthEval(byteLen)},
		&Function{Name: "octet_length", Params: ids(types.Bytea), Ret: i, eval: lengthEval(byteLen)},
		&Function{Name: "length", Params: ids(types.Bytea), Ret: i, eval: lengthEval(byteLen)},
		textInt("bit_length", func(s string) int { return 8 * len(s) }),
		textFn("initcap", initcap), appending("reverse", ids(t), reverseText),
		textInt("ascii", func(s string) int {
			if s == "" {
				return 0
			}
			r, _ := utf8.DecodeRuneInString(s)
			return int(r)
		}),
		textInt("strlen", func(s string) int { return len(s) }),
		rowFn("chr", ids(i), t, chr),
		textOf("substr", ids(t, i), func(a []types.Value) string { return substring(a[0].S, a[1].I, 1<<40) }),
		textOf("substring", ids(t, i), func(a []types.Value) string { return substring(a[0].S, a[1].I, 1<<40) }),
		&Function{Name: "substr", Params: ids(t, i, i), Ret: t, eval: substringEval}, &Function{Name: "substring", Params: ids(t, i, i), Ret: t, eval: substringEval},
		&Function{Name: "left", Params: ids(t, i), Ret: t, eval: leftEval},
		textOf("right", ids(t, i), func(a []types.Value) string { return rightText(a[0].S, a[1].I) }),
		appending("lpad", ids(t, i), pad(true)), appending("lpad", ids(t, i, t), pad(true)),
		appending("rpad", ids(t, i), pad(false)), appending("rpad", ids(t, i, t), pad(false)),
		rowFn("repeat", ids(t, i), t, repeatText),
		appending("replace", ids(t, t, t), replace),
		textOf("translate", ids(t, t, t), func(a []types.Value) string { return translate(a[0].S, a[1].S, a[2].S) }),
		&Function{Name: "position", Params: ids(t, t), Ret: i, eval: textPositions[int32], costly: true}, &Function{Name: "strpos", Params: ids(t, t), Ret: i, eval: textPositions[int32], costly: true},
		appending("split_part", ids(t, t, i), splitPart),
		prefixTest("starts_with"), prefixTest("^@"),
		rowFn("overlay", ids(t, t, i), t, overlay), rowFn("overlay", ids(t, t, i, i), t, overlay),
		&Function{Name: "||", Params: ids(t, t), Ret: t, eval: concatEval},
		&Function{Name: "||", Params: ids(types.Bytea, types.Bytea), Ret: types.Bytea, eval: concatEval},
		appending("||", ids(t, anyType), concatAny), appending("||", ids(anyType, t), concatAny),
		&Function{Name: "concat", Params: ids(anyType), Variadic: true, Ret: t, NullCall: true, Volatility: Stable, text: concatAll, row: rowOfText(concatAll)},
		&Function{Name: "concat_ws", Params: ids(t, anyType), Variadic: true, Ret: t, NullCall: true, Volatility: Stable, eval: evalConcatWith, row: concatWith},
	)
	registerTrims()
	registerBytea()
}

// byteLen is the length in bytes.
func byteLen(b []byte) int { return len(b) }

// lengthEval returns the evaluation of a length, straight from offsets and heap.
func lengthEval(length func([]byte) int) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
		out, dst := fixed[int32](f, c.Typ)
		flat := flatten(f, &args[0])
		offs := flat.Offs[:f.n+1]
		if vec.ASCII(flat.Heap[offs[0]:offs[f.n]]) { // all characters are bytes
			for i := range dst {
				dst[i] = offs[i+1] - offs[i]
			}
			return out, nil
		}
		for i := range dst {
			dst[i] = int32(length(flat.Heap[offs[i]:offs[i+1]]))
		}
		return out, nil
	}
}

// caseEval returns the evaluation of lower or upper. A buffer of ASCII is changed
// as a whole; from is the first of the letters that change.
func caseEval(slow func(string) string, from byte) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		flat := flatten(f, &args[0])
		lo, hi := flat.Offs[0], flat.Offs[f.n]
		src := flat.Heap[lo:hi]
		if !vec.ASCII(src) {
			return eachRow(f, func(_ *Env, a []types.Value) (types.Value, error) {
				return textValue(slow(a[0].S)), nil
			}, c.Typ, args, sel)
		}
		heap := f.arena.Alloc(int(hi))
		kernel.ChangeCase(heap[lo:], src, from)
		return vec.FromBytes(c.Typ, flat.Offs[:f.n+1], heap, nil), nil
	}
}

// concatEval is || of two strings.
func concatEval(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	b := newBuilder(f, c.Typ)
	x, y := flatten(f, &args[0]), flatten(f, &args[1])
	for i := range f.n {
		if !has(sel, i) {
			b.skip()
			continue
		}
		p, q := x.Heap[x.Offs[i]:x.Offs[i+1]], y.Heap[y.Offs[i]:y.Offs[i+1]]
		if len(b.heap)+len(p)+len(q) > maxHeap {
			return vec.Vec{}, tooLarge(maxText + 1)
		}
		b.room(len(p) + len(q))
		b.heap = append(append(b.heap, p...), q...)
		b.skip()
	}
	return b.finish()
}

// concatAny is || of a text and any other value.
func concatAny(env *Env, dst []byte, args []types.Value) ([]byte, error) {
	c := env.context()
	for i := range args {
		switch t := args[i].Type; {
		case t.ID == types.Text:
			dst = append(dst, args[i].S...)
		case t.IsInteger():
			dst = strconv.AppendInt(dst, args[i].I, 10)
		case t.ID == types.Bool, t.IsString():
			dst = append(dst, c.TextOf(args[i])...)
		default:
			dst = c.Append(dst, args[i])
		}
	}
	return dst, nil
}

// concatAll is concat: NULLs are skipped, values printed as PostgreSQL's output functions do.
func concatAll(env *Env, dst []byte, args []types.Value) ([]byte, error) {
	c := env.context()
	for i := range args {
		dst = c.Append(dst, args[i])
	}
	return dst, nil
}

// concatWith is concat_ws for one row.
func concatWith(env *Env, args []types.Value) (types.Value, error) {
	if !args[0].Valid {
		return nullText, nil
	}
	return textValue(string(appendJoined(env, nil, args))), nil
}

// evalConcatWith is concat_ws.
func evalConcatWith(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	return buildRows(f, c.Typ, args, rows, func(b *builder, row []types.Value) error {
		if !row[0].Valid {
			b.null()
			return nil
		}
		size := 0
		for j := range row {
			size += len(row[0].S) + len(row[j].S) + 32
		}
		b.room(size)
		b.took(appendJoined(f.env, b.heap, row))
		return nil
	})
}

// appendJoined appends the values that are not NULL, the first between each two of the others.
func appendJoined(env *Env, dst []byte, args []types.Value) []byte {
	c, first := env.context(), true
	for _, a := range args[1:] {
		if !a.Valid {
			continue
		}
		if !first {
			dst = append(dst, args[0].S...)
		}
		first = false
		if a.Type.ID == types.Text {
			dst = append(dst, a.S...)
			continue
		}
		dst = c.Append(dst, a)
	}
	return dst
}

// initcap makes the first letter of every word upper case and the others lower.
func initcap(s string) string {
	var b strings.Builder
	inWord := false
	for _, r := range s {
		if inWord {
			b.WriteRune(unicode.ToLower(r))
		} else {
			b.WriteRune(unicode.ToUpper(r))
		}
		inWord = unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	return b.String()
}

// reverseText appends a text with its characters in the opposite order.
func reverseText(_ *Env, dst []byte, args []types.Value) ([]byte, error) {
	s, at := args[0].S, len(dst)
	dst = append(dst, s...)
	out := dst[at:]
	if vec.ASCII(out) {
		slices.Reverse(out)
		return dst, nil
	}
	for i := len(s); i > 0; {
		_, w := utf8.DecodeLastRuneInString(s[:i])
		copy(out[len(s)-i:], s[i-w:i])
		i -= w
	}
	return dst, nil
}

// chr returns the character of a code point.
func chr(_ *Env, args []types.Value) (types.Value, error) {
	n := args[0].I
	switch {
	case n == 0:
		return args[0], dberr.New(dberr.ProgramLimitExceeded, "null character not permitted")
	case n < 0:
		return args[0], dberr.New(dberr.InvalidParameterValue, "character number must be positive")
	case n > unicode.MaxRune:
		return args[0], dberr.Newf(dberr.ProgramLimitExceeded, "requested character too large for encoding: %d", n)
	case !utf8.ValidRune(rune(n)):
		return args[0], dberr.Newf(dberr.ProgramLimitExceeded, "requested character not valid for encoding: %d", n)
	}
	return textValue(string(rune(n))), nil
}

// runeOffset returns the byte offset of character n, or the length of s.
func runeOffset(s string, n int64) int {
	if n <= 0 {
		return 0
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// substring returns length characters from the 1-based start, which may lie before
// the text.
func substring(s string, start, length int64) string {
	end := start + length
	start = max(start, 1)
	if end <= start {
		return ""
	}
	lo := runeOffset(s, start-1)
	return s[lo : lo+runeOffset(s[lo:], end-start)]
}

// substringEval is the evaluation of substringLength. Constant places in ASCII need no look at the characters.
func substringEval(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	start, ok := constInteger(&args[1])
	length, ok2 := constInteger(&args[2])
	if ok && ok2 && length >= 0 {
		if out, ok := asciiPieces(f, c.Typ, &args[0], max(start, 1)-1, max(start+length, 1)-1); ok {
			return out, nil
		}
	}
	return eachRow(f, substringLength, c.Typ, args, sel)
}

// leftEval is the evaluation of leftText.
func leftEval(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	if n, ok := constInteger(&args[1]); ok && n >= 0 {
		if out, ok := asciiPieces(f, c.Typ, &args[0], 0, n); ok {
			return out, nil
		}
	}
	return eachRow(f, func(_ *Env, a []types.Value) (types.Value, error) {
		return textValue(leftText(a[0].S, a[1].I)), nil
	}, c.Typ, args, sel)
}

// constInteger returns the value of a constant INTEGER.
func constInteger(v *vec.Vec) (int64, bool) {
	if v.Form != vec.Const || v.IsNull(0) {
		return 0, false
	}
	return v.Int(0), true
}

// asciiPieces returns the bytes [lo, hi) of every text, as far as it has them, if all bytes are ASCII.
func asciiPieces(f *frame, t types.Type, v *vec.Vec, lo, hi int64) (vec.Vec, bool) {
	flat := flatten(f, v)
	offs := flat.Offs[:f.n+1]
	if !vec.ASCII(flat.Heap[offs[0]:offs[f.n]]) {
		return vec.Vec{}, false
	}
	out := arena.Make[int32](f.arena, f.n+1)
	size := int32(0)
	for i := range f.n {
		n := int64(offs[i+1] - offs[i])
		out[i] = size
		size += int32(min(hi, n) - min(lo, min(hi, n)))
	}
	out[f.n] = size
	heap := f.arena.Alloc(int(size))
	for i := range f.n {
		from := int(offs[i]) + int(min(lo, int64(offs[i+1]-offs[i])))
		copy(heap[out[i]:out[i+1]], flat.Heap[from:])
	}
	return vec.FromBytes(t, out, heap, nil), true
}

// substringLength is substring with a length, which must not be negative.
func substringLength(_ *Env, args []types.Value) (types.Value, error) {
	if args[2].I < 0 {
		return args[0], dberr.New("22011", "negative substring length not allowed")
	}
	return textValue(substring(args[0].S, args[1].I, args[2].I)), nil
}

// leftText returns the first n characters; a negative n leaves out the last ones.
func leftText(s string, n int64) string {
	if n < 0 {
		n = max(int64(runeCount(s))+n, 0)
	}
	return s[:runeOffset(s, n)]
}

// rightText returns the last n characters; a negative n leaves out the first ones.
func rightText(s string, n int64) string {
	if n < 0 {
		return s[runeOffset(s, -n):]
	}
	return s[runeOffset(s, max(int64(runeCount(s))-n, 0)):]
}

// pad returns lpad or rpad.
func pad(left bool) textFunc {
	return func(_ *Env, dst []byte, args []types.Value) ([]byte, error) {
		fill := " "
		if len(args) > 2 {
			fill = args[2].S
		}
		s, n := args[0].S, max(args[1].I, 0)
		have := int64(runeCount(s))
		if have >= n || fill == "" {
			return append(dst, s[:runeOffset(s, n)]...), nil
		}
		missing := n - have
		if err := tooLarge(missing * 4); err != nil {
			return dst, err
		}
		if !left {
			dst = append(dst, s...)
		}
		unit := int64(runeCount(fill))
		if whole := int(missing / unit); whole > 64 {
			dst = append(dst, strings.Repeat(fill, whole)...)
		} else {
			for range whole {
				dst = append(dst, fill...)
			}
		}
		dst = append(dst, fill[:runeOffset(fill, missing%unit)]...)
		if left {
			dst = append(dst, s...)
		}
		return dst, nil
	}
}

// repeatText repeats a text.
func repeatText(_ *Env, args []types.Value) (types.Value, error) {
	n := max(args[1].I, 0)
	if err := tooLarge(n * int64(len(args[0].S))); err != nil {
		return args[0], err
	}
	return textValue(strings.Repeat(args[0].S, int(n))), nil
}

// translate replaces characters of from by those of to, or removes them.
func translate(s, from, to string) string {
	f, t := []rune(from), []rune(to)
	return strings.Map(func(r rune) rune {
		for i, x := range f {
			if x != r {
				continue
			}
			if i < len(t) {
				return t[i]
			}
			return -1
		}
		return r
	}, s)
}

// replace replaces a part of a text wherever it stands.
func replace(_ *Env, dst []byte, args []types.Value) ([]byte, error) {
	s, part, with := args[0].S, args[1].S, args[2].S
	for part != "" {
		i := strings.Index(s, part)
		if i < 0 {
			break
		}
		dst = append(append(dst, s[:i]...), with...)
		s = s[i+len(part):]
	}
	return append(dst, s...), nil
}

// splitPart returns a field; a negative number counts from the end.
func splitPart(_ *Env, dst []byte, args []types.Value) ([]byte, error) {
	s, sep, n := args[0].S, args[1].S, args[2].I
	if n == 0 {
		return dst, dberr.New(dberr.InvalidParameterValue, "field position must not be zero")
	}
	if n < 0 {
		n++
		if n += int64(countFields(s, sep)); n < 1 {
			return dst, nil
		}
	}
	for ; ; n-- {
		i := -1
		if sep != "" {
			i = strings.Index(s, sep)
		}
		switch {
		case n == 1 && i >= 0:
			return append(dst, s[:i]...), nil
		case n == 1:
			return append(dst, s...), nil
		case i < 0:
			return dst, nil
		}
		s = s[i+len(sep):]
	}
}

// countFields is how many fields a text has; without a separator it is one.
func countFields(s, sep string) int {
	if sep == "" {
		return 1
	}
	return strings.Count(s, sep) + 1
}

// prefixTest makes a function that reports whether a text begins with another.
func prefixTest(name string) *Function {
	return &Function{Name: name, Params: ids(types.Text, types.Text), Ret: types.Bool,
		eval: func(f *frame, _ *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
			w := f.words()
			clear(w)
			s, prefix := textRowsOf(f, &args[0]), textRowsOf(f, &args[1])
			for i := range f.n {
				if bytes.HasPrefix(s.at(i), prefix.at(i)) {
					w[i>>6] |= 1 << (uint(i) & 63)
				}
			}
			return f.bools(w, nil), nil
		}}
}

// overlay replaces part of a text.
func overlay(_ *Env, args []types.Value) (types.Value, error) {
	s, with, from := args[0].S, args[1].S, args[2].I
	n := int64(runeCount(with))
	if len(args) > 3 {
		n = args[3].I
	}
	if from <= 0 {
		return args[0], dberr.New("22011", "negative substring length not allowed")
	}
	return textValue(substring(s, 1, from-1) + with + substring(s, from+n, 1<<40)), nil
}

// registerTrims adds btrim, ltrim and rtrim.
func registerTrims() {
	both := func(s, set string) string { return strings.Trim(s, set) }
	for name, fn := range map[string]func(s, set string) string{"btrim": both, "trim": both, "ltrim": strings.TrimLeft, "rtrim": strings.TrimRight} {
		register(
			textOf(name, ids(types.Text), func(a []types.Value) string { return fn(a[0].S, " ") }),
			textOf(name, ids(types.Text, types.Text), func(a []types.Value) string {
				if a[1].S == "" {
					return a[0].S
				}
				return fn(a[0].S, a[1].S)
			}),
		)
	}
}
