package cli

import (
	"context"
	"fmt"
	goast "go/ast"
	goparser "go/parser"
	gotoken "go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"driftdb/colstore"
	"driftdb/sqlvec"
	"driftdb/sqlvec/parse"
)

// notYet are the statements that are parsed but not run.
var notYet []string

// statementKinds are the types of the parser's statements, from its source.
func statementKinds(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../sqlvec/parse/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, file := range files {
		tree, err := goparser.ParseFile(gotoken.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			fn, ok := d.(*goast.FuncDecl)
			if !ok || fn.Name.Name != "stmt" || fn.Recv == nil {
				continue
			}
			if name := fn.Recv.List[0].Type.(*goast.StarExpr).X.(*goast.Ident).Name; goast.IsExported(name) {
				kinds = append(kinds, name)
			}
		}
	}
	if len(kinds) < 20 {
		t.Fatalf("only %d kinds of statements found", len(kinds))
	}
	return kinds
}

// TestHelpOfEveryStatement keeps \h, the parser and the engine together: every statement that runs has a topic, and
// every topic's example runs.
func TestHelpOfEveryStatement(t *testing.T) {
	kinds := statementKinds(t)
	t.Chdir(t.TempDir()) // for the files of the examples
	dir := t.TempDir() + "/db"
	if err := colstore.Init(dir, colstore.Options{}); err != nil {
		t.Fatal(err)
	}
	db, err := sqlvec.Open(dir, sqlvec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	session := db.Session()
	defer session.Close()
	run := func(sql string) error {
		return session.Run(context.Background(), sql, func(*sqlvec.Result) error { return nil })
	}
	if err := run(`CREATE TABLE goods (sku TEXT PRIMARY KEY, price NUMERIC); INSERT INTO goods VALUES ('A-1', 9.5), ('B-2', 12);
		CREATE SEQUENCE counter; CREATE VIEW cheap AS SELECT * FROM goods WHERE price < 10; CREATE TABLE few (sku TEXT)`); err != nil {
		t.Fatal(err)
	}
	helped := make(map[string]bool)
	for _, topic := range sqlHelp {
		if topic.name == "CREATE TABLE AS" {
			run("DROP TABLE few")
		}
		statements, err := parse.Parse(topic.example)
		if err != nil {
			t.Errorf("%s: %v", topic.name, err)
			continue
		}
		for _, s := range statements {
			helped[reflect.TypeOf(s.Stmt).Elem().Name()] = true
		}
		if err := run(topic.example); err != nil {
			t.Errorf("%s: %s: %v", topic.name, topic.example, err)
			run("ROLLBACK")
		}
	}
	for _, kind := range kinds {
		if !helped[kind] && !slices.Contains(notYet, kind) {
			t.Errorf("there is no help for the statement %s", kind)
		}
	}
	if !slices.IsSortedFunc(sqlHelp, func(a, b sqlTopic) int { return strings.Compare(a.name, b.name) }) {
		t.Error("the topics are not in the order of their names")
	}
}

// TestTopicsOfOthers: what has no topic of its own leads to one that there is.
func TestTopicsOfOthers(t *testing.T) {
	for other, name := range topicsOf {
		if !slices.ContainsFunc(sqlHelp, func(t sqlTopic) bool { return t.name == name }) || other != strings.ToUpper(other) {
			t.Errorf("%q leads to %q", other, name)
		}
	}
}

func TestMentioning(t *testing.T) {
	for word, want := range map[string]string{"qualify": "[SELECT]", "unpivot;": "[UNPIVOT]", "include": "[UNPIVOT]", "a": "[]", "nonsense": "[]"} {
		if got := fmt.Sprint(mentioning(word)); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}

func TestTopics(t *testing.T) {
	for asked, want := range map[string]string{
		"create table;": "[CREATE TABLE]", "SELECT": "[SELECT]", "roll": "[ROLLBACK ROLLBACK TO SAVEPOINT]", "  drop   v": "[DROP VIEW]", "nonsense": "[]",
		"start transaction": "[BEGIN]", "abort": "[ROLLBACK]", "END;": "[COMMIT]", "alter index": "[ALTER INDEX]", "create recursive view": "[CREATE VIEW]",
		"alter materialized view": "[ALTER VIEW]", "select into": "[CREATE TABLE AS]", "with": "[SELECT]", "table": "[SELECT]", "asof join": "[SELECT]",
	} {
		var names []string
		for _, topic := range topics(asked) {
			names = append(names, topic.name)
		}
		if got := fmt.Sprint(names); got != want {
			t.Errorf("%q: got %s, want %s", asked, got, want)
		}
	}
}
