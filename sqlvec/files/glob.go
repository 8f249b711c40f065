package files

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// maxFiles is the most files of one table.
const maxFiles = 100_000

// expand returns the files that a path names: itself, or those that match it when it has
// any of * ? [ and there is no file of that name. ** stands for any number of folders.
func expand(path string) ([]string, error) {
	if !strings.ContainsAny(path, "*?[") || Exists(path) {
		return []string{path}, nil
	}
	if _, err := filepath.Match(path, ""); err != nil {
		return nil, dberr.Newf(dberr.InvalidParameterValue, "the pattern \"%s\" is not valid", path)
	}
	parts := strings.Split(filepath.ToSlash(path), "/")
	base, rest := ".", parts
	if parts[0] == "" {
		base, rest = "/", parts[1:]
	}
	found, err := match(base, rest, nil)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, dberr.Newf(dberr.UndefinedFile, "no files match \"%s\"", path)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// match adds the files below dir that match parts.
func match(dir string, parts []string, found []string) ([]string, error) {
	part, last := parts[0], len(parts) == 1
	if part == "**" && !last {
		var err error
		if found, err = match(dir, parts[1:], found); err != nil {
			return nil, err
		}
	} else if !strings.ContainsAny(part, "*?[") {
		next := filepath.Join(dir, part)
		info, err := vfs.OS.Stat(next)
		if err != nil || info.IsDir == last {
			return found, nil // no match is no error
		}
		if last {
			return append(found, next), nil
		}
		return match(next, parts[1:], found)
	}
	names, err := vfs.OS.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return found, nil
	}
	if err != nil {
		return nil, vfs.Wrap("read the folder "+dir, err)
	}
	return matchNames(dir, names, parts, found)
}

func matchNames(dir string, names, parts, found []string) ([]string, error) {
	part, last := parts[0], len(parts) == 1
	for _, n := range names {
		ok, _ := filepath.Match(part, n)
		if part == "**" {
			ok = true
		}
		if !ok || strings.HasPrefix(n, ".") && !strings.HasPrefix(part, ".") {
			continue
		}
		next := filepath.Join(dir, n)
		info, err := vfs.OS.Stat(next)
		if err != nil || len(found) > maxFiles {
			continue
		}
		switch {
		case !info.IsDir && last:
			found = append(found, next)
		case info.IsDir && part == "**" && !last:
			if found, err = match(next, parts, found); err != nil {
				return nil, err
			}
		case info.IsDir && !last:
			if found, err = match(next, parts[1:], found); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}
