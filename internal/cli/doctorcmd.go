package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"driftdb/colstore"
)

func newDoctor(std streams) *cobra.Command {
	var d database
	var repair bool
	cmd := &cobra.Command{
		Use:   "doctor --data DIR [--repair]",
		Short: "Verify every byte of a database",
		Long: `Verifies every byte: log, manifest, parts, indexes and deletions, and each against the others.
Says what is wrong, where, and what can be done. --repair mends what can be proved and destroys
nothing. The exit status is 3 when something is wrong and was not repaired.`,
		Example: "  driftdb doctor --data shop\n  driftdb doctor --data shop --repair",
		Args:    exactArgs(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "data"); err != nil {
				return err
			}
			return examine(std, d.dir, d.storeOptions(!repair), repair)
		},
	}
	d.flags(cmd)
	cmd.Flags().BoolVar(&repair, "repair", false, "mend what can be proved")
	return cmd
}

func examine(std streams, dir string, opts colstore.Options, repair bool) error {
	report, err := colstore.Doctor(dir, opts, repair)
	if err != nil {
		return err
	}
	writeReport(std.out, &report)
	if len(report.Problems) > 0 {
		return statusError{exitDamaged}
	}
	return nil
}

func writeReport(w io.Writer, r *colstore.Report) {
	fmt.Fprintf(w, "Checked %s bytes in %d files: %d tables, %s rows, %s commits\n",
		grouped(r.Bytes), r.Files, r.Tables, grouped(r.Rows), grouped(int64(r.Commits)))
	for _, s := range r.Repaired {
		fmt.Fprintf(w, "repaired: %s\n", s)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(w, "damaged: %s", p.File)
		if p.Offset >= 0 {
			fmt.Fprintf(w, ", offset %d", p.Offset)
		}
		if p.Table != "" {
			fmt.Fprintf(w, ", table %s", p.Table)
		}
		fmt.Fprintf(w, ": %s\n", p.What)
		if p.Remedy != "" {
			fmt.Fprintf(w, "  what can be done: %s\n", p.Remedy)
		}
	}
	if len(r.Problems) == 0 {
		fmt.Fprintln(w, "Everything is in order")
	}
}
