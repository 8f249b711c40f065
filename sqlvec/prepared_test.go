package sqlvec_test

import (
	"context"
	"reflect"
	"strings"

	"driftdb/internal/logictest"
	"driftdb/sqlvec/parse"
)

// preparingConn prepares every statement that can be, with its quoted literals as parameters, and
// executes it. What cannot be prepared or fails is run as it is written, so that errors have their
// places in the text.
type preparingConn struct{ conn }

func (c *preparingConn) Exec(ctx context.Context, sql string) ([]logictest.Result, error) {
	list, err := parse.Parse(sql)
	if err != nil || len(list) != 1 {
		return c.conn.Exec(ctx, sql)
	}
	st := list[0].Stmt
	switch st.(type) {
	case *parse.Query, *parse.Insert, *parse.Update, *parse.Delete:
	default:
		return c.conn.Exec(ctx, sql)
	}
	if out, ok := c.prepared(ctx, st); ok {
		return out, nil
	}
	return c.conn.Exec(ctx, sql)
}

// prepared prepares and executes a statement; ok is false, and nothing is done, where it fails.
func (c *preparingConn) prepared(ctx context.Context, st parse.Stmt) (out []logictest.Result, ok bool) {
	if parse.ParamCount(st) > 0 {
		return nil, false
	}
	values := parameterize(st)
	if c.do(ctx, "SAVEPOINT logictest_each") {
		defer func() {
			if !ok {
				c.do(ctx, "ROLLBACK TO logictest_each")
			}
			c.do(ctx, "RELEASE logictest_each")
		}()
	}
	if !c.do(ctx, "PREPARE logictest_each AS "+parse.Format(st)) {
		return nil, false
	}
	defer c.do(ctx, "DEALLOCATE logictest_each")
	execute := "EXECUTE logictest_each"
	if len(values) > 0 {
		execute += " (" + strings.Join(values, ", ") + ")"
	}
	out, err := c.conn.Exec(ctx, execute)
	return out, err == nil
}

func (c *preparingConn) do(ctx context.Context, sql string) bool {
	_, err := c.conn.Exec(ctx, sql)
	return err == nil
}

// parameterize puts parameters in the places of the quoted literals of a statement, and returns
// these.
func parameterize(st parse.Stmt) (values []string) {
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Interface:
			if lit, ok := v.Interface().(*parse.Literal); ok && lit.Kind == parse.LitString && v.CanSet() {
				values = append(values, parse.Format(lit))
				v.Set(reflect.ValueOf(&parse.Param{Pos: lit.Pos, N: len(values)}))
				return
			}
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		}
	}
	walk(reflect.ValueOf(st))
	return values
}
