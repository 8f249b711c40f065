package colstore

import (
	"errors"
	"fmt"
	"path/filepath"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// repairLog makes a damaged log writable again: the damaged end is moved aside. A log that
// would then lack what parts hold is left as it is, since neither can be proved wrong.
func repairLog(dir string, opts Options) (actions []string, err error) {
	id, err := readIdentity(opts.FS, dir)
	if err != nil {
		return nil, err
	}
	db := &DB{dir: dir, opts: opts, identity: id}
	if err := db.takeLock(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.lock.Close()) }()
	lo, cut, err := db.cuttable()
	if err != nil || !cut {
		return nil, err
	}
	if actions, err = eventlog.Repair(opts.FS, db.logDir(), lo); err != nil || len(actions) == 0 {
		return actions, err
	}
	more, err := keepUnnamed(dir, opts)
	return append(actions, more...), err
}

// cuttable reports whether the log is damaged behind everything that parts were made of.
func (db *DB) cuttable() (lo eventlog.Options, cut bool, err error) {
	look := &DB{dir: db.dir, opts: db.opts, identity: db.identity}
	look.opts.ReadOnly = true
	if err := look.openManifest(); err != nil {
		return lo, false, onlyDamage(err)
	}
	lo = look.logOptions()
	lo.Held = look.manifest.floor.point.CSN
	log, err := eventlog.Open(db.opts.FS, db.logDir(), lo)
	if err == nil {
		cut = log.Damage() != nil && log.Durable().CSN >= lo.Held
		err = log.Close()
	}
	lo.ReadOnly = false
	return lo, cut, errors.Join(onlyDamage(err), look.manifest.close())
}

// onlyDamage drops an error that says that data are damaged: the examination will report it.
func onlyDamage(err error) error {
	if dberr.IsCorruption(err) {
		return nil
	}
	return err
}

// keepUnnamed moves the files in parts/ aside that only the damaged end of the log had named:
// the next Open would remove them.
func keepUnnamed(dir string, opts Options) (actions []string, err error) {
	opts.ReadOnly = true
	db, err := Open(dir, opts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ids, err := db.listFiles(logPart)
	if err != nil {
		return nil, err
	}
	unnamed, err := db.unnamed(ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !unnamed[id] {
			continue
		}
		name := fileRef{logPart, id}.path(dir)
		if err := opts.FS.Rename(name, name+".damaged"); err != nil {
			return actions, vfs.Wrap("move part aside", err)
		}
		actions = append(actions, fmt.Sprintf("moved %s to %s.damaged", name, name))
	}
	return actions, vfs.Wrap("sync parts", opts.FS.SyncDir(filepath.Dir(fileRef{logPart, 1}.path(dir))))
}
