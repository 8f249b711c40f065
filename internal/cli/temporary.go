package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"driftdb/colstore"
	"driftdb/sqlvec"
)

// temporaryName is what the prompt calls a temporary database.
const temporaryName = "temporary"

// withTemporary makes a database that lasts as long as the command, and calls fn. Where its
// rows are lost with it, it says so.
func (f *sqlFlags) withTemporary(cmd *cobra.Command, std streams, shell bool, fn func(ctx context.Context, db *sqlvec.DB) error) error {
	parent, err := os.MkdirTemp("", "driftdb-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(parent)
	if f.walPath != "" {
		return usageError{errors.New("--wal-path needs --data")}
	}
	if err := cmd.Flags().Set("data", filepath.Join(parent, temporaryName)); err != nil {
		return err
	}
	if err := colstore.Init(f.dir, f.storeOptions(false)); err != nil {
		return err
	}
	if shell {
		fmt.Fprintln(std.err, "The database is temporary: it is gone when you leave. `driftdb sql DIR` opens one that stays.")
	}
	return f.with(cmd, f.readOnly, func(ctx context.Context, db *sqlvec.DB) error {
		err := fn(ctx, db)
		if !shell && !f.quiet && wrote(db) {
			fmt.Fprintln(std.err, "driftdb: what was written went to a temporary database and is gone; --data DIR keeps it")
		}
		return err
	})
}

// wrote reports whether a database holds anything.
func wrote(db *sqlvec.DB) bool {
	v := db.Store().View()
	defer v.Release()
	return v.Point().CSN > 0
}
