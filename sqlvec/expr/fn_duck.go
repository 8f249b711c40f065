package expr

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/edits"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Functions of texts and lists that DuckDB has and PostgreSQL has not. Lists are arrays.

func init() {
	t, b, i := types.Text, types.Bool, types.Int64
	texts := types.ArrayOf(t)
	test := func(name string, fn func(s, part []byte) bool) *Function {
		return &Function{Name: name, Params: ids(t, t), Ret: b, eval: textTest(fn), costly: true}
	}
	register(
		test("contains", bytes.Contains), test("prefix", bytes.HasPrefix), test("suffix", bytes.HasSuffix), test("ends_with", bytes.HasSuffix),
		&Function{Name: "instr", Params: ids(t, t), Ret: i, eval: textPositions[int64], costly: true},
		rowFn("len", ids(t), i, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(types.T(i), int64(utf8.RuneCountInString(a[0].S))), nil
		}),
		rowFn("levenshtein", ids(t, t), i, func(_ *Env, a []types.Value) (types.Value, error) {
			n, err := levenshtein([]rune(a[0].S), []rune(a[1].S))
			return types.IntValue(types.T(i), n), err
		}),
		rowFn("regexp_full_match", ids(t, t), b, func(env *Env, a []types.Value) (types.Value, error) {
			re, err := compileRE2(`\A(?:` + a[1].S + `)\z`)
			if err != nil {
				return a[0], err
			}
			ok, err := re.matches(env, a[0].S)
			return types.BoolValue(ok), err
		}),
		rowFn("regexp_extract", ids(t, t), t, regexpExtract), rowFn("regexp_extract", ids(t, t, types.Int32), t, regexpExtract),
		rowFn("regexp_extract_all", ids(t, t), texts, regexpExtractAll), rowFn("regexp_extract_all", ids(t, t, types.Int32), texts, regexpExtractAll),
	)
	for _, name := range []string{"string_split", "str_split", "split"} {
		register(&Function{Name: name, Params: ids(t, t), Ret: texts, row: splitText, text: func(env *Env, dst []byte, a []types.Value) ([]byte, error) {
			return appendSplit(env, dst, a[0].S, a[1].S, nil)
		}})
	}
	like := func(args []types.Type) types.Type { return args[0] }
	for name, fn := range map[string]func([]types.Value) []types.Value{
		"list_sort": sortedBy(1), "array_sort": sortedBy(1), "list_reverse_sort": sortedBy(-1), "list_distinct": distinctValues, "array_distinct": distinctValues,
		"list_reverse": reversedValues, "array_reverse": reversedValues,
	} {
		register(&Function{Name: name, Params: ids(anyArray), returns: like, eval: typedRow(func(typ types.Type, a []types.Value) (types.Value, error) {
			list, err := a[0].Array()
			if err != nil || len(list.Dims) > 1 {
				return a[0], errOr(err, name)
			}
			return types.List(fn(list.Elems)).Value(typ)
		})})
	}
	for _, name := range []string{"list_contains", "list_has", "array_contains", "array_has"} {
		register(&Function{Name: name, Params: ids(likeArray, likeElement), Ret: b, eval: listContains})
	}
	for _, name := range []string{"len", "list_length", "array_length"} {
		register(&Function{Name: name, Params: ids(anyArray), Ret: i, eval: func(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
			return arrayLengths[int64](f, c, args, rows, func(length, _ int) int { return length })
		}})
	}
}

// errOr is err, or the error of a list of lists.
func errOr(err error, name string) error {
	if err != nil {
		return err
	}
	return dberr.Newf(dberr.FeatureNotSupported, "%s of an array of several dimensions is not supported", name)
}

// textList returns texts as an array.
func textList(list []string) (types.Value, error) {
	elems := make([]types.Value, len(list))
	for i, s := range list {
		elems[i] = textValue(s)
	}
	return types.List(elems).Value(types.T(types.Text).Array())
}

// sortedBy makes a function that sorts values, NULLs last.
func sortedBy(sign int) func([]types.Value) []types.Value {
	return func(v []types.Value) []types.Value {
		v = slices.Clone(v)
		slices.SortStableFunc(v, func(a, b types.Value) int {
			switch {
			case a.Valid && b.Valid:
				return sign * types.Compare(a, b)
			case a.Valid:
				return -1
			case b.Valid:
				return 1
			}
			return 0
		})
		return v
	}
}

// distinctValues leaves out NULLs, and of equal values all but the first.
func distinctValues(v []types.Value) []types.Value {
	order := make([]int, 0, len(v))
	for i := range v {
		if v[i].Valid {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return types.Compare(v[a], v[b]) })
	order = slices.CompactFunc(order, func(a, b int) bool { return types.Compare(v[a], v[b]) == 0 })
	slices.Sort(order)
	out := make([]types.Value, len(order))
	for i, k := range order {
		out[i] = v[k]
	}
	return out
}

func reversedValues(v []types.Value) []types.Value {
	v = slices.Clone(v)
	slices.Reverse(v)
	return v
}

// maxLevenshtein bounds the product of the lengths of what levenshtein compares.
const maxLevenshtein = 1 << 28

// levenshtein returns how many characters must be inserted, removed or replaced to turn a into b.
func levenshtein(a, b []rune) (int64, error) {
	if int64(len(a))*int64(len(b)) > maxLevenshtein {
		return 0, dberr.New(dberr.ProgramLimitExceeded, "levenshtein of texts that are too long")
	}
	return int64(edits.Distance(a, b)), nil
}

// groupNumber is the third argument of regexp_extract, 0 when it is not there.
func groupNumber(a []types.Value, groups int) (int, error) {
	if len(a) < 3 {
		return 0, nil
	}
	if a[2].I < 0 || a[2].I > int64(groups) {
		return 0, dberr.Newf(dberr.InvalidParameterValue, "the pattern has no group %d", a[2].I).WithHint("It has %d groups; group 0 is all of a match.", groups)
	}
	return int(a[2].I), nil
}

// regexpExtract returns the first match, or a group of it; an empty text without one.
func regexpExtract(env *Env, a []types.Value) (types.Value, error) {
	re, err := compileRE2(a[1].S)
	if err != nil {
		return a[0], err
	}
	k, err := groupNumber(a, re.NumSubexp())
	if err != nil {
		return a[0], err
	}
	m, err := re.first(env, a[0].S)
	if m == nil || err != nil {
		return textValue(""), err
	}
	if m[2*k] < 0 {
		return textValue(""), nil
	}
	return textValue(a[0].S[m[2*k]:m[2*k+1]]), nil
}

// regexpExtractAll returns all matches, or a group of each.
func regexpExtractAll(env *Env, a []types.Value) (types.Value, error) {
	re, err := compileRE2(a[1].S)
	if err != nil {
		return a[0], err
	}
	k, err := groupNumber(a, re.NumSubexp())
	if err != nil {
		return a[0], err
	}
	found, err := re.all(env, a[0].S, -1)
	if err != nil {
		return a[0], err
	}
	var list []string
	for _, m := range found {
		list = append(list, groupTexts(a[0].S, m)[k])
	}
	return textList(list)
}
