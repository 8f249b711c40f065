package automaton

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// drawPattern draws an expression of a few characters.
func drawPattern(t *rapid.T, depth int) string {
	atoms := []string{"a", "b", "ab", "abc", "é", "[ab]", "[^a]", "[à-ü]", ".", "(?s:.)", "^", "$", `\A`, `\z`, "(?i:k)", "(?i:aß)", `\d`, "(?:)", "[^\\x00-\\x{10FFFF}]", "\n"}
	if depth == 0 {
		return rapid.SampledFrom(atoms).Draw(t, "atom")
	}
	sub := func() string { return drawPattern(t, depth-1) }
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return sub() + sub()
	case 1:
		return "(?:" + sub() + "|" + sub() + ")"
	case 2:
		return "(" + sub() + ")" + rapid.SampledFrom([]string{"*", "+", "?", "*?", "{2,3}"}).Draw(t, "repeat")
	case 3:
		return sub() + sub() + sub()
	}
	return sub()
}

// TestAgainstRegexp compares with package regexp.
func TestAgainstRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := drawPattern(t, rapid.IntRange(0, 4).Draw(t, "depth"))
		re, err := regexp.Compile(pattern)
		if err != nil {
			t.Skip()
		}
		p := New(pattern)
		if p == nil {
			t.Fatalf("no program of %q", pattern)
		}
		for range 5 {
			s := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "é", "K", "k", "\u212a", "7", "\n", "ß", "abc"}), 0, 8).Draw(t, "s"), "")
			m := p.Matcher()
			found, ok := m.Match(s)
			p.Release(m)
			if want := re.MatchString(s); !ok || found != want {
				t.Fatalf("%q in %q: %t, %t; want %t", pattern, s, found, ok, want)
			}
		}
	})
}

// TestConstraints gives up those that look at characters about them.
func TestConstraints(t *testing.T) {
	for _, pattern := range []string{`\bword`, "(?m)^line", "(?m)line$", `a\Bb`, "("} {
		if New(pattern) != nil {
			t.Errorf("a program of %q", pattern)
		}
	}
}

// TestTooManyStates has an expression whose automaton needs a state for every way in which the last
// twenty characters may be a or b.
func TestTooManyStates(t *testing.T) {
	p := New("a[ab]{20}c")
	m := p.Matcher()
	var b strings.Builder
	for x, i := uint64(1), 0; i < 1<<20; i++ {
		x = x*6364136223846793005 + 1442695040888963407
		b.WriteByte("ab"[x>>63])
	}
	if found, ok := m.Match(b.String()); found || ok {
		t.Fatalf("%t, %t", found, ok)
	}
	if p.Matcher() != nil {
		t.Fatal("a matcher where one had too many states")
	}
}

func BenchmarkMatch(b *testing.B) {
	const s = "http://www.site17.example/section-3/page?id=12345"
	for name, pattern := range map[string]string{"prefix": `site[0-9]\.example`, "none": `[0-9]{6}`, "end": `id=\d+$`} {
		p, re := New(pattern), regexp.MustCompile(pattern)
		b.Run(name, func(b *testing.B) {
			m := p.Matcher()
			for b.Loop() {
				m.Match(s)
			}
		})
		b.Run(name+"/regexp", func(b *testing.B) {
			for b.Loop() {
				re.MatchString(s)
			}
		})
	}
}

// TestEnds compares the ends of matches with what package regexp says of every piece of a text.
func TestEnds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pattern := drawPattern(rt, 3)
		tree, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			rt.Skip()
		}
		prog, err := syntax.Compile(tree.Simplify())
		if err != nil {
			rt.Skip()
		}
		p := NewEnds(prog)
		if p == nil {
			rt.Skip()
		}
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "ä", "\n"}), 0, 8).Draw(rt, "text"), "")
		from := rapid.IntRange(0, len(s)).Draw(rt, "from")
		if from < len(s) && !utf8.RuneStart(s[from]) {
			rt.Skip()
		}
		m := p.Matcher()
		defer p.Release(m)
		set, ok := m.Ends(s, from, nil)
		if !ok {
			rt.Skip()
		}
		for to := from; to <= len(s); to++ {
			got := (to-from)>>6 < len(set) && set[(to-from)>>6]>>(uint(to-from)&63)&1 != 0
			want := (to == len(s) || utf8.RuneStart(s[to])) &&
				regexp.MustCompile(`\A(?s:.{`+strconv.Itoa(utf8.RuneCountInString(s[:from]))+`})(?:`+pattern+`)(?s:.{`+strconv.Itoa(utf8.RuneCountInString(s[to:]))+`})\z`).MatchString(s)
			if got != want {
				rt.Fatalf("%q in %q from %d to %d: %v, want %v", pattern, s, from, to, got, want)
			}
		}
	})
}
