package expr

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// Functions of texts and numbers that DuckDB has and PostgreSQL has not; those of lists and simple ones are in fn_duck.go.

func init() {
	t, i, f := types.Text, types.Int64, types.Float64
	text := func(name string, fn func(string) (string, error)) {
		register(rowFn(name, ids(t), t, func(_ *Env, a []types.Value) (types.Value, error) {
			s, err := fn(a[0].S)
			return textValue(s), err
		}))
	}
	text("url_encode", func(s string) (string, error) { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), nil })
	text("url_decode", urlDecode)
	text("regexp_escape", func(s string) (string, error) { return regexpEscape(s), nil })
	text("strip_accents", func(s string) (string, error) { return stripAccents(s), nil })
	text("parse_filename", func(s string) (string, error) { return s[lastSeparator(s)+1:], nil })
	text("parse_dirpath", func(s string) (string, error) { return s[:max(lastSeparator(s), 0)], nil })
	text("parse_dirname", func(s string) (string, error) { return firstFolder(s), nil })
	for _, id := range []types.ID{t, types.Bytea} {
		register(
			rowFn("sha1", ids(id), t, func(_ *Env, a []types.Value) (types.Value, error) {
				sum := sha1.Sum([]byte(a[0].S))
				return textValue(hex.EncodeToString(sum[:])), nil
			}),
			rowFn("hex", ids(id), t, func(_ *Env, a []types.Value) (types.Value, error) {
				return textValue(strings.ToUpper(hex.EncodeToString([]byte(a[0].S)))), nil
			}))
	}
	similarity := func(name string, fn func(x, y []rune) (float64, error)) {
		register(rowFn(name, ids(t, t), f, func(_ *Env, a []types.Value) (types.Value, error) {
			r, err := fn([]rune(a[0].S), []rune(a[1].S))
			return types.FloatValue(types.T(f), r), err
		}))
	}
	similarity("jaccard", jaccard)
	similarity("jaro_similarity", jaro)
	similarity("jaro_winkler_similarity", jaroWinkler)
	register(
		rowFn("hex", ids(i), t, func(_ *Env, a []types.Value) (types.Value, error) {
			return textValue(strings.ToUpper(strconv.FormatUint(uint64(a[0].I), 16))), nil
		}),
		rowFn("to_base", ids(i, i), t, toBase), rowFn("to_base", ids(i, i, i), t, toBase),
		rowFn("format_bytes", ids(i), t, func(_ *Env, a []types.Value) (types.Value, error) { return textValue(formatBytes(a[0].I)), nil }),
		rowFn("hamming", ids(t, t), i, hamming),
		rowFn("damerau_levenshtein", ids(t, t), i, func(_ *Env, a []types.Value) (types.Value, error) {
			n, err := damerauLevenshtein([]rune(a[0].S), []rune(a[1].S))
			return types.IntValue(types.T(i), n), err
		}),
		rowFn("nextafter", ids(f, f), f, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.FloatValue(types.T(f), math.Nextafter(a[0].F, a[1].F)), nil
		}),
		mapFn2("$fmod", ids(f, f), f, floatRest),
		testFn("signbit", f, math.Signbit),
		testFn("isfinite", f, func(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) }),
		rowFn("gamma", ids(f), f, gamma),
		rowFn("lgamma", ids(f), f, lgamma),
	)
}

// floatRest is the remainder of a division, with the sign of the divisor.
func floatRest(a, b float64) float64 {
	r := math.Mod(a, b)
	if r*b < 0 {
		r += b
	}
	return r
}

func urlDecode(s string) (string, error) {
	out, err := url.PathUnescape(s)
	if err != nil {
		return "", dberr.New(dberr.InvalidParameterValue, "the text is no valid URL encoding").WithDetail("%v", err)
	}
	if !utf8.ValidString(out) || strings.Contains(out, "\x00") {
		return "", dberr.New(dberr.CharacterNotInRepertoire, "the decoded text is not valid UTF-8")
	}
	return out, nil
}

// regexpEscape puts a backslash before whatever may have a meaning in a pattern.
func regexpEscape(s string) string {
	var out strings.Builder
	for _, c := range s {
		if c < utf8.RuneSelf && c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			out.WriteByte('\\')
		}
		out.WriteRune(c)
	}
	return out.String()
}

func stripAccents(s string) string {
	return norm.NFC.String(strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Mn, c) {
			return -1
		}
		return c
	}, norm.NFD.String(s)))
}

