package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newHelp is `driftdb help`: of a command, or of a statement of SQL.
func newHelp(std streams, root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND | sql STATEMENT]",
		Short:   "Help about a command, or the syntax of a statement",
		Example: "  driftdb help import\n  driftdb help sql\n  driftdb help sql CREATE TABLE",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			if len(args) == 0 {
				for _, c := range root.Commands() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error { return helpAbout(std, root, args) },
	}
}

func helpAbout(std streams, root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return root.Help()
	}
	cmd, _, err := root.Find(args[:1])
	if err != nil || cmd == root {
		return usageError{fmt.Errorf("there is no command %q; driftdb help lists them", args[0])}
	}
	statement := strings.Join(args[1:], " ")
	if len(args) > 1 && cmd.Name() == "sql" {
		if !writeTopics(std.out, statement) {
			return usageError{fmt.Errorf("there is no help for the statement %q; driftdb help sql lists them", statement)}
		}
		return nil
	}
	if len(args) > 1 {
		return usageError{fmt.Errorf("%s has no commands of its own", args[0])}
	}
	if err := cmd.Help(); err != nil || cmd.Name() != "sql" {
		return err
	}
	fmt.Fprintln(std.out, "\nStatements (driftdb help sql NAME shows the syntax of one):")
	writeTopics(std.out, "")
	return nil
}
