package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/formats/rowtext"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
	"driftdb/sqlvec/parse"
)

// getCommands run the statement typed before them and do something else with its rows than show them.
var getCommands = []shellCommand{
	{"gset", "[PREFIX]", "run the statement and set variables of the names of its columns to its one row", (*shell).getVariables},
	{"gexec", "", "run the statement, then every value it answers as a statement", (*shell).runAnswers},
	{"gdesc", "", "the names and types of the statement's columns", (*shell).describeAnswer},
	{"crosstabview", "[ROW COLUMN VALUE SORT]", "run the statement and show its values by rows and columns", (*shell).crossTab},
}

// maxCollected is how many rows a command takes into memory, and maxCrossColumns how many columns
// \crosstabview makes.
const (
	maxCollected    = 1 << 20
	maxCrossColumns = 1600
)

// answer is the rows of a statement as texts.
type answer struct {
	cols []rowtext.Column
	rows [][]types.Value // TEXT, as they are shown
}

// collect runs the statement and returns what it answers. More than limit rows are an error; the first of them come
// with it.
func (sh *shell) collect(c call, command string, limit int) (*answer, error) {
	sql, err := sh.statement(c)
	if err != nil {
		return nil, err
	}
	a := &answer{}
	err = sh.runWith(c.ctx, sql, func(r *sqlvec.Result) error {
		if !r.HasRows() {
			return dberr.Newf(dberr.SyntaxError, "\\%s: the statement answers no rows", command)
		}
		a.cols, a.rows = nil, nil
		for _, col := range r.Columns {
			a.cols = append(a.cols, rowtext.Column{Name: col.Name, Type: col.Type})
		}
		return r.Each(func(b *vec.Batch) error { return a.add(b, limit, command, sh) })
	})
	if err != nil && len(a.rows) == limit {
		return a, err
	}
	if err != nil {
		return nil, err
	}
	if a.cols == nil {
		return nil, errors.New("there is no statement to run")
	}
	return a, nil
}

func (a *answer) add(b *vec.Batch, limit int, command string, sh *shell) error {
	return rowtext.Texts(b, sh.session.Zone(), func(row []string, null []bool) error {
		if len(a.rows) == limit {
			return dberr.Newf(dberr.ProgramLimitExceeded, "\\%s: the statement answers more than %d rows", command, limit)
		}
		values := make([]types.Value, len(row))
		for i, s := range row {
			if values[i] = types.NullOf(types.T(types.Text)); !null[i] {
				values[i] = textValue(s)
			}
		}
		a.rows = append(a.rows, values)
		return nil
	})
}

// runWith runs one statement and gives its results to fn. Its error has the statement with it.
func (sh *shell) runWith(ctx context.Context, sql string, fn func(*sqlvec.Result) error) error {
	text := sh.vars.expand(sql)
	if err := sh.session.Run(ctx, text, fn); err != nil {
		return sh.failed(err, text, 1, "")
	}
	return nil
}

func (sh *shell) getVariables(c call) error {
	a, err := sh.collect(c, "gset", 1)
	if dberr.CodeOf(err) == dberr.ProgramLimitExceeded && a != nil {
		return dberr.New(dberr.CardinalityViolation, "more than one row returned for \\gset")
	}
	if err != nil {
		return err
	}
	if len(a.rows) == 0 {
		return dberr.New(dberr.NoData, "no rows returned for \\gset")
	}
	for i, col := range a.cols {
		name := c.arg(0) + col.Name
		if !isName(name) {
			return dberr.Newf(dberr.InvalidParameterValue, "\\gset: %q cannot be the name of a variable", clean(name)).WithHint("Give the column a name by AS.")
		}
		if v := a.rows[0][i]; v.Valid {
			sh.vars[name] = v.S
		} else {
			delete(sh.vars, name)
		}
	}
	return nil
}

func (sh *shell) runAnswers(c call) error {
	a, err := sh.collect(c, "gexec", maxCollected)
	if err != nil {
		return err
	}
	for _, row := range a.rows {
		for _, v := range row {
			if !v.Valid {
				continue
			}
			if err := sh.runPiece(c.ctx, parse.Piece{Text: v.S, Line: 1}); err != nil {
				return sh.failed(err, v.S, 1, "")
			}
		}
	}
	return nil
}

// describeAnswer is \gdesc: a query is described, not run.
func (sh *shell) describeAnswer(c call) error {
	sql, err := sh.statement(c)
	if err != nil {
		return err
	}
	text := "DESCRIBE " + sh.vars.expand(sql)
	list := &cells{cols: textColumns("Column", "Type")}
	err = sh.session.Run(c.ctx, text, func(r *sqlvec.Result) error {
		return r.Each(func(b *vec.Batch) error {
			return rowtext.Texts(b, sh.session.Zone(), func(row []string, _ []bool) error {
				list.rows = append(list.rows, []types.Value{textValue(row[0]), textValue(row[1])})
				return nil
			})
		})
	})
	if err != nil {
		return sh.failed(err, text, 1, "")
	}
	return sh.write(list)
}

