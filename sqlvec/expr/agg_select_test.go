package expr

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSelectNth compares a selection with a sort, with many equal words and sorted runs.
func TestSelectNth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.SampledFrom([]uint64{0, 1, 5, 1000, 1<<64 - 1}).Draw(t, "most")
		n := rapid.SampledFrom([]int{1, 2, fewWords, fewWords + 1, 100, 3000}).Draw(t, "n")
		words := make([]uint64, n)
		seed := rapid.Uint64().Draw(t, "seed")
		for i := range words {
			seed = seed*6364136223846793005 + 1442695040888963407
			if words[i] = seed >> 7 * 3; most < 1<<64-1 {
				words[i] %= most + 1
			}
		}
		switch rapid.IntRange(0, 3).Draw(t, "order") {
		case 0:
			slices.Sort(words)
		case 1:
			slices.Sort(words)
			slices.Reverse(words)
		}
		sorted := slices.Clone(words)
		slices.Sort(sorted)
		k := rapid.IntRange(0, n-1).Draw(t, "k")
		selectNth(words, k)
		if words[k] != sorted[k] {
			t.Fatalf("word %d of %d is %d, want %d", k, n, words[k], sorted[k])
		}
		if k > 0 && slices.Max(words[:k]) > words[k] || slices.Min(words[k:]) < words[k] {
			t.Fatalf("word %d of %d does not part the others", k, n)
		}
		slices.Sort(words)
		if !slices.Equal(words, sorted) {
			t.Fatal("words were lost")
		}
	})
}
