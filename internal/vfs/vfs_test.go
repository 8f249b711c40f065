package vfs

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"driftdb/internal/dberr"
)

// systems are the file systems that must behave the same, each with an empty directory.
func systems(t *testing.T) map[string]struct {
	fs  FS
	dir string
} {
	mem := NewMem()
	if err := mem.MkdirAll("d"); err != nil {
		t.Fatal(err)
	}
	return map[string]struct {
		fs  FS
		dir string
	}{"os": {OS, t.TempDir()}, "mem": {mem, "d"}, "fault": {NewFault(OS, nil), t.TempDir()}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesBehaveAlike(t *testing.T) {
	for name, s := range systems(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(s.dir, "a")
			f, err := s.fs.Create(path)
			must(t, err)
			if _, err := s.fs.Create(path); !errors.Is(err, fs.ErrExist) {
				t.Fatalf("second create: %v", err)
			}
			must(t, f.Preallocate(3*8192))
			m, err := f.Map(8192, 8192)
			must(t, err)
			_, err = f.WriteAt([]byte("shown"), 8195)
			must(t, err)
			if !bytes.Equal(m.Bytes()[3:8], []byte("shown")) || len(m.Bytes()) != 8192 {
				t.Fatal("the mapping does not show a later write")
			}
			must(t, m.Advise(Sequential))
			must(t, errors.Join(f.Sync(), m.Close(), f.Truncate(10), f.Close()))
			must(t, s.fs.Rename(path, path+"2"))
			if _, err := s.fs.Open(path); !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("open of a renamed file: %v", err)
			}
			must(t, WriteFile(s.fs, path, []byte("whole")))
			data, err := ReadFile(s.fs, path)
			if err != nil || string(data) != "whole" {
				t.Fatalf("%q, %v", data, err)
			}
			names, err := s.fs.ReadDir(s.dir)
			if err != nil || len(names) != 2 || names[0] != "a" || names[1] != "a2" {
				t.Fatalf("%v, %v", names, err)
			}
			if info, err := s.fs.Stat(path + "2"); err != nil || info.Size != 10 {
				t.Fatalf("%+v, %v", info, err)
			}
		})
	}
}

func TestLocks(t *testing.T) {
	for name, s := range systems(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(s.dir, "lock")
			a, err := s.fs.Lock(path)
			must(t, err)
			if _, err := s.fs.Lock(path); dberr.CodeOf(err) != dberr.ObjectInUse {
				t.Fatalf("second writer: %v", err)
			}
			if _, err := s.fs.LockShared(path); dberr.CodeOf(err) != dberr.ObjectInUse {
				t.Fatalf("reader beside a writer: %v", err)
			}
			must(t, a.Close())
			b, err := s.fs.LockShared(path)
			must(t, err)
			c, err := s.fs.LockShared(path)
			must(t, err)
			if _, err := s.fs.Lock(path); dberr.CodeOf(err) != dberr.ObjectInUse {
				t.Fatalf("writer beside readers: %v", err)
			}
			must(t, errors.Join(b.Close(), c.Close()))
			a, err = s.fs.Lock(path)
			must(t, err)
			must(t, a.Close())
		})
	}
}

// TestUnlockWithCopies: a lock ends when it is closed, though a process that was started meanwhile
// has a copy of its descriptor.
func TestUnlockWithCopies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	a, err := OS.Lock(path)
	must(t, err)
	copied, err := unix.Dup(int(a.(fileLock).f.Fd()))
	must(t, err)
	defer unix.Close(copied)
	must(t, a.Close())
	b, err := OS.Lock(path)
	must(t, err)
	must(t, b.Close())
}

