// Package edits tells how alike two texts are.
package edits

import "strings"

// Distance returns the least number of elements that are put in, taken out or replaced to
// make b of a: the Levenshtein distance. It takes len(a) × len(b) steps.
func Distance[T comparable](a, b []T) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// Names returns the distance of two names, without regard to case.
func Names(a, b string) int { return Distance([]rune(strings.ToLower(a)), []rune(strings.ToLower(b))) }
