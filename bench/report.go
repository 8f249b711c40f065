package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Report is the outcome of one run on one machine.
type Report struct {
	Date     string
	Machine  string   // processor, cores, memory, kernel, file system
	Versions []string // ours and the peers'
	Command  string   // what makes the same run
	Rows     []Row
	Plots    []string // files that were drawn
	Failed   []string // figures that could not be measured, or whose answers differ
}

// WriteMarkdown writes the report as tables, a workload each.
func (r *Report) WriteMarkdown(w io.Writer) error {
	fmt.Fprintf(w, "Date: %s  \nMachine: %s  \nCommand: `%s`\n\n", r.Date, r.Machine, r.Command)
	for _, v := range r.Versions {
		fmt.Fprintf(w, "- %s\n", v)
	}
	for _, f := range r.Failed {
		fmt.Fprintf(w, "- FAILED: %s\n", f)
	}
	r.writeStandings(w)
	for _, p := range r.Plots {
		fmt.Fprintf(w, "\n![](%s)\n", p)
	}
	last := ""
	for _, row := range r.Rows {
		if row.Workload != last {
			last = row.Workload
			fmt.Fprintf(w, "\n### %s\n\n| figure | unit | DriftDB | peer | ratio | better | note |\n|---|---|---|---|---|---|---|\n", last)
		}
		ratio, peer, better := "–", "–", "less"
		if len(row.Peer) > 0 {
			if !row.NoRatio {
				ratio = fmt.Sprintf("%.2f", row.Ratio())
			}
			peer = row.PeerName + " " + row.Peer.format()
		}
		if row.More {
			better = "more"
		}
		if _, err := fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", row.Name, row.Unit, row.Ours.format(), peer, ratio, better, row.Note); err != nil {
			return err
		}
	}
	return nil
}

// writeStandings writes how the ratios stand against the targets.
func (r *Report) writeStandings(w io.Writer) {
	list := r.Standings()
	if len(list) == 0 {
		return
	}
	fmt.Fprint(w, "\n### Against DuckDB\n\nTime of DriftDB / time of DuckDB: the geometric mean of each area, its goal, and what is above the floor.\n\n"+
		"| area | figures | mean | goal | floor | above the floor |\n|---|---|---|---|---|---|\n")
	for _, s := range list {
		above := "none"
		if len(s.Above) > 0 {
			above = strings.Join(s.Above, "; ")
		}
		fmt.Fprintf(w, "| %s | %d | %.2f | %.2f | %.2f | %s |\n", s.Area, s.Figures, s.Mean, s.Goal, s.Floor, above)
	}
}

// WriteJSON writes the report with every single measurement.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}
