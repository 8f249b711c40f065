package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// comparedRows is how many rows of a result are compared one by one; of larger results
// only the number is.
const comparedRows = 100

// answerOf runs a query and returns its rows as text, and how many there are.
func answerOf(ctx context.Context, s *sqlvec.Session, q string) (rows [][]string, n int64, err error) {
	err = s.Run(ctx, q, func(res *sqlvec.Result) error {
		return res.Each(func(b *vec.Batch) error {
			n += int64(b.Count())
			for i := 0; i < b.N && len(rows) < comparedRows; i++ {
				if b.Sel != nil && b.Sel[i>>6]>>(uint(i)&63)&1 == 0 {
					continue
				}
				var row []string
				for c := range b.Cols {
					row = append(row, textOf(b.Cols[c].Value(i)))
				}
				rows = append(rows, row)
			}
			return nil
		})
	})
	return rows, n, err
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

// sameAnswer compares our rows with a peer's, in any order. Numbers may differ in the last
// digits, where one system computes in floats.
func sameAnswer(ours [][]string, n int64, peer peerAnswer) error {
	if n != peer.Count {
		return fmt.Errorf("%d rows, the peer has %d", n, peer.Count)
	}
	if n > comparedRows {
		return nil
	}
	var theirs [][]string
	for _, r := range peer.Rows {
		var row []string
		for _, v := range r {
			row = append(row, peerText(v))
		}
		theirs = append(theirs, row)
	}
	byText := func(a, b []string) int { return slices.Compare(roundAll(a), roundAll(b)) }
	ours = slices.SortedFunc(slices.Values(ours), byText)
	slices.SortFunc(theirs, byText)
	for i, row := range ours {
		for c, x := range row {
			if c >= len(theirs[i]) || !sameValue(x, theirs[i][c]) {
				return fmt.Errorf("row %d is %v, the peer has %v", i+1, row, theirs[i])
			}
		}
	}
	return nil
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
