package colstore

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// removeOrphans removes files that a crash left and nobody refers to, and finds the first
// file id that is free. Files in parts/ that a frame names belong to the log and stay. With a
// damaged log nothing is removed: what it names cannot be known.
func (db *DB) removeOrphans() error {
	if db.opts.ReadOnly {
		return nil
	}
	if err := db.removeTemp(); err != nil {
		return err
	}
	packs, err := db.listFiles(packFile)
	if err != nil {
		return err
	}
	parts, err := db.listFiles(logPart)
	if err != nil {
		return err
	}
	for _, id := range append(packs[:len(packs):len(packs)], parts...) {
		if id >= db.nextFile.Load() {
			db.nextFile.Store(id + 1)
		}
	}
	if db.log.Damage() != nil {
		return nil
	}
	if err := db.removeUnnamed(parts); err != nil {
		return err
	}
	db.removeUnused(packs)
	db.manifest.removeOld()
	return nil
}

// listFiles returns the ids of the files of a kind.
func (db *DB) listFiles(kind fileKind) (ids []uint64, err error) {
	dir, suffix := filepath.Join(db.dir, dataDir), ".pack"
	if kind == logPart {
		dir, suffix = filepath.Join(db.dir, partsDir), ".part"
	}
	names, err := db.opts.FS.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, vfs.Wrap("list files", err)
	}
	for _, name := range names {
		base, ok := strings.CutSuffix(name, suffix)
		if id, err := strconv.ParseUint(base, 10, 64); ok && err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// removeUnnamed removes the files in parts/ that no frame names. The manifest knows those of
// the frames before its floor.
func (db *DB) removeUnnamed(ids []uint64) error {
	unknown, err := db.unnamed(ids)
	if dberr.IsCorruption(err) {
		return nil // what a damaged file names cannot be known
	}
	if err != nil {
		return err
	}
	for id := range unknown {
		db.removeFile(fileRef{logPart, id})
	}
	return nil
}

// unnamed returns those of the files in parts/ that no frame names.
func (db *DB) unnamed(ids []uint64) (unknown map[uint64]bool, err error) {
	unknown = map[uint64]bool{}
	for _, id := range ids {
		if !db.manifest.logFiles[id] {
			unknown[id] = true
		}
	}
	if len(unknown) == 0 {
		return nil, nil
	}
	return unknown, db.log.Replay(db.log.Behind(db.manifest.floor.offset), func(t *eventlog.Txn) error {
		return db.eachFile(t, func(id uint64) { delete(unknown, id) })
	})
}

// usedPacks returns the pack files that the manifest refers to.
func (db *DB) usedPacks() map[uint64]bool {
	db.upkeep.manifestMu.Lock()
	defer db.upkeep.manifestMu.Unlock()
	used := map[uint64]bool{}
	for _, s := range db.manifest.tables {
		for i := range s.parts {
			p := &s.parts[i]
			if p.file.kind == packFile {
				used[p.file.id] = true
			}
			if p.deathsFile.kind == packFile {
				used[p.deathsFile.id] = true
			}
		}
	}
	return used
}

// removeUnused removes the pack files that neither the manifest, nor a scan, nor a reader in
// another process needs. It returns how many and how large they were.
func (db *DB) removeUnused(ids []uint64) (files int, bytes int64) {
	if db.manifest.unsure {
		return 0, 0 // the manifest on the disk may name them
	}
	used := db.usedPacks()
	for _, id := range ids {
		ref := fileRef{packFile, id}
		if used[id] || db.files.inUse(ref) {
			continue
		}
		if db.leased() {
			return files, bytes
		}
		if info, err := db.opts.FS.Stat(ref.path(db.dir)); err == nil {
			bytes += info.Size
		}
		db.removeFile(ref)
		files++
	}
	return files, bytes
}
