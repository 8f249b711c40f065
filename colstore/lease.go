package colstore

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
)

// A reader holds a lock on a file of its own in leases/ as long as it has the database open.
// While there is one, the writer removes no file that was superseded. The lock ends with the
// process, so a reader that died does not matter; the writer removes its file.

var leaseNumber atomic.Uint64 // tells the leases of one process apart

// takeLease locks a new lease. On a disk that cannot be written the reader goes without: then
// nobody can vacuum there either.
func (db *DB) takeLease() error {
	name := filepath.Join(db.dir, leasesDir, fmt.Sprintf("%d-%d", os.Getpid(), leaseNumber.Add(1)))
	lock, err := db.opts.FS.Lock(name)
	if err != nil {
		db.opts.Logger.Warn("reading without a lease", "error", err)
		return nil
	}
	db.lock, db.lease = lock, name
	return nil
}

// releaseLease removes the lease's file; the lock itself ends with db.lock.
func (db *DB) releaseLease() {
	if db.lease != "" {
		_ = db.opts.FS.Remove(db.lease) // the writer does it else
	}
}

// leased reports whether a reader in another process may still open superseded files.
func (db *DB) leased() bool {
	dir := filepath.Join(db.dir, leasesDir)
	names, err := db.opts.FS.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, n := range names {
		name := filepath.Join(dir, n)
		lock, err := db.opts.FS.Lock(name)
		if err != nil {
			return true
		}
		_ = db.opts.FS.Remove(name) // nobody holds it
		_ = lock.Close()
	}
	return false
}
