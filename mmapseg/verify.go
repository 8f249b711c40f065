package mmapseg

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Problem is one finding of Verify.
type Problem struct {
	File   string
	Offset int64 // byte offset in File, -1 if none
	What   string
	Remedy string // what can be done
}

const (
	remedyRepair = "driftdb doctor --repair moves the damaged end aside and keeps what is before it"
	remedyBackup = "restore the file from a backup or a replica"
	remedyNone   = "nothing is lost; the file may be deleted"
)

// Verify reads every byte of the log and calls visit, when it is not nil, with every good
// frame, inside vfs.Guard; an error of visit that is corruption becomes a problem.
func (s *Store) Verify(visit func(*Frame) error) (problems []Problem, err error) {
	if d := s.damage; d != nil {
		problems = append(problems, Problem{d.File, d.Offset, d.What, remedyRepair})
	}
	for _, g := range *s.list.Load() {
		if !g.pin() {
			continue // sealed since: its frames are read through the new file by the next Verify
		}
		err = errors.Join(vfs.Guard(func() error {
			if g.sealed != nil {
				problems = append(problems, g.verifySealed()...)
			}
			found, err := s.verifyFrames(g, visit)
			problems = append(problems, found...)
			return err
		}), g.unpin())
		if dberr.IsCorruption(err) {
			problems, err = append(problems, problemOf(err)), nil
		}
		if err != nil {
			return problems, err
		}
	}
	more, err := s.strayFiles()
	return append(problems, more...), err
}

func problemOf(err error) Problem {
	var e *dberr.Error
	if !errors.As(err, &e) {
		return Problem{Offset: -1, What: err.Error(), Remedy: remedyBackup}
	}
	return Problem{e.File, e.Offset, e.Message, remedyBackup}
}

// verifySealed checks every block and section of a sealed segment.
func (g *segment) verifySealed() (problems []Problem) {
	file := g.mapping.Bytes()
	for i := range g.sealed.blocks {
		if _, err := g.sealed.load(file, i); err != nil {
			problems = append(problems, problemOf(err))
		}
	}
	for i := range g.sealed.sections {
		e := &g.sealed.sections[i]
		e.checked.Store(false)
		if _, err := g.sealed.section(file, e.id); err != nil {
			problems = append(problems, problemOf(err))
		}
	}
	return problems
}

// verifyFrames walks the frames of a segment. It stops at the first bad one that is no hole:
// what is behind it cannot be placed.
func (s *Store) verifyFrames(g *segment, visit func(*Frame) error) (problems []Problem, err error) {
	c := &Cursor{store: s, at: g.base, limit: g.end.Load(), segment: g}
	for c.at < c.limit {
		f, err := c.read()
		if next := s.Behind(c.at); err != nil && next != c.at {
			problems, c.at = append(problems, problemOf(err)), next
			continue
		}
		if err != nil {
			return append(problems, problemOf(err)), nil
		}
		if visit != nil {
			if err := visit(&f); err != nil {
				if !dberr.IsCorruption(err) {
					return problems, err
				}
				file, pos := c.Place(f.Offset)
				problems = append(problems, Problem{file, pos, err.Error(), remedyBackup})
			}
		}
		c.at = f.End()
	}
	return problems, nil
}

// strayFiles reports files in the directory that the log does not use.
func (s *Store) strayFiles() (problems []Problem, err error) {
	names, err := s.opt.FS.ReadDir(s.opt.Dir)
	if err != nil {
		return nil, vfs.Wrap("list log directory", err)
	}
	for _, name := range names {
		switch {
		case strings.HasSuffix(name, vfs.TempSuffix):
			if !s.opt.ReadOnly {
				continue // a segment is being made right now
			}
			problems = append(problems, Problem{s.path(name), -1, "unfinished file of a writer that died", remedyNone})
		case strings.HasSuffix(name, damagedSuffix):
			problems = append(problems, Problem{s.path(name), -1, "damaged file moved aside by a repair",
				"keep it until its commits have been restored or given up"})
		}
	}
	return problems, nil
}

