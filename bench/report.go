package bench

import (
	"encoding/json"
	"fmt"
	"io"
)

// Report is the outcome of one run on one machine.
type Report struct {
	Date     string
	Machine  string   // processor, cores, memory, kernel, file system
	Versions []string // ours and the peers'
	Command  string   // what makes the same run
	Rows     []Row
}

// WriteMarkdown writes the report as tables, a workload each.
func (r *Report) WriteMarkdown(w io.Writer) error {
	fmt.Fprintf(w, "Date: %s  \nMachine: %s  \nCommand: `%s`\n\n", r.Date, r.Machine, r.Command)
	for _, v := range r.Versions {
		fmt.Fprintf(w, "- %s\n", v)
	}
	last := ""
	for _, row := range r.Rows {
		if row.Workload != last {
			last = row.Workload
			fmt.Fprintf(w, "\n### %s\n\n| figure | unit | DriftDB | peer | ratio | better | note |\n|---|---|---|---|---|---|---|\n", last)
		}
		ratio, peer, better := "–", "–", "less"
		if len(row.Peer) > 0 {
			ratio = fmt.Sprintf("%.2f", row.Ratio())
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

// WriteJSON writes the report with every single measurement.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}
