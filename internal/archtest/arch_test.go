package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "driftdb"

var (
	leaves = []string{
		"internal/arena", "internal/binfmt", "internal/bitpack", "internal/dberr", "internal/edits", "internal/fork", "internal/invariant", "internal/types",
		"internal/vec", "internal/vfs",
	}
	// formats are the codecs of files that people bring and take: leaves that know vectors.
	formats = []string{
		"internal/formats/arrowio", "internal/formats/charset", "internal/formats/copytext", "internal/formats/parquetio", "internal/formats/rowtext", "internal/formats/textin",
	}
	engine = []string{"colstore", "colstore/part", "eventlog"}
	sql    = []string{"sqlvec", "sqlvec/parse", "sqlvec/files"}
)

// allowed is the import table: for each package, what it may import from this module.
var allowed = map[string][]string{
	"internal/bitpack":    nil,
	"internal/dberr":      nil,
	"internal/edits":      nil,
	"internal/automaton":  nil,
	"internal/elementary": nil,
	"internal/fork":       nil,
	"internal/invariant":  nil,
	"internal/types":      {"internal/dberr"},
	"internal/vec":        {"internal/bitpack", "internal/dberr", "internal/types"},
	"internal/arena":      {"internal/dberr", "internal/invariant", "internal/types", "internal/vec"},
	"internal/binfmt":     {"internal/dberr"},
	"internal/vfs":        {"internal/dberr", "internal/invariant"},
	"internal/jsonpath":   {"internal/dberr", "internal/types"},

	"internal/formats/arrowio":   with(leaves, "internal/formats/rowtext"),
	"internal/formats/copytext":  leaves,
	"internal/formats/parquetio": with(leaves, "internal/formats/rowtext"),
	"internal/formats/rowtext":   leaves,
	"internal/formats/charset":   {"internal/dberr"},
	"internal/formats/textin":    with(leaves, "internal/formats/charset"),

	"mmapseg":       leaves,
	"eventlog":      with(leaves, "mmapseg"),
	"colstore/part": leaves,
	"colstore":      with(leaves, "mmapseg", "eventlog", "colstore/part"),

	"sqlvec/parse":  leaves,
	"sqlvec/kernel": leaves,
	"sqlvec/expr":   with(leaves, "internal/automaton", "internal/elementary", "internal/jsonpath", "sqlvec/kernel"),
	"sqlvec/plan":   with(leaves, "colstore", "sqlvec/expr"),
	"sqlvec/files":  with(slices.Concat(leaves, formats), "colstore", "sqlvec/plan"),
	"sqlvec/bind":   with(leaves, "internal/formats/charset", "colstore", "eventlog", "sqlvec/parse", "sqlvec/expr", "sqlvec/plan", "sqlvec/files"),
	"sqlvec/opt":    with(leaves, "colstore", "sqlvec/expr", "sqlvec/plan"),
	"sqlvec/exec":   with(leaves, "colstore", "sqlvec/kernel", "sqlvec/expr", "sqlvec/plan"),
	"sqlvec": with(slices.Concat(leaves, formats), "colstore", "eventlog",
		"sqlvec/parse", "sqlvec/kernel", "sqlvec/expr", "sqlvec/plan", "sqlvec/bind", "sqlvec/opt", "sqlvec/exec", "sqlvec/files"),

	"internal/archtest":  nil,
	"internal/fixedseed": nil,
	"internal/proof":     nil,
	"internal/logictest": leaves,
	"internal/querygen":  nil,
	"bench":              with(leaves, "colstore", "sqlvec"),
	"internal/cli":       with(slices.Concat(leaves, formats, engine, sql), "internal/cli/term", "bench"),
	"internal/cli/term":  {"internal/dberr"},
	"cmd/driftdb":        {"internal/cli"},
}

func with(base []string, more ...string) []string { return slices.Concat(base, more) }

// fileCalls are the functions of package os that touch the file system. Storage goes through
// internal/vfs instead, where crashes and faults can be injected.
var fileCalls = map[string]bool{
	"Chmod": true, "Chtimes": true, "Create": true, "CreateTemp": true, "DirFS": true, "Lchown": true,
	"Link": true, "Lstat": true, "Mkdir": true, "MkdirAll": true, "MkdirTemp": true, "NewFile": true,
	"Open": true, "OpenFile": true, "OpenRoot": true, "ReadDir": true, "ReadFile": true, "Remove": true,
	"RemoveAll": true, "Rename": true, "Stat": true, "Symlink": true, "Truncate": true, "WriteFile": true,
}

// banned are libraries that nobody links: they cost tens of megabytes and are slower than our own code.
var banned = []string{"github.com/apache/arrow/go/v17/arrow/compute", "github.com/apache/arrow/go/v17/parquet"}

// source is one non-test Go file: its package's path below the module and its tree.
type source struct {
	pkg, file string
	tree      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(root, p, d)
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		all = append(all, source{pkg: path.Dir(filepath.ToSlash(rel)), file: filepath.ToSlash(rel), tree: tree})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("found %d source files: the walk does not see the module", len(all))
	}
	return all
}

// skipDir leaves out folders that the go command leaves out, nested modules, and the benchmark
// suite, which may import anything.
func skipDir(root, p string, d fs.DirEntry) error {
	if p == root {
		return nil
	}
	name := d.Name()
	nested, _ := filepath.Glob(filepath.Join(p, "go.mod"))
	if strings.HasPrefix(name, ".") || name == "testdata" || len(nested) > 0 || p == filepath.Join(root, "bench") {
		return fs.SkipDir
	}
	return nil
}

func imports(f *ast.File) []string {
	var all []string
	for _, spec := range f.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		all = append(all, p)
	}
	return all
}

func TestImportsGoDown(t *testing.T) {
	for _, s := range sources(t) {
		may, known := allowed[s.pkg]
		if !known {
			t.Errorf("%s: package %s is not in the import table: say there what it may import", s.file, s.pkg)
			continue
		}
		for _, imp := range imports(s.tree) {
			rel, ours := strings.CutPrefix(imp, module+"/")
			if ours && !slices.Contains(may, rel) {
				t.Errorf("%s imports %s, which package %s may not", s.file, rel, s.pkg)
			}
			for _, b := range banned {
				if imp == b || strings.HasPrefix(imp, b+"/") {
					t.Errorf("%s imports %s, which nobody may", s.file, imp)
				}
			}
		}
	}
}

// TestTableIsAcyclic keeps the table itself honest: no package may reach itself.
func TestTableIsAcyclic(t *testing.T) {
	const open, done = 1, 2
	state := map[string]int{}
	var visit func(p string)
	visit = func(p string) {
		state[p] = open
		for _, q := range allowed[p] {
			switch state[q] {
			case open:
				t.Errorf("the table lets %s and %s import each other", p, q)
			case 0:
				visit(q)
			}
		}
		state[p] = done
	}
	for p := range allowed {
		if state[p] == 0 {
			visit(p)
		}
	}
}

func TestStorageTouchesFilesThroughVFS(t *testing.T) {
	for _, s := range sources(t) {
		top, _, _ := strings.Cut(s.pkg, "/")
		if !slices.Contains([]string{"mmapseg", "eventlog", "colstore"}, top) {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == "os" && fileCalls[sel.Sel.Name] {
				t.Errorf("%s calls os.%s: storage goes through internal/vfs", s.file, sel.Sel.Name)
			}
			return true
		})
	}
}
