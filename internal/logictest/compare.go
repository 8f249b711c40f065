package logictest

import (
	"crypto/md5"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// typeLetter is the letter of a type as PostgreSQL names it.
func typeLetter(name string) byte {
	if strings.HasSuffix(name, "[]") {
		return 'T'
	}
	base, _, _ := strings.Cut(name, "(")
	switch strings.TrimSpace(base) {
	case "smallint", "integer", "bigint":
		return 'I'
	case "numeric", "real", "double precision":
		return 'R'
	case "boolean":
		return 'B'
	}
	return 'T'
}

// checkTypes compares the letters of a query with what a result has.
func checkTypes(letters string, res *Result) error {
	if letters == "" {
		return nil
	}
	if len(letters) != len(res.Columns) {
		return fmt.Errorf("answered %d columns, want %d (%s)", len(res.Columns), len(letters), letters)
	}
	for i, name := range res.Types {
		if got := typeLetter(name); letters[i] != '?' && letters[i] != got {
			return fmt.Errorf("column %d (%s) is of type %s, want letter %c", i+1, res.Columns[i], name, letters[i])
		}
	}
	return nil
}

var valueEscapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// render writes every value of a result as files write it, in the order of the
// sort mode.
func render(res *Result, sort string) [][]string {
	rows := make([][]string, len(res.Rows))
	for i, row := range res.Rows {
		if len(row) == 0 {
			rows[i] = []string{"()"}
		} else {
			rows[i] = make([]string, len(row))
		}
		for j, v := range row {
			switch {
			case res.null(i, j):
				rows[i][j] = "NULL"
			case v == "":
				rows[i][j] = "(empty)"
			default:
				rows[i][j] = valueEscapes.Replace(v)
			}
		}
	}
	switch sort {
	case "rowsort":
		slices.SortFunc(rows, slices.Compare[[]string])
	case "valuesort":
		var all []string
		for _, row := range rows {
			all = append(all, row...)
		}
		slices.Sort(all)
		rows = rows[:0]
		for _, v := range all {
			rows = append(rows, []string{v})
		}
	}
	return rows
}

// flat returns the values in order.
func flat(rows [][]string) []string {
	var all []string
	for _, row := range rows {
		all = append(all, row...)
	}
	return all
}

// hashOf is the short form of an answer.
func hashOf(values []string) string {
	h := md5.New()
	for _, v := range values {
		h.Write([]byte(v + "\n"))
	}
	return fmt.Sprintf("%d values hashing to %x", len(values), h.Sum(nil))
}

// lines writes rows one per line; more values than threshold become a hash.
func lines(rows [][]string, threshold int) []string {
	if values := flat(rows); threshold > 0 && len(values) > threshold {
		return []string{hashOf(values)}
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = strings.Join(row, "\t")
	}
	return out
}

// compare checks an answer against the expected lines, which hold a hash, a row
// each, or a value each.
func compare(expected []string, rows [][]string, sort string) error {
	if len(expected) == 1 && strings.Contains(expected[0], " values hashing to ") {
		if got := hashOf(flat(rows)); got != expected[0] {
			return fmt.Errorf("answered %s, want %s", got, expected[0])
		}
		return nil
	}
	want := make([][]string, len(expected))
	for i, line := range expected {
		want[i] = strings.Split(line, "\t")
	}
	got := rows
	if valuePerLine(want, rows) {
		got = make([][]string, 0, len(want))
		for _, v := range flat(rows) {
			got = append(got, []string{v})
		}
	}
	if sort == "rowsort" && len(got) == len(rows) {
		slices.SortFunc(want, slices.Compare[[]string])
	}
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return fmt.Errorf("%d rows, want %d; the first missing is %s", len(got), len(want), show(want[i]))
		case i >= len(want):
			return fmt.Errorf("%d rows, want %d; the first too many is %s", len(got), len(want), show(got[i]))
		case !slices.Equal(got[i], want[i]):
			return fmt.Errorf("row %d is %s, want %s", i+1, show(got[i]), show(want[i]))
		}
	}
	return nil
}

// valuePerLine reports whether the expected lines hold one value each of rows
// with several.
func valuePerLine(want, rows [][]string) bool {
	if len(rows) == 0 || len(rows[0]) < 2 || len(want) != len(rows)*len(rows[0]) {
		return false
	}
	for _, w := range want {
		if len(w) > 1 {
			return false
		}
	}
	return true
}

func show(row []string) string { return strconv.Quote(strings.Join(row, "\t")) }
