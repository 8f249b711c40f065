package files

import (
	"errors"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vfs"
)

// noPartition is what Hive writes for NULL.
const noPartition = "__HIVE_DEFAULT_PARTITION__"

// partitionsOf are the names and values that the folders of a path have, as year=2024.
func partitionsOf(path string) map[string]string {
	all := map[string]string{}
	for _, part := range strings.Split(filepath.ToSlash(filepath.Dir(path)), "/") {
		name, value, ok := strings.Cut(part, "=")
		if !ok || name == "" {
			continue
		}
		if text, err := url.PathUnescape(name); err == nil {
			name = text
		}
		if text, err := url.PathUnescape(value); err == nil {
			value = text
		}
		all[name] = value
	}
	return all
}

// addPartitions adds the columns that the folders of the files name: where all files have the same ones, unless the
// options say otherwise.
func (t *Table) addPartitions() error {
	if t.opts.Hive == Never {
		return nil
	}
	first := partitionsOf(t.files[0].path)
	for _, f := range t.files {
		parts := partitionsOf(f.path)
		same := len(parts) == len(first)
		for name := range parts {
			_, ok := first[name]
			same = same && ok
		}
		switch {
		case same:
		case t.opts.Hive == Always:
			return dberr.Newf(dberr.BadCopyFileFormat, "%s: the folders do not name the same columns as those of %s", f.path, t.files[0].path)
		default:
			return nil
		}
	}
	var names []string
	for name := range first {
		if place(t.places, name) < 0 { // a column of the files is what they have
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		typ := t.partitionType(name)
		values := map[string]types.Value{}
		for _, f := range t.files {
			v, err := partitionValue(partitionsOf(f.path)[name], typ)
			if err != nil {
				return inFile(err, f.path)
			}
			values[f.path] = v
		}
		t.addFixed(Column{name, typ}, func(path string) types.Value { return values[path] })
	}
	return nil
}

// partitionType is the type of a column that folders name: BIGINT or DATE where all values are such.
func (t *Table) partitionType(name string) types.Type {
	if typ, ok := t.opts.typeOf(name); ok {
		return typ
	}
	for _, id := range []types.ID{types.Int64, types.Date} {
		fits := func(f tableFile) bool {
			text := partitionsOf(f.path)[name]
			_, err := types.Parse(text, types.T(id))
			return text == noPartition || err == nil && (id != types.Date || len(text) == len("2024-01-01"))
		}
		if !slices.ContainsFunc(t.files, func(f tableFile) bool { return !fits(f) }) {
			return types.T(id)
		}
	}
	return types.T(types.Text)
}

// partitionValue is a value that a folder has.
func partitionValue(text string, typ types.Type) (types.Value, error) {
	if text == noPartition {
		return types.NullOf(typ), nil
	}
	return types.Parse(text, typ)
}

// PartitionFolder is the folder of the rows in which a column has a value, as text; ok is false for NULL. A text that
// stands for NULL in the names of folders is refused.
func PartitionFolder(column, text string, ok bool) (string, error) {
	switch {
	case !ok:
		text = noPartition
	case text == noPartition:
		return "", dberr.Newf(dberr.InvalidParameterValue, "\"%s\" in column \"%s\" cannot be told from NULL in the name of a folder", text, column)
	}
	return url.PathEscape(column) + "=" + url.PathEscape(text), nil
}

// BeginIn is Begin for a file in a folder, which it makes where there is none.
func BeginIn(folder, name string) (*NewFile, error) {
	if err := vfs.OS.MkdirAll(folder); err != nil {
		return nil, cannotWrite(folder, err)
	}
	return Begin(filepath.Join(folder, name))
}

// Folder is the folder of a new file.
func (n *NewFile) Folder() string { return filepath.Dir(n.path) }

// RemoveEmpty removes a folder, and those that it is in, as far as they have nothing in them and are below top.
func RemoveEmpty(folder, top string) {
	for top = filepath.Clean(top); len(folder) > len(top) && vfs.OS.Remove(folder) == nil; {
		folder = filepath.Dir(folder)
	}
}

// CheckEmpty refuses a folder that has something in it.
func CheckEmpty(folder string) error {
	names, err := vfs.OS.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return cannotWrite(folder, err)
	case len(names) > 0:
		return dberr.Newf(dberr.DuplicateFile, "folder \"%s\" is not empty", folder).WithHint("OVERWRITE_OR_IGNORE writes files beside those that are there, and over those of the same names.")
	}
	return nil
}
