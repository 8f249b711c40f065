// Package vfs is the only door between the storage packages and the disk.
//
// It promises that everything which can go wrong with a disk can be made to go wrong in a
// test. Nothing outside this package opens, renames, syncs, locks or maps a file.
//
// There are three file systems. OS is the machine's. Mem keeps files in memory together with
// what a crash would leave of them: it knows which 512-byte sectors and which directory
// entries have been synced, and Crash returns the file system that the next process would
// find. Fault wraps another file system, counts its calls, and makes chosen ones fail.
//
// # Mapped memory
//
// A Mapping is read-only. Its bytes show later writes to the file. Touching a mapped page may
// fault (the file was truncated by somebody, the disk cannot read the page), so mapped memory
// is touched only inside Guard, which turns the fault into an error with the file's name.
//
// # Invariants
//
//   - V1: what Sync returned nil for survives every Crash, provided that the directory entry
//     was synced with SyncDir.
//   - V2: Rename replaces its target atomically; after a crash either the old or the new entry is there.
//   - V3: a Mapping of a Mem file sees later writes, as one page cache does.
//
// # Errors
//
// Errors are the system's own, as *fs.PathError where a path is known; errors.Is works with
// fs.ErrNotExist, fs.ErrExist and syscall.ENOSPC. Lock conflicts and faults are *dberr.Error.
// Wrap makes a *dberr.Error of a system error at a package border.
//
// # Concurrency
//
// All methods may be called from several goroutines. A File's WriteAt and Sync may overlap.
// Nothing may touch the bytes of a Mapping after its Close.
package vfs
