package colstore

import (
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"path/filepath"

	"driftdb/eventlog"
	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Names in a database directory.
const (
	identityName = "DRIFTDB"
	lockName     = "LOCK"
	logDirName   = "log"
	manifestDir  = "manifest"
	dataDir      = "data"
	partsDir     = "parts"
	leasesDir    = "leases"
)

const (
	identityMagic   = 0x4244_5446_4952_4431 // "1DRIFTDB"
	identityVersion = 1
	identitySize    = 64
)

// identity is the file that makes a directory a database. It is written once.
type identity struct {
	id        [16]byte
	parent    [16]byte // of a branch; zero
	parentCSN uint64   // of a branch; zero
	created   int64    // microseconds UTC
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (d *identity) encode() []byte {
	w := binfmt.Writer{}
	w.U64(identityMagic)
	w.U32(identityVersion)
	w.Bytes(d.id[:])
	w.Bytes(d.parent[:])
	w.U64(d.parentCSN)
	w.I64(d.created)
	w.U32(crc32.Checksum(w.B, castagnoli))
	return w.B
}

func readIdentity(fsys vfs.FS, dir string) (d identity, err error) {
	name := filepath.Join(dir, identityName)
	data, err := vfs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := fsys.Stat(filepath.Join(dir, manifestDir, currentName)); err == nil {
			return d, missingFile(name)
		}
		e := dberr.Newf(dberr.UndefinedFile, "directory \"%s\" does not hold a database", dir)
		return d, e.WithHint("Make one with: driftdb init %s", dir)
	}
	if err != nil {
		return d, vfs.Wrap("read identity", err)
	}
	if len(data) != identitySize {
		return d, dberr.Corrupt(name, 0, "the file has %d bytes, not %d", len(data), identitySize)
	}
	r := binfmt.NewReader(data, name, 0)
	r.Check(r.U64() == identityMagic, "the file does not begin as a database's identity")
	sum := crc32.Checksum(data[:identitySize-4], castagnoli)
	version := r.U32()
	copy(d.id[:], r.Bytes(16))
	copy(d.parent[:], r.Bytes(16))
	d.parentCSN, d.created = r.U64(), r.I64()
	r.Check(r.U32() == sum, "checksum does not match")
	r.Check(version == identityVersion, "format version %d is not known to this program", version)
	return d, r.Err()
}

// Init makes an empty database in dir, which must not exist or be empty.
func Init(dir string, opts Options) error {
	opts = opts.withDefaults()
	fsys := opts.FS
	if err := fsys.MkdirAll(dir); err != nil {
		return vfs.Wrap("create directory", err)
	}
	names, err := fsys.ReadDir(dir)
	if err != nil {
		return vfs.Wrap("read directory", err)
	}
	for _, name := range names {
		if name == identityName {
			return dberr.Newf(dberr.DuplicateFile, "directory \"%s\" already holds a database", dir)
		}
	}
	if len(names) > 0 {
		return dberr.Newf(dberr.DuplicateFile, "directory \"%s\" is not empty", dir)
	}
	return vfs.Wrap("create database", fillDirectory(dir, opts))
}

// createLog makes an empty log, so that a directory without one is known to have lost it, or to
// have it elsewhere.
func createLog(dir string, id [16]byte, opts Options) error {
	db := &DB{dir: dir, opts: opts, identity: identity{id: id}}
	if found, err := eventlog.Exists(opts.FS, db.logDir()); err != nil || found {
		if found {
			err = dberr.Newf(dberr.DuplicateFile, "directory \"%s\" already holds a log", db.logDir())
		}
		return err
	}
	log, err := eventlog.Open(opts.FS, db.logDir(), db.logOptions())
	if err != nil {
		return err
	}
	return log.Close()
}

// fillDirectory makes all files of an empty database; the identity comes last, so that a
// directory with an identity is complete.
func fillDirectory(dir string, opts Options) error {
	d := identity{created: opts.Clock()}
	if _, err := io.ReadFull(opts.Rand, d.id[:]); err != nil {
		return err
	}
	for _, sub := range []string{dataDir, partsDir, leasesDir} {
		if err := opts.FS.MkdirAll(filepath.Join(dir, sub)); err != nil {
			return err
		}
	}
	if err := createManifest(opts.FS, filepath.Join(dir, manifestDir), d.id); err != nil {
		return err
	}
	if err := createLog(dir, d.id, opts); err != nil {
		return err
	}
	if err := vfs.WriteFile(opts.FS, filepath.Join(dir, identityName), d.encode()); err != nil {
		return err
	}
	return opts.FS.SyncDir(dir)
}