// lastSeparator is where the last separator of a path is, -1 for none.
func lastSeparator(path string) int { return strings.LastIndexAny(path, `/\`) }

// firstFolder is what is before the first separator of a path, "" for a name alone.
func firstFolder(path string) string {
	i := strings.IndexAny(path, `/\`)
	switch {
	case i == 0:
		return path[:1]
	case i < 0:
		return ""
	}
	return path[:i]
}

// toBase writes a number to a base from 2 to 36, with zeros up to a length.
func toBase(_ *Env, a []types.Value) (types.Value, error) {
	n, base, width := a[0].I, a[1].I, int64(0)
	if len(a) > 2 {
		width = a[2].I
	}
	switch {
	case n < 0:
		return a[0], dberr.New(dberr.InvalidParameterValue, "to_base: the number must not be negative")
	case base < 2 || base > 36:
		return a[0], dberr.New(dberr.InvalidParameterValue, "to_base: the radix must be between 2 and 36")
	case width < 0 || width > 64:
		return a[0], dberr.New(dberr.InvalidParameterValue, "to_base: the minimum length must be between 0 and 64")
	}
	s := strings.ToUpper(strconv.FormatInt(n, int(base)))
	return textValue(strings.Repeat("0", max(0, int(width)-len(s))) + s), nil
}

// formatBytes writes a size in the unit that leaves few digits.
func formatBytes(n int64) string {
	sign, size := "", uint64(n)
	if n < 0 {
		sign, size = "-", -uint64(n)
	}
	if size == 1 {
		return sign + "1 byte"
	}
	if size < 1024 {
		return fmt.Sprintf("%s%d bytes", sign, size)
	}
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	unit, scale := 0, uint64(1024)
	for unit < len(units)-1 && size/scale >= 1024 {
		unit, scale = unit+1, scale*1024
	}
	whole, rest := size/scale, size%scale
	return fmt.Sprintf("%s%d.%d %s", sign, whole, rest/(scale/1024)*10/1024, units[unit])
}

// hamming counts the places in which texts of one length differ.
func hamming(_ *Env, a []types.Value) (types.Value, error) {
	x, y := []rune(a[0].S), []rune(a[1].S)
	switch {
	case len(x) != len(y):
		return a[0], dberr.New(dberr.InvalidParameterValue, "Mismatch Function: Strings must be of equal length!")
	case len(x) == 0:
		return a[0], dberr.New(dberr.InvalidParameterValue, "Mismatch Function: Strings must be of length > 0!")
	}
	n := int64(0)
	for i := range x {
		if x[i] != y[i] {
			n++
		}
	}
	return types.IntValue(types.T(types.Int64), n), nil
}

// damerauLevenshtein is the distance of two texts where an exchange of neighbours is one step, too.
func damerauLevenshtein(a, b []rune) (int64, error) {
	if int64(len(a))*int64(len(b)) > maxLevenshtein/16 {
		return 0, dberr.New(dberr.ProgramLimitExceeded, "damerau_levenshtein of texts that are too long")
	}
	far := len(a) + len(b)
	at := make([][]int, len(a)+2) // at[i+1][j+1] is the distance of a[:i] and b[:j]
	for i := range at {
		at[i] = make([]int, len(b)+2)
		at[i][0] = far
		if i > 0 {
			at[i][1] = i - 1
		}
	}
	for j := range at[0] {
		at[0][j] = far
		if j > 0 {
			at[1][j] = j - 1
		}
	}
	seen := map[rune]int{} // the last row with a character
	for i := 1; i <= len(a); i++ {
		column := 0 // the last column in this row with a[i-1]
		for j := 1; j <= len(b); j++ {
			row, cost := seen[b[j-1]], 1
			left := column
			if a[i-1] == b[j-1] {
				cost, column = 0, j
			}
			at[i+1][j+1] = min(at[i][j]+cost, at[i+1][j]+1, at[i][j+1]+1, at[row][left]+(i-row-1)+1+(j-left-1))
		}
		seen[a[i-1]] = i
	}
	return int64(at[len(a)+1][len(b)+1]), nil
}

// jaccard is how many of the characters that either text has both have.
func jaccard(x, y []rune) (float64, error) {
	if len(x) == 0 || len(y) == 0 {
		return 0, dberr.New(dberr.InvalidParameterValue, "Jaccard Function: An argument too short!")
	}
	in := map[rune]int{}
	for _, c := range x {
		in[c] |= 1
	}
	for _, c := range y {
		in[c] |= 2
	}
	both := 0
	for _, bits := range in {
		if bits == 3 {
			both++
		}
	}
	return float64(both) / float64(len(in)), nil
}

// jaro is the Jaro similarity of two texts.
func jaro(x, y []rune) (float64, error) {
	if int64(len(x))*int64(len(y)) > maxLevenshtein {
		return 0, dberr.New(dberr.ProgramLimitExceeded, "jaro_similarity of texts that are too long")
	}
	if len(x) == 0 || len(y) == 0 {
		if len(x) == len(y) {
			return 1, nil
		}
		return 0, nil
	}
	reach := max(0, max(len(x), len(y))/2-1)
	usedX, usedY := make([]bool, len(x)), make([]bool, len(y))
	matches := 0.0
	for i := range x {
		for j := max(0, i-reach); j < min(len(y), i+reach+1); j++ {
			if !usedY[j] && x[i] == y[j] {
				usedX[i], usedY[j] = true, true
				matches++
				break
			}
		}
	}
	if matches == 0 {
		return 0, nil
	}
	moved, j := 0, 0
	for i := range x {
		if !usedX[i] {
			continue
		}
		for !usedY[j] {
			j++
		}
		if x[i] != y[j] {
			moved++
		}
		j++
	}
	return (matches/float64(len(x)) + matches/float64(len(y)) + (matches-float64(moved/2))/matches) / 3, nil
}

// jaroWinkler is jaro with more weight on the first four characters, where texts are alike at all.
func jaroWinkler(x, y []rune) (float64, error) {
	s, err := jaro(x, y)
	if s <= 0.7 {
		return s, err
	}
	same := 0
	for same < min(4, len(x), len(y)) && x[same] == y[same] {
		same++
	}
	return s + float64(same)*0.1*(1-s), err
}

func gamma(_ *Env, a []types.Value) (types.Value, error) {
	if a[0].F == 0 {
		return a[0], dberr.New(dberr.NumericValueOutOfRange, "cannot take gamma of zero")
	}
	return types.FloatValue(types.T(types.Float64), math.Gamma(a[0].F)), nil
}

func lgamma(_ *Env, a []types.Value) (types.Value, error) {
	if a[0].F == 0 {
		return a[0], dberr.New(dberr.NumericValueOutOfRange, "cannot take log gamma of zero")
	}
	x, _ := math.Lgamma(a[0].F)
	return types.FloatValue(types.T(types.Float64), x), nil
}
