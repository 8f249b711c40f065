package bench

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestRunWithoutPeers runs the workloads that need no other program, on few rows, and reads
// the report.
func TestRunWithoutPeers(t *testing.T) {
	report, err := Run(context.Background(), Options{
		Workloads: []string{"commits", "points", "history"}, Dir: t.TempDir(),
		Rows: 5000, Repeats: 1, Duration: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := report.WriteMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"### Durable commits", "64 writers", "### One row by its primary key", "GROUP BY, 100 groups",
		"join of the table with itself", "sum, after 99 % of the changes, the same point again", "bytes on disk"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report has no %q", want)
		}
	}
	for _, row := range report.Rows {
		if len(row.Ours) == 0 || row.Ours.Median() < 0 {
			t.Errorf("%s was not measured", row.Name)
		}
	}
}

func TestAnswersAreCompared(t *testing.T) {
	ours := [][]string{{"2", "b"}, {"1.50", "NULL"}}
	for _, c := range []struct {
		peer string
		same bool
	}{
		{`{"ok":true,"count":2,"rows":[[1.5,null],[2,"b"]]}`, true},
		{`{"ok":true,"count":2,"rows":[[1.5000000000001,null],[2.0,"b"]]}`, true},
		{`{"ok":true,"count":2,"rows":[[1.51,null],[2,"b"]]}`, false},
		{`{"ok":true,"count":2,"rows":[[1.5,"x"],[2,"b"]]}`, false},
		{`{"ok":true,"count":3,"rows":[[1.5,null],[2,"b"],[3,"c"]]}`, false},
	} {
		a, err := decodeAnswer([]byte(c.peer))
		if err != nil {
			t.Fatal(err)
		}
		if err := sameAnswer(ours, 2, a); (err == nil) != c.same {
			t.Errorf("%s: %v", c.peer, err)
		}
	}
}
