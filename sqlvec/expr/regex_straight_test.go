package expr

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestStraightRegex compares the matches of sequences with those of package regexp, which finds
// the first choice and the longest match.
func TestStraightRegex(t *testing.T) {
	atoms := []string{"a", "b", "ab", "/", "[^/]", "[ab]", ".", "é", "[^a]", "[é-ü]", "(?s:.)", "[[:alpha:]]"}
	taken, both := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var p strings.Builder
		p.WriteString("^")
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			atom := rapid.SampledFrom(atoms).Draw(t, "atom")
			if len([]rune(atom)) == 2 {
				atom = "(?:" + atom + ")"
			}
			atom += rapid.SampledFrom([]string{"", "", "?", "*", "+"}).Draw(t, "times")
			if rapid.IntRange(0, 2).Draw(t, "group") == 0 {
				atom = "(" + atom + ")"
			}
			p.WriteString(atom)
		}
		if rapid.Bool().Draw(t, "end") {
			p.WriteString("$")
		}
		s := newStraightRegex(p.String())
		if s == nil {
			return
		}
		taken++
		for _, step := range s.steps {
			if step.both {
				both++
			}
		}
		re, longest := regexp.MustCompile(p.String()), regexp.MustCompile(p.String())
		longest.Longest()
		for range 20 {
			text := rapid.StringOfN(rapid.SampledFrom([]rune("aab/\né€")), 0, 8, -1).Draw(t, "text")
			got, want := s.find(text), re.FindStringSubmatchIndex(text)
			if !slices.Equal(got, want) || !slices.Equal(got, longest.FindStringSubmatchIndex(text)) {
				t.Fatalf("%s in %q: %v, want %v", &p, text, got, want)
			}
		}
	})
	if !testing.Short() && (taken == 0 || both == 0) { // 20 expressions may have none
		t.Errorf("%d expressions were sequences, with %d parts tried both ways", taken, both)
	}
	if newStraightRegex(`^https?://(?:www\.)?([^/]+)/.*$`) == nil {
		t.Error("an address is not a sequence")
	}
}
