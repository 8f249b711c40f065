package eventlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/mmapseg"
)

// Problem is one finding of Verify.
type Problem = mmapseg.Problem

// Verify reads every byte of the log and returns what is wrong: checksums, the numbers and
// times of commits, the structure of transactions, and the footers against the frames.
func (l *Log) Verify() ([]Problem, error) {
	v := verifier{}
	problems, err := l.store.Verify(v.visit)
	if err != nil {
		return problems, err
	}
	more, err := l.verifyFooters()
	return append(problems, more...), err
}

// verifier follows the numbers through the log.
type verifier struct {
	place recovery
	txn   Txn
}

func (v *verifier) visit(f *mmapseg.Frame) error {
	if f.Kind == mmapseg.KindTxn {
		if err := v.txn.decode(f, "", 0); err != nil {
			return err
		}
	}
	if fault := v.place.step(&f.Header); fault != "" {
		return dberr.Corrupt("", -1, "%s", fault)
	}
	return nil
}

// verifyFooters makes the footer of each sealed segment again and compares.
func (l *Log) verifyFooters() (problems []Problem, err error) {
	for _, g := range l.store.Segments() {
		if !g.Sealed || g.Base == g.End {
			continue
		}
		same, err := l.sameFooter(g)
		if dberr.IsCorruption(err) {
			continue // the store has reported the frames
		}
		if err != nil {
			return problems, err
		}
		if !same {
			problems = append(problems, Problem{File: g.Path, Offset: -1, What: "the footer does not agree with the frames",
				Remedy: "restore the file from a backup or a replica"})
		}
	}
	return problems, nil
}

func (l *Log) sameFooter(g mmapseg.SegmentInfo) (same bool, err error) {
	want, err := l.footerOf(context.Background(), g)
	if err != nil {
		return false, err
	}
	same = true
	for _, section := range want {
		_, err := l.store.Section(g.Base, section.ID, func(data []byte) error {
			same = same && string(data) == string(section.Data)
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return same, nil
}

// Repair makes a damaged log writable again: it moves the damaged end aside, where it is
// kept, and the log ends before the damage. It returns what it did. The log must not be open
// for writing. What was committed behind the damage is no longer part of the database.
func Repair(fs vfs.FS, dir string, opt Options) (actions []string, err error) {
	opt = opt.withDefaults()
	lock, err := fs.Lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, vfs.Wrap("lock the log", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	shown, ok, err := readHead(fs, dir, opt.DatabaseID)
	if err != nil {
		return nil, err
	}
	l := &Log{opt: opt}
	actions, err = mmapseg.Repair(mmapseg.Options{FS: fs, Dir: dir, DatabaseID: opt.DatabaseID,
		MinSize: opt.SegmentMin, MaxSize: opt.SegmentMax, Durable: shown.end, Held: opt.Held, Oldest: opt.Oldest,
		Visit: l.visit, Clock: opt.Clock, Logger: opt.Logger})
	if err != nil || !ok {
		return actions, err
	}
	// The head page still shows what was lost: keep it beside the damaged files.
	name := filepath.Join(dir, headName)
	if len(actions) == 0 {
		return nil, nil
	}
	if err := fs.Rename(name, name+".damaged"); err != nil {
		return actions, vfs.Wrap("move head page aside", err)
	}
	return append(actions, "moved head to head.damaged"), vfs.Wrap("sync log directory", fs.SyncDir(dir))
}

// Dump writes the log as annotated hex, transactions run by run.
func (l *Log) Dump(w io.Writer) error {
	var t Txn
	return l.store.Dump(w, func(w io.Writer, f *mmapseg.Frame) error {
		if f.Kind != mmapseg.KindTxn {
			return nil
		}
		if err := t.decode(f, l.dir, -1); err != nil {
			return err
		}
		return t.dump(w)
	})
}

// dump prints the tables and runs of a transaction.
func (t *Txn) dump(w io.Writer) error {
	var err error
	printf := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(w, format, args...)
		}
	}
	printf("    salt %x\n", t.salt)
	for _, use := range t.tables {
		printf("    table %d: %d new rows from rid %d\n", use.id, use.newRows, use.base)
	}
	for i := range t.Runs {
		run := &t.Runs[i]
		printf("    %s, table %d, schema %d, %d events from %d\n", run.Kind, run.Table, run.SchemaVersion, run.Events, run.FirstSeq)
		if run.Ended.Len() > 0 {
			printf("      ends rids %v\n", run.Ended.AppendTo(nil))
		}
		for i := range run.Rows.Len() {
			printf("      rid %d: %x\n", run.FirstRID+uint64(i), run.Rows.Row(i))
		}
		if run.Ref.Rows > 0 {
			printf("      rids from %d: file %d, %d bytes at %d, sha256 %x\n", run.FirstRID, run.Ref.FileID, run.Ref.Length, run.Ref.Offset, run.Ref.Hash)
		}
		if run.Kind == RunDDL {
			printf("      edit %x\n", run.DDL)
		}
	}
	return err
}
