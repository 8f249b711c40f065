package colstore

import (
	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// logParts compares every file in parts/ that a readable frame names with the hash that the
// frame says, also where no table reads the file any more: it is the log's.
func (e *examination) logParts() error {
	from, holes := uint64(0), e.db.log.Holes()
	for {
		err := e.db.log.Replay(from, func(t *eventlog.Txn) error {
			for i := range t.Runs {
				if run := &t.Runs[i]; run.Kind == eventlog.RunRunsRef {
					if sound, err := e.logRuns(t, run.Ref); err != nil || !sound {
						return err
					}
				}
			}
			return e.db.eachRun(t, e.logPart)
		})
		if !dberr.IsCorruption(err) {
			return err
		}
		if len(holes) == 0 {
			return nil // e.log has reported it
		}
		from, holes = holes[0].End, holes[1:]
	}
}

// logPart checks what one run refers to.
func (e *examination) logPart(run *eventlog.Run) error {
	if run.Kind == eventlog.RunInsertRef || run.Kind == eventlog.RunUpdateRef {
		if err := e.reference(run.Table, run.Ref); err != nil {
			return err
		}
	}
	if ref, ok := run.Ended.Ref(); ok {
		return e.reference(run.Table, ref)
	}
	return nil
}

// logRuns checks the file with a transaction's runs.
func (e *examination) logRuns(t *eventlog.Txn, ref eventlog.Ref) (sound bool, err error) {
	before := len(e.report.Problems)
	t.Tables(func(id uint32, _, _ uint64) {
		if err == nil && len(e.report.Problems) == before {
			err = e.reference(id, ref)
		}
	})
	return len(e.report.Problems) == before, err
}

func (e *examination) reference(table uint32, ref eventlog.Ref) error {
	f, err := e.db.files.get(fileRef{logPart, ref.FileID})
	if err == nil {
		defer e.db.files.put(f)
		err = vfs.Guard(func() error { return checkReference(f, ref) })
	}
	for i := range e.report.Problems {
		if err != nil && f != nil && e.report.Problems[i].File == f.name {
			return nil // told more exactly already
		}
	}
	return e.note(e.db.tableName(table), remedyRestore, err)
}

func checkReference(f *dataFile, ref eventlog.Ref) error {
	size := uint64(len(f.Bytes()))
	if ref.Offset > size || ref.Length > size-ref.Offset {
		return dberr.Corrupt(f.name, int64(size), "the file ends here, the log names %d bytes from offset %d", ref.Length, ref.Offset)
	}
	if sha256Of(f.Bytes()[ref.Offset:ref.Offset+ref.Length]) != ref.Hash {
		return dberr.Corrupt(f.name, int64(ref.Offset), "the %d bytes from here do not have the hash that the log names", ref.Length)
	}
	return nil
}