// crossTab is \crosstabview: the first column gives the rows, the second the columns and the third the
// values, unless others are named.
func (sh *shell) crossTab(c call) error {
	a, err := sh.collect(c, "crosstabview", maxCollected)
	if err != nil {
		return err
	}
	if len(a.cols) < 3 {
		return dberr.New(dberr.SyntaxError, "\\crosstabview: the statement must answer at least three columns")
	}
	var at [4]int
	for i := range at {
		if at[i], err = a.column(c.arg(i), i); err != nil {
			return err
		}
	}
	if c.arg(2) == "" && len(a.cols) > 3 {
		return dberr.New(dberr.SyntaxError, "\\crosstabview: the column of the values must be named when there are more than three columns")
	}
	if at[0] == at[1] {
		return dberr.New(dberr.SyntaxError, "\\crosstabview: rows and columns must be of different columns")
	}
	list, err := a.crossed(at[0], at[1], at[2], at[3])
	if err != nil {
		return err
	}
	return sh.write(list)
}

// column finds the column that an argument of \crosstabview names, by name or number; without one it is the
// i-th, and there is no fourth.
func (a *answer) column(arg string, i int) (int, error) {
	if arg == "" {
		if i == 3 {
			return -1, nil
		}
		return i, nil
	}
	var n int
	if _, err := fmt.Sscanf(arg, "%d", &n); err == nil && fmt.Sprint(n) == arg {
		if n < 1 || n > len(a.cols) {
			return 0, dberr.Newf(dberr.InvalidColumnReference, "\\crosstabview: column number %d is out of range 1..%d", n, len(a.cols))
		}
		return n - 1, nil
	}
	found := slices.IndexFunc(a.cols, func(c rowtext.Column) bool { return c.Name == strings.Trim(arg, `"`) })
	if found < 0 {
		return 0, dberr.Newf(dberr.UndefinedColumn, "\\crosstabview: column name not found: \"%s\"", clean(arg))
	}
	return found, nil
}

// crossed arranges values by the rows and columns that they are of. The columns come in the order of their
// first value, or of the numbers in sort.
func (a *answer) crossed(row, column, value, sort int) (*cells, error) {
	type place struct{ row, column int }
	rowAt, columnAt := map[types.Value]int{}, map[types.Value]int{}
	var rows, heads, order []types.Value
	values := map[place]types.Value{}
	for _, r := range a.rows {
		if _, ok := rowAt[r[row]]; !ok {
			rowAt[r[row]] = len(rows)
			rows = append(rows, r[row])
		}
		if _, ok := columnAt[r[column]]; !ok {
			columnAt[r[column]] = len(heads)
			heads = append(heads, r[column])
			if sort >= 0 {
				order = append(order, r[sort])
			}
		}
		at := place{rowAt[r[row]], columnAt[r[column]]}
		if _, twice := values[at]; twice {
			return nil, dberr.Newf(dberr.CardinalityViolation, "\\crosstabview: the result has several values for row \"%s\", column \"%s\"", clean(shownValue(r[row])), clean(shownValue(r[column])))
		}
		values[at] = r[value]
	}
	if len(heads) > maxCrossColumns {
		return nil, dberr.Newf(dberr.ProgramLimitExceeded, "\\crosstabview: there are %d columns, and %d is the limit", len(heads), maxCrossColumns)
	}
	shown := make([]int, len(heads))
	for i := range shown {
		shown[i] = i
	}
	if sort >= 0 {
		if err := sortHeads(shown, order); err != nil {
			return nil, err
		}
	}
	text := types.T(types.Text)
	list := &cells{cols: textColumns(a.cols[row].Name)}
	for _, i := range shown {
		list.cols = append(list.cols, rowtext.Column{Name: shownValue(heads[i]), Type: text})
	}
	for i, name := range rows {
		line := []types.Value{name}
		for _, k := range shown {
			v, ok := values[place{i, k}]
			if !ok {
				v = textValue("")
			}
			line = append(line, v)
		}
		list.rows = append(list.rows, line)
	}
	return list, nil
}

// sortHeads sorts the columns by their whole numbers in order.
func sortHeads(shown []int, order []types.Value) error {
	numbers := make([]int64, len(order))
	for i, v := range order {
		if _, err := fmt.Sscanf(v.S, "%d", &numbers[i]); err != nil || fmt.Sprint(numbers[i]) != v.S {
			return dberr.Newf(dberr.InvalidParameterValue, "\\crosstabview: \"%s\" is no whole number to sort columns by", clean(v.S))
		}
	}
	slices.SortStableFunc(shown, func(i, j int) int { return int(min(1, max(-1, numbers[i]-numbers[j]))) })
	return nil
}

func shownValue(v types.Value) string {
	if !v.Valid {
		return ""
	}
	return v.S
}
