package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// answerOf runs a query and returns its rows as text.
func answerOf(ctx context.Context, s *sqlvec.Session, q string) (rows [][]string, err error) {
	err = s.Run(ctx, q, func(res *sqlvec.Result) error {
		return res.Each(func(b *vec.Batch) error {
			for i := range b.N {
				if b.Sel != nil && b.Sel[i>>6]>>(uint(i)&63)&1 == 0 {
					continue
				}
				row := make([]string, len(b.Cols))
				for c := range b.Cols {
					row[c] = textOf(b.Cols[c].Value(i))
				}
				rows = append(rows, row)
			}
			return nil
		})
	})
	return rows, err
}

// textOf returns a value as text, NULL as "NULL".
func textOf(v types.Value) string {
	if !v.Valid {
		return "NULL"
	}
	return types.Format(v)
}

// peerText returns a value of a peer as text.
func peerText(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(v)
}

// sameAnswer compares all our rows with a peer's. Rows that are not equal place by place are
// compared as sets: queries without an order, or with ties in it, may give them in any. Numbers
// may differ in the last digits, where one system computes in floats.
func sameAnswer(ours [][]string, peer peerAnswer) error {
	if int64(len(ours)) != peer.Count {
		return fmt.Errorf("%d rows, the peer has %d", len(ours), peer.Count)
	}
	theirs := make([][]string, len(peer.Rows))
	for i, r := range peer.Rows {
		for _, v := range r {
			theirs[i] = append(theirs[i], peerText(v))
		}
	}
	if _, differ := firstDifference(ours, theirs); !differ {
		return nil
	}
	ours, theirs = sortedByText(ours), sortedByText(theirs)
	if i, differ := firstDifference(ours, theirs); differ {
		return fmt.Errorf("row %d is %v, the peer has %v", i+1, ours[i], theirs[i])
	}
	return nil
}

// firstDifference returns the first row that two answers of equal length do not share.
func firstDifference(a, b [][]string) (row int, differ bool) {
	for i := range a {
		if !slices.EqualFunc(a[i], b[i], sameValue) {
			return i, true
		}
	}
	return 0, false
}

// sortedByText returns rows in the order of their texts, with numbers rounded.
func sortedByText(rows [][]string) [][]string {
	type keyed struct{ key, row []string }
	list := make([]keyed, len(rows))
	for i, r := range rows {
		list[i] = keyed{roundAll(r), r}
	}
	slices.SortStableFunc(list, func(a, b keyed) int { return slices.Compare(a.key, b.key) })
	out := make([][]string, len(rows))
	for i, k := range list {
		out[i] = k.row
	}
	return out
}

// roundAll returns a row with its numbers rounded, to sort by.
func roundAll(row []string) []string {
	out := make([]string, len(row))
	for i, s := range row {
		out[i] = s
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			out[i] = strconv.FormatFloat(f, 'e', 6, 64)
		}
	}
	return out
}

// sameValue compares two values as text, or as numbers up to rounding.
func sameValue(a, b string) bool {
	if a == b {
		return true
	}
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	if err != nil || err2 != nil {
		return false
	}
	return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y), 1e-3)
}

// csvAnswer reads what DuckDB's command prints as CSV: a header and rows.
func csvAnswer(out []byte) (a peerAnswer, err error) {
	records, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(records) == 0 {
		return a, fmt.Errorf("%w in the peer's answer %q", cmp.Or(err, io.ErrUnexpectedEOF), out)
	}
	for _, record := range records[1:] {
		row := make([]any, len(record))
		for i, v := range record {
			row[i] = v
		}
		a.Rows = append(a.Rows, row)
	}
	a.Count = int64(len(a.Rows))
	return a, nil
}

// sameOutput compares two outputs as CSV, but for their first lines.
func sameOutput(ours, theirs []byte) error {
	a, err := csvAnswer(ours)
	if err != nil {
		return err
	}
	b, err := csvAnswer(theirs)
	if err != nil {
		return err
	}
	rows := make([][]string, len(a.Rows))
	for i, row := range a.Rows {
		for _, v := range row {
			rows[i] = append(rows[i], peerText(v))
		}
	}
	return sameAnswer(rows, b)
}
