package eventlog

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// image is the files of a log directory by name.
type image map[string][]byte

// smallLog makes a log with sealed, full and active segments, and returns its files.
func smallLog(t *testing.T, id [16]byte) (image, []Commit) {
	t.Helper()
	mem := vfs.NewMem()
	opt := crashOptions()
	opt.DatabaseID = id
	l, err := Open(mem, "log", opt)
	if err != nil {
		t.Fatal(err)
	}
	acked, _ := workload(l, tableRIDs{}, 35)
	if len(acked) != 35 {
		t.Fatalf("%d commits", len(acked))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return imageOf(t, mem), acked
}

func imageOf(t *testing.T, fs vfs.FS) image {
	t.Helper()
	names, err := fs.ReadDir("log")
	if err != nil {
		t.Fatal(err)
	}
	img := image{}
	for _, name := range names {
		if img[name], err = vfs.ReadFile(fs, filepath.Join("log", name)); err != nil {
			t.Fatal(err)
		}
	}
	return img
}

// with returns the image as a file system, with one file changed; nil removes it.
func (img image) with(t *testing.T, changed string, data []byte) *vfs.Mem {
	t.Helper()
	mem := vfs.NewMem()
	if err := mem.MkdirAll("log"); err != nil {
		t.Fatal(err)
	}
	for name, content := range img {
		if name == changed {
			content = data
		}
		if content == nil {
			continue
		}
		f, err := mem.Create(filepath.Join("log", name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(content, 0); err != nil {
			t.Fatal(err)
		}
	}
	return mem
}

// judge opens the log, read-only or not, and demands the right answer, or what is before the
// damage together with an error that names a file. It returns whether damage was told.
func judge(t *testing.T, fs vfs.FS, want []Commit, readOnly bool) (told bool, err error) {
	opt := crashOptions()
	opt.DatabaseID, opt.ReadOnly = testID, readOnly
	l, err := Open(fs, "log", opt)
	if err != nil {
		return true, namesFile(err)
	}
	defer func() {
		if e := l.Close(); e != nil && err == nil {
			err = e
		}
	}()
	n := 0
	replayErr := l.Replay(0, func(tx *Txn) error {
		if n >= len(want) || tx.Commit != want[n] {
			return fmt.Errorf("wrong answer: commit %d is %+v", n, tx.Commit)
		}
		n++
		return nil
	})
	if replayErr != nil {
		return true, namesFile(replayErr)
	}
	if d := l.Damage(); d != nil {
		if d.File == "" || d.What == "" {
			return true, fmt.Errorf("damage without a place: %+v", d)
		}
		_, err := l.Submit(t.Context(), insertOf(1, "x"), tableRIDs{}.order, Sync)
		if err == nil {
			return true, errors.New("a damaged log took a commit")
		}
		return true, nil
	}
	if n != len(want) {
		return false, fmt.Errorf("wrong answer: %d commits of %d, and no damage told", n, len(want))
	}
	return false, nil
}

// namesFile returns an error unless err is corruption with a file.
func namesFile(err error) error {
	var e *dberr.Error
	if !errors.As(err, &e) || !dberr.IsCorruption(err) || e.File == "" {
		return fmt.Errorf("not a corruption error with a file: %w", err)
	}
	return nil
}

// TestFlipEveryByte flips a bit of every byte of every file of a small log, with and without
// the head page.
func TestFlipEveryByte(t *testing.T) {
	full, want := smallLog(t, testID)
	headless := image{}
	for name, data := range full {
		if name != headName {
			headless[name] = data
		}
	}
	step := 1
	if testing.Short() {
		step = 11
	}
	told := 0
	for i, img := range []image{full, headless} {
		for name, data := range img {
			for pos := i; pos < len(data); pos += step {
				flipped := append([]byte{}, data...)
				flipped[pos] ^= 1 << (pos % 8)
				bad, err := judge(t, img.with(t, name, flipped), want, pos%2 == 0)
				if err != nil {
					t.Errorf("%s byte %d (head %v): %v", name, pos, i == 0, err)
				}
				if bad {
					told++
				}
			}
		}
	}
	if told == 0 {
		t.Fatal("no flipped byte was noticed")
	}
}

// TestTruncatedRemovedForeign cuts, removes and exchanges every file.
func TestTruncatedRemovedForeign(t *testing.T) {
	img, want := smallLog(t, testID)
	foreign, _ := smallLog(t, [16]byte{9})
	for name, data := range img {
		if name == lockName {
			continue
		}
		for cut := 0; cut < len(data); cut += 97 {
			if _, err := judge(t, img.with(t, name, data[:cut]), want, cut%2 == 0); err != nil {
				t.Errorf("%s cut to %d: %v", name, cut, err)
			}
		}
		bad, err := judge(t, img.with(t, name, nil), want, true)
		matters := name != headName && strings.Trim(string(data[512:]), "\x00") != ""
		if err != nil || !bad && matters {
			t.Errorf("%s removed: told %v, %v", name, bad, err)
		}
		bad, err = judge(t, img.with(t, name, foreign[name]), want, true)
		if err != nil || !bad && matters {
			t.Errorf("%s of another database: told %v, %v", name, bad, err)
		}
	}
}

// TestVerifyFindsAndRepairKeeps: every flip in a frame is found by Verify; Repair makes the
// log writable, keeps what is before the damage, and deletes nothing.
func TestVerifyFindsAndRepairKeeps(t *testing.T) {
	img, want := smallLog(t, testID)
	for name, data := range img {
		if name == lockName || name == headName {
			continue
		}
		for _, pos := range []int{600, 1000, 130} {
			if pos >= len(data) || strings.Trim(string(data[pos:]), "\x00") == "" {
				continue
			}
			flipped := append([]byte{}, data...)
			flipped[pos] ^= 4
			mem := img.with(t, name, flipped)
			checkRepair(t, mem, want, fmt.Sprintf("%s byte %d", name, pos))
		}
		if strings.Trim(string(data[512:]), "\x00") != "" {
			checkRepair(t, img.with(t, name, nil), want, name+" removed")
		}
	}
}

func checkRepair(t *testing.T, mem *vfs.Mem, want []Commit, what string) {
	t.Helper()
	opt := crashOptions()
	opt.DatabaseID, opt.ReadOnly = testID, true
	l, err := Open(mem, "log", opt)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	problems, err := l.Verify()
	if err != nil || len(problems) == 0 || problems[0].File == "" {
		t.Fatalf("%s: verify found %v, %v", what, problems, err)
	}
	damaged := l.Damage() != nil
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	before := imageOf(t, mem)
	actions, err := Repair(mem, "log", opt)
	if err != nil || (len(actions) > 0) != damaged {
		t.Fatalf("%s: repair did %v, %v", what, actions, err)
	}
	if !damaged {
		return
	}
	after := imageOf(t, mem)
	for name, data := range before {
		if string(after[name]) != string(data) && string(after[name+".damaged"]) != string(data) {
			t.Errorf("%s: the bytes of %s are gone", what, name)
		}
	}
	checkWritable(t, mem, want, what)
}

func checkWritable(t *testing.T, mem *vfs.Mem, want []Commit, what string) {
	t.Helper()
	opt := crashOptions()
	opt.DatabaseID = testID
	l, err := Open(mem, "log", opt)
	if err != nil || l.Damage() != nil {
		t.Fatalf("%s: open after repair: %v", what, err)
	}
	kept := 0
	if err := l.Replay(0, func(tx *Txn) error {
		if tx.Commit != want[kept] {
			return fmt.Errorf("commit %d is %+v", kept, tx.Commit)
		}
		kept++
		return nil
	}); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	c, err := l.Submit(t.Context(), insertOf(1, "after repair"), tableRIDs{}.order, Sync)
	if err != nil || c.CSN != uint64(kept+1) {
		t.Fatalf("%s: commit after repair: %+v, %v", what, c, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
