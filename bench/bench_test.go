package bench

import (
	"context"
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// TestRunWithoutPeers runs the workloads that need no other program, on few rows, and reads
// the report.
func TestRunWithoutPeers(t *testing.T) {
	report, err := Run(context.Background(), Options{
		Workloads: []string{"commits", "points", "history", "maintenance", "h2o", "growth"}, Dir: t.TempDir(),
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
		"join of the table with itself", "sum, after 99 % of the changes, the same point again", "bytes on disk", "group 10", "join 5", "How the cost grows",
		"open after a crash, a tail of 500 events", "checkpoint of a tail of 500 rows", "vacuum after updates", "bytes on disk after it"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report has no %q", want)
		}
	}
	for _, row := range report.Rows {
		if len(row.Ours) == 0 || row.Ours.Median() < 0 && row.Workload != growthTitle {
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
		if err := sameAnswer(ours, a); (err == nil) != c.same {
			t.Errorf("%s: %v", c.peer, err)
		}
	}
}

func TestSlope(t *testing.T) {
	for _, c := range []struct {
		points []point
		want   float64
	}{
		{[]point{{100, 1}, {1000, 10}, {10000, 100}}, 1},
		{[]point{{100, 1}, {1000, 100}}, 2},
		{[]point{{100, 5}, {1000, 5}, {10000, 5}}, 0},
		{[]point{{100, 5}}, 0},
	} {
		if got := slope(c.points); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("slope of %v is %v, want %v", c.points, got, c.want)
		}
	}
}

func TestStandings(t *testing.T) {
	r := Report{Rows: []Row{
		{Area: areaJoin, Name: "a", Ours: Sample{1}, Peer: Sample{4}}, {Area: areaJoin, Name: "b", Ours: Sample{4}, Peer: Sample{1}},
		{Area: areaJoin, Name: "c", Ours: Sample{1}}, {Name: "d", Ours: Sample{1}, Peer: Sample{1}},
	}}
	got := r.Standings()
	if len(got) != 1 || got[0].Figures != 2 || math.Abs(got[0].Mean-1) > 1e-9 || len(got[0].Above) != 1 || !strings.HasPrefix(got[0].Above[0], "b (4") {
		t.Errorf("standings are %+v", got)
	}
}

// TestPlot draws ratios and reads the drawing as XML.
func TestPlot(t *testing.T) {
	r := Report{Rows: []Row{
		{Workload: "Joins & more", Name: "a < b", Ours: Sample{1}, Peer: Sample{8}, PeerName: "DuckDB"},
		{Workload: "Joins & more", Name: "c", Ours: Sample{3}, Peer: Sample{1}, PeerName: "DuckDB"},
		{Workload: "alone", Name: "d", Ours: Sample{3}},
	}}
	var out strings.Builder
	if ok, err := r.WritePlot(&out, "Joins & more"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	rects := 0
	for d := xml.NewDecoder(strings.NewReader(out.String())); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			rects++
		}
	}
	if rects != 2 {
		t.Errorf("%d bars, want 2", rects)
	}
	if ok, err := r.WritePlot(&out, "alone"); ok || err != nil {
		t.Error("a workload without a peer was drawn")
	}
}