// TestCrashKeepsWhatWasSynced: synced bytes and names survive each policy; unsynced ones
// survive only where the policy says so.
func TestCrashKeepsWhatWasSynced(t *testing.T) {
	for _, policy := range CrashPolicies {
		for seed := range uint64(50) {
			mem := NewMem()
			must(t, mem.MkdirAll("d"))
			f, err := mem.Create("d/f")
			must(t, err)
			old := bytes.Repeat([]byte{'o'}, 4*sectorSize)
			_, err = f.WriteAt(old, 0)
			must(t, errors.Join(err, f.Sync(), mem.SyncDir("d")))
			_, err = f.WriteAt(bytes.Repeat([]byte{'n'}, sectorSize), 2*sectorSize)
			must(t, err)
			must(t, mem.Rename("d/f", "d/g"))

			after := mem.Crash(policy, rand.New(rand.NewPCG(seed, 1)))
			names, err := after.ReadDir("d")
			if err != nil || len(names) != 1 {
				t.Fatalf("policy %d: names %v, %v", policy, names, err)
			}
			data, err := ReadFile(after, "d/"+names[0])
			must(t, err)
			if len(data) != len(old) || !bytes.Equal(data[:2*sectorSize], old[:2*sectorSize]) || !bytes.Equal(data[3*sectorSize:], old[3*sectorSize:]) {
				t.Fatalf("policy %d: synced bytes changed", policy)
			}
			switch {
			case policy == KeepUnsynced && (names[0] != "g" || data[2*sectorSize] != 'n'),
				policy == LoseUnsynced && (names[0] != "f" || data[2*sectorSize] != 'o'):
				t.Fatalf("policy %d left %s with %q", policy, names[0], data[2*sectorSize])
			}
		}
	}
}

// TestMemMappingOutlivesGrowth: a mapping shows writes even after the file has grown.
func TestMemMappingOutlivesGrowth(t *testing.T) {
	f, err := NewMem().Create("f")
	must(t, err)
	must(t, f.Preallocate(64))
	m, err := f.Map(0, 64)
	must(t, err)
	must(t, f.Preallocate(1<<20))
	_, err = f.WriteAt([]byte{7}, 63)
	if err != nil || m.Bytes()[63] != 7 {
		t.Fatalf("the mapping shows %d, %v", m.Bytes()[63], err)
	}
}

func TestFaults(t *testing.T) {
	fault := NewFault(NewMem(), func(op Op, _ string, _, k int) error {
		if op == OpWrite && k == 2 {
			return ErrInjected
		}
		return nil
	})
	fault.Short = true
	f, err := fault.Create("f")
	must(t, err)
	_, err = f.WriteAt([]byte("first"), 0)
	must(t, err)
	if n, err := f.WriteAt([]byte("second"), 0); !errors.Is(err, ErrInjected) || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	fault.Limit(4)
	if _, err := f.WriteAt([]byte("inside"), 0); !(err == nil) {
		t.Fatalf("six bytes, one of them new: %v", err)
	}
	if err := f.Preallocate(100); !errors.Is(err, syscall.ENOSPC) || dberr.CodeOf(Wrap("x", err)) != dberr.DiskFull {
		t.Fatalf("full disk: %v", err)
	}
	if fault.Count(OpWrite) != 3 || fault.Changes() != 5 {
		t.Fatalf("%d writes, %d changes", fault.Count(OpWrite), fault.Changes())
	}
}

// TestGuardNamesTheFile: a fault on a mapped page of a file that was cut short is an error.
func TestGuardNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cut")
	must(t, os.WriteFile(path, make([]byte, 1<<16), 0o600))
	f, err := OS.OpenFile(path)
	must(t, err)
	m, err := f.Map(0, 1<<16)
	must(t, err)
	must(t, f.Truncate(0))
	sum := 0
	err = Guard(func() error {
		return Guard(func() error {
			sum += int(m.Bytes()[40000])
			return nil
		})
	})
	var e *dberr.Error
	if !errors.As(err, &e) || !dberr.IsCorruption(err) || e.File != path || e.Offset != 40000 {
		t.Fatalf("guard returned %v", err)
	}
	must(t, errors.Join(m.Close(), f.Close()))
}

// TestGuardPassesOtherPanics: only faults on mapped memory are turned into errors.
func TestGuardPassesOtherPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("the panic was swallowed")
		}
	}()
	_ = Guard(func() error { panic("a bug") })
}
