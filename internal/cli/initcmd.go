package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"driftdb/colstore"
)

func newInit(std streams) *cobra.Command {
	var d database
	cmd := &cobra.Command{
		Use:     "init DIR",
		Short:   "Make an empty database in a directory",
		Example: "  driftdb init shop",
		Args:    exactArgs(1, "the directory to make"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := colstore.Init(args[0], d.storeOptions(false)); err != nil {
				return err
			}
			_, err := fmt.Fprintf(std.out, "Initialized DriftDB at %s\n", args[0])
			return err
		},
	}
	cmd.Flags().StringVar(&d.walPath, "wal-path", "", "directory of the log, when it is not to be inside the database's")
	return cmd
}
