package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"driftdb/internal/edits"
)

// The exit statuses.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitDamaged = 3
)

// Main runs the command with its arguments and returns its exit status. version is what
// `driftdb version` says.
func Main(version string, args []string) int {
	ctx, stop := interruptible(context.Background())
	defer stop()
	return run(ctx, version, args, os.Stdin, os.Stdout, os.Stderr)
}

// interruptible returns a context that the first SIGINT or SIGTERM cancels. The second one has
// the system's effect: it ends the process.
func interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
		}
		signal.Stop(signals)
		cancel()
	}()
	return ctx, cancel
}

// streams are where a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// usageError is an error of the command line itself.
type usageError struct{ err error }

func (u usageError) Error() string { return u.err.Error() }
func (u usageError) Unwrap() error { return u.err }

// statusError ends the command with a status; what there is to say has been said.
type statusError struct{ status int }

func (s statusError) Error() string { return "exit status" }

func run(ctx context.Context, version string, args []string, in io.Reader, out, errOut io.Writer) int {
	std := streams{in: in, out: out, err: errOut}
	root := newRoot(std, version)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	started := false
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := flagsFromEnvironment(cmd); err != nil {
			return usageError{err}
		}
		started = true
		return nil
	}
	err := root.ExecuteContext(ctx)
	var status statusError
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return status.status
	case errors.As(err, &usage) || !started:
		writeUsage(errOut, asDatabase(err, args))
		return exitUsage
	}
	return report(errOut, err)
}

// asDatabase hints at what opens a database or a file, where people of psql and duckdb name it alone.
func asDatabase(err error, args []string) error {
	if len(args) == 0 {
		return err
	}
	info, statErr := os.Stat(args[0])
	switch {
	case statErr != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%w\n\nPerhaps you meant: driftdb sql %s", err, args[0])
	}
	return fmt.Errorf("%w\n\nPerhaps you meant: driftdb sql -c \"FROM %s\"", err, quoteText(args[0]))
}

// flagMeant hints at a flag whose name is near the one that is not known.
func flagMeant(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	best, least := "", 3
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if d := edits.Names(unknown.GetSpecifiedName(), f.Name); d < least {
			best, least = f.Name, d
		}
	})
	if best == "" {
		return err
	}
	return fmt.Errorf("%w\n\nPerhaps you meant: --%s", err, best)
}

func newRoot(std streams, version string) *cobra.Command {
	root := &cobra.Command{
		Use:           "driftdb",
		Short:         "An append-only, columnar SQL database that answers as of any point in its past",
		SilenceErrors: true,
		SilenceUsage:  true,
		Example: `  driftdb init shop
  driftdb sql --data shop -e "CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT)"
  driftdb sql --data shop -e "SELECT * FROM users FOR SYSTEM_TIME AS OF @SEQ:2"
  driftdb import --data shop --table rates --create rates.csv`,
	}
	root.Version = strings.TrimSpace(versionText(version)) // not empty: that makes the flag --version
	root.SetVersionTemplate(versionText(version))
	root.AddCommand(newInit(std), newBench(std), newSQL(std), newImport(std), newExport(std), newHistory(std), newLog(std),
		newCheckpoint(std), newVacuum(std), newAnalyze(std), newDoctor(std), newVersion(std, version))
	root.SetFlagErrorFunc(flagMeant)
	root.SetHelpCommand(newHelp(std, root))
	return root
}
