package expr

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// TestLongSearches compares searches that can be ended with those of package regexp.
func TestLongSearches(t *testing.T) {
	defer func(n int) { longText = n }(longText)
	env := &Env{Ctx: t.Context()}
	patterns := []string{"a", "b+", "[ab]c?", "(a|ab)(c|bcd)?", "x*", "^a", "a$", "\\yab", "(?:a|é)+", "[^a]", "(a)|(b)", ".", "a.*?c", "\\mab", "(?n)^b", "ab|a", "(a*)(b*)c", "é"}
	rapid.Check(t, func(rt *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "ab", "é", "\n", " ", "日本", "aab"}), 0, 30).Draw(rt, "text"), "")
		re, err := compileRegex(rapid.SampledFrom(patterns).Draw(rt, "pattern"), "")
		if err != nil {
			rt.Fatal(err)
		}
		limit := rapid.IntRange(-1, 3).Draw(rt, "limit")
		longText = 1 << 20
		first, err1 := re.first(env, s)
		all, err2 := re.all(env, s, limit)
		found, err3 := re.matches(env, s)
		longText = 0
		first2, err4 := re.first(env, s)
		all2, err5 := re.all(env, s, limit)
		found2, err6 := re.matches(env, s)
		for _, err := range []error{err1, err2, err3, err4, err5, err6} {
			if err != nil {
				rt.Fatal(err)
			}
		}
		if !reflect.DeepEqual(first, first2) || len(all)+len(all2) > 0 && !reflect.DeepEqual(all, all2) || found != found2 {
			rt.Fatalf("%q in %q, %d: %v and %v, %v and %v, %v and %v", re.String(), s, limit, first, first2, all, all2, found, found2)
		}
	})
}

// TestFunctionsEnd has functions of a long text end when the statement is to end.
func TestFunctionsEnd(t *testing.T) {
	long := types.BytesValue(types.T(types.Text), strings.Repeat("abé", 20<<20))
	for _, c := range []struct {
		name string
		args []string
	}{
		{"regexp_replace", []string{"b", "xyz", "g"}}, {"regexp_count", []string{"[ab]"}}, {"~", []string{"(a|ab|b)*c"}}, {"regexp_split_to_array", []string{"b"}},
		{"regexp_extract_all", []string{"a."}}, {"regexp_match", []string{"(ab|é)+x"}},
	} {
		var args []Expr
		for i := range c.args {
			args = append(args, &Const{Value: types.BytesValue(types.T(types.Text), c.args[i])})
		}
		call, err := NewCall(0, c.name, append([]Expr{&Const{Value: long}}, args...))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		start := time.Now()
		_, err = EvalConst(call, &Env{Ctx: ctx})
		if took := time.Since(start); dberr.CodeOf(err) != dberr.QueryCanceled || took > 5*time.Second {
			t.Errorf("%s ends with %v after %v", c.name, err, took)
		}
		cancel()
	}
}

// TestReferencesEnd has a search for a division of a text, of which there are too many to try, end with its statement.
func TestReferencesEnd(t *testing.T) {
	const pattern = `^(a*)(a*)(a*)(a*)(a*)\1\2\3\4\5b$`
	s := strings.Repeat("a", 299) + "b"
	re, err := compileRegex(pattern, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	env := &Env{Ctx: ctx}
	if _, err := re.matches(env, s); err == nil {
		t.Error("matches: no error")
	}
	if _, err := re.first(env, s); err == nil {
		t.Error("first: no error")
	}
	if _, err := findAll(env, re, s, 0, -1); err == nil {
		t.Error("findAll: no error")
	}
}

// TestReferencesMultiply has patterns whose references to references would grow without bounds.
func TestReferencesMultiply(t *testing.T) {
	growing := "(a)"
	for i := 1; i < 40; i++ {
		growing += `(\` + strconv.Itoa(i) + `\` + strconv.Itoa(i) + `)`
	}
	for _, pattern := range []string{growing, `(a{255})(\1{255})(\2{255})(\3{255})\4`} {
		var e *dberr.Error
		if _, err := compileRegex(pattern, ""); !errors.As(err, &e) || e.Code != dberr.InvalidRegularExpression {
			t.Errorf("%.40s: %v", pattern, err)
		}
	}
}
