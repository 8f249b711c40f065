package expr

import (
	"testing"
	"unsafe"

	"driftdb/internal/types"
)

// TestTextsOfCallsAreNotKept changes texts that functions were called with, as the memory of a batch
// changes, and looks at what they have made of them.
func TestTextsOfCallsAreNotKept(t *testing.T) {
	changing := func(s string) (text string, change func()) {
		b := []byte(s)
		return unsafe.String(&b[0], len(b)), func() {
			for i := range b {
				b[i] = 'x'
			}
		}
	}
	text, change := changing("$.kept.text[*].of.calls")
	path, err := parsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	change()
	if again, err := parsePath("$.kept.text[*].of.calls"); err != nil || again != path {
		t.Errorf("the path is not found again: %v", err)
	}
	text, change = changing("europe/lisbon")
	zone, err := types.LoadZone(text, false)
	if err != nil {
		t.Fatal(err)
	}
	change()
	if again, err := types.LoadZone("europe/lisbon", false); err != nil || again != zone {
		t.Errorf("the zone is not found again: %v", err)
	}
	text, change = changing("^kept text of calls$")
	re, err := compileRE2(text)
	if err != nil {
		t.Fatal(err)
	}
	change()
	if !re.MatchString("kept text of calls") || re.String() != "^kept text of calls$" {
		t.Errorf("the expression is now %s", re)
	}
}
