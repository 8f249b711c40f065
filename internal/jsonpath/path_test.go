package jsonpath

import (
	"testing"

	"driftdb/internal/types"
)

// docs are what the fuzzed paths are evaluated on.
var docs = []string{`{"a": [{"b": 1, "c": "x"}, {"b": [2, 3]}], "d": {"e": [1.5, -2, null, true]}}`, `[1, "2024-02-29", [2, [3]], {}]`, `"12:34:56+3"`, `7`}

// FuzzPath parses a text, prints the path, which must read back as the same, and evaluates it.
func FuzzPath(f *testing.F) {
	for _, s := range []string{
		`$.a[*] ? (@.b > 1 && exists (@.c)).c`, `strict $.**{1 to last}.b + -(1)`, `$[0, last - 1 to $.size()].type()`,
		`$[*].datetime() ? (@ < "2025-01-01".datetime("YYYY-MM-DD"))`, `($.a.b == $x) is unknown || !($ starts with "a")`,
		`$ ? (@ like_regex "^a.*$" flag "is").keyvalue().value`, `"\u00e9\x41\u{1F600}" == $"v w"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		p, err := Parse(text)
		if err != nil {
			return
		}
		once := p.String()
		q, err := Parse(once)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, once, err)
		}
		if twice := q.String(); twice != once {
			t.Fatalf("%q prints as %q, and that as %q", text, once, twice)
		}
		for _, doc := range docs {
			tree, err := types.ParseJSON(doc)
			if err != nil {
				t.Fatal(err)
			}
			same := func(p *Path) (out string, code string) {
				n := 0
				err := p.Query(tree, Options{Vars: types.JSONTree{Kind: '{'}, Template: func(string, string) (Moment, error) { return Moment{Date: true}, nil }}, func(it Item) bool {
					part := it.Tree()
					out += string(part.Append(nil)) + "\n"
					n++
					return n < 1000
				})
				if err != nil {
					code = err.Error()
				}
				return out, code
			}
			a, e := same(p)
			if b, f := same(q); a != b || e != f {
				t.Fatalf("%q on %s finds\n%s%s\n%q finds\n%s%s", text, doc, a, e, once, b, f)
			}
		}
	})
}
