package cli

import (
	"context"
	"errors"
	"syscall"

	"github.com/spf13/cobra"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/sqlvec"
)

// database is the flags that say which database to open and how.
type database struct {
	dir     string
	walPath string
	threads int
	memory  sizeFlag
}

// flags adds --data and --wal-path.
func (d *database) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&d.dir, "data", "d", "", "directory of the database")
	cmd.Flags().StringVar(&d.walPath, "wal-path", "", "directory of the log, when it is not inside the database's")
}

// queryFlags adds the limits of queries.
func (d *database) queryFlags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&d.threads, "threads", 0, "threads of a query (default one per processor)")
	cmd.Flags().Var(&d.memory, "memory-limit", "memory of queries, as 512MB or 2GB (default: half of the machine's)")
}

func (d *database) storeOptions(readOnly bool) colstore.Options {
	return colstore.Options{FS: vfs.OS, LogDir: d.walPath, ReadOnly: readOnly, AutoCheckpoint: !readOnly}
}

// open opens the database. A read-only one may be open elsewhere at the same time.
func (d *database) open(readOnly bool) (*sqlvec.DB, error) {
	return sqlvec.Open(d.dir, sqlvec.Options{
		Store:       d.storeOptions(readOnly),
		Threads:     d.threads,
		MemoryLimit: int64(d.memory),
	})
}

// with opens the database, calls fn and closes it. fn's error comes first.
func (d *database) with(cmd *cobra.Command, readOnly bool, fn func(ctx context.Context, db *sqlvec.DB) error) (err error) {
	if err := required(cmd, "data"); err != nil {
		return err
	}
	if d.threads < 0 {
		return usageError{errors.New("--threads must be 1 or more, or 0 for one per processor")}
	}
	db, err := d.open(readOnly)
	if errors.Is(err, syscall.ENOTDIR) {
		return dberr.Newf(dberr.UndefinedFile, "\"%s\" is not a directory, so it holds no database", d.dir)
	}
	if err != nil {
		return err
	}
	defer func() {
		if closing := db.Close(); err == nil {
			err = closing
		}
	}()
	return fn(cmd.Context(), db)
}