// Repair moves the damaged end of a log aside, so that it can be written again: the files
// from the damage on are kept under names that end in ".damaged", and the frames before it in
// the first of them are written anew. It returns what it did. Nothing is deleted. The log
// must not be open; opt is as for Open.
func Repair(opt Options) (actions []string, err error) {
	opt.ReadOnly = true
	s, err := Open(opt)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d := s.damage
	if d == nil {
		return nil, nil
	}
	files, err := s.listSegments()
	if err != nil {
		return nil, err
	}
	keep := 0 // files that hold only good frames
	list := *s.list.Load()
	for keep < len(files) && keep < len(list) && list[keep].path != d.File && list[keep].end.Load() <= d.LogOffset {
		keep++
	}
	gap := keep > 0 && keep < len(files) && files[keep].number != files[keep-1].number+1
	for i := len(files) - 1; i > keep || gap && i == keep; i-- {
		action, err := s.moveAside(files[i].name())
		if err != nil {
			return actions, err
		}
		actions = append(actions, action)
	}
	if keep < len(files) && !gap {
		action, err := s.cutFile(files[keep], list, keep)
		if err != nil {
			return actions, err
		}
		actions = append(actions, action)
	}
	return actions, s.opt.FS.SyncDir(s.opt.Dir)
}

func (s *Store) moveAside(name string) (action string, err error) {
	aside, err := s.freeName(name)
	if err != nil {
		return "", err
	}
	if err := s.opt.FS.Rename(s.path(name), aside); err != nil {
		return "", vfs.Wrap("move damaged segment aside", err)
	}
	if err := s.opt.FS.SyncDir(s.opt.Dir); err != nil {
		return "", vfs.Wrap("sync log directory", err)
	}
	return fmt.Sprintf("moved %s to %s", name, filepath.Base(aside)), nil
}

// freeName returns a name for a damaged file that nobody has.
func (s *Store) freeName(name string) (string, error) {
	for i := 1; ; i++ {
		aside := s.path(name) + damagedSuffix
		if i > 1 {
			aside = fmt.Sprintf("%s.%d%s", s.path(name), i, damagedSuffix)
		}
		if _, err := s.opt.FS.Stat(aside); err != nil {
			if isNotExist(err) {
				return aside, nil
			}
			return "", vfs.Wrap("look for "+aside, err)
		}
	}
}

// cutFile copies a damaged file aside and puts one with only its good frames in its place.
// The old one stays until the new one is there, so that no crash leaves a gap.
func (s *Store) cutFile(f segmentFile, list []*segment, i int) (action string, err error) {
	name := s.path(f.name())
	aside, err := s.freeName(f.name())
	if err != nil {
		return "", err
	}
	data, err := vfs.ReadFile(s.opt.FS, name)
	if err != nil {
		return "", vfs.Wrap("read damaged segment", err)
	}
	if err := vfs.WriteFile(s.opt.FS, aside, data); err != nil {
		return "", vfs.Wrap("copy damaged segment", err)
	}
	var good []byte
	if i < len(list) && list[i].sealed == nil && s.damage.LogOffset > list[i].base {
		good = data[segmentHeaderSize:list[i].fileOffset(s.damage.LogOffset)]
	}
	whole := make([]byte, max(s.capacity(f.number, HeaderSize), segmentHeaderSize+int64(len(good))))
	copy(whole, encodeSegmentHeader(s.opt.DatabaseID, f.number, int64(len(whole)), s.opt.Clock()))
	copy(whole[segmentHeaderSize:], good)
	fresh := s.path(segmentName(f.number, activeSuffix))
	if err := vfs.WriteFile(s.opt.FS, fresh, whole); err != nil {
		return "", vfs.Wrap("write repaired segment", err)
	}
	if f.sealed {
		if err := s.opt.FS.Remove(name); err != nil {
			return "", vfs.Wrap("remove copied segment", err)
		}
	}
	return fmt.Sprintf("kept %d bytes of good frames of %s, the whole file is in %s",
		len(good), f.name(), filepath.Base(aside)), nil
}
