package colstore

import (
	"errors"
	"io/fs"
	"path/filepath"

	"driftdb/internal/vfs"
)

// TableSize is what a table takes in files now. Rows that no part holds yet stand in the log, which is nobody's
// alone.
type TableSize struct {
	Rows    int64            // bytes of the parts without their indexes, and of the images of deaths
	Indexes map[uint32]int64 // bytes by Index.ID
}

// Total is all of it.
func (s TableSize) Total() int64 {
	n := s.Rows
	for _, b := range s.Indexes {
		n += b
	}
	return n
}

// TableSize says what a table takes in files.
func (db *DB) TableSize(t *Table) (TableSize, error) {
	size := TableSize{Indexes: map[uint32]int64{}}
	st, err := db.store(t.ID)
	if err != nil {
		return size, err
	}
	s := st.pinned()
	defer s.unpin()
	for _, rs := range s.sets {
		p, ok := rs.(*storedPart)
		if !ok {
			continue
		}
		size.Rows += p.place.length + p.place.deathsLength
		for _, spec := range p.Indexes() {
			x, _ := p.Index(spec.ID)
			size.Indexes[spec.ID] += x.Size()
			size.Rows -= x.Size()
		}
	}
	return size, nil
}

// Size is the bytes of all files of the database: log, parts, manifest.
func (db *DB) Size() (int64, error) {
	n, err := db.sizeOf(db.dir)
	if err == nil && db.opts.LogDir != "" {
		var log int64
		log, err = db.sizeOf(db.opts.LogDir)
		n += log
	}
	return n, err
}

// sizeOf is the bytes of the files below a directory. A file that goes meanwhile counts nothing.
func (db *DB) sizeOf(dir string) (n int64, err error) {
	names, err := db.opts.FS.ReadDir(dir)
	for _, name := range names {
		path := filepath.Join(dir, name)
		info, err := db.opts.FS.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return 0, vfs.Wrap("measure file", err)
		case info.IsDir:
			below, err := db.sizeOf(path)
			if err != nil {
				return 0, err
			}
			n += below
		default:
			n += info.Size
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return n, vfs.Wrap("list files", err)
}

// EndedRows counts the row versions of a table that are kept though the view does not see them any more.
func (v *View) EndedRows(t *Table) (n int64, err error) {
	st, err := v.db.store(t.ID)
	if err != nil {
		return 0, err
	}
	s := st.pinned()
	defer s.unpin()
	err = vfs.Guard(func() error {
		for _, rs := range s.sets {
			dead, err := rs.deaths().CountBy(v.point.Seq)
			if err != nil {
				return err
			}
			n += int64(dead)
		}
		return nil
	})
	return n, err
}
