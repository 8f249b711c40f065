package colstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"driftdb/internal/vfs"
)

// tempDir is the folder of the database with files that live no longer than a query.
const tempDir = "tmp"

// Temp returns where queries may write temporary files: a folder of the database, or the
// machine's when the database is open for reading only. The folder need not exist yet.
func (db *DB) Temp() (vfs.FS, string) {
	if db.opts.ReadOnly {
		return vfs.OS, os.TempDir()
	}
	return db.opts.FS, filepath.Join(db.dir, tempDir)
}

// removeTemp removes temporary files that a crash left between their making and the removal
// of their names.
func (db *DB) removeTemp() error {
	dir := filepath.Join(db.dir, tempDir)
	names, err := db.opts.FS.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return vfs.Wrap("list temporary files", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, vfs.TempSuffix) {
			if err := db.opts.FS.Remove(filepath.Join(dir, name)); err != nil {
				return vfs.Wrap("remove temporary file", err)
			}
		}
	}
	return nil
}
