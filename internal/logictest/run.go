package logictest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"driftdb/internal/dberr"
)

// Run runs every file that pattern matches under every configuration, each on a
// fresh engine that open makes. It fails the test if there is no file.
func Run(t *testing.T, pattern string, open func(t *testing.T, c Config) Engine) {
	RunConfigs(t, pattern, Configs, open)
}

// RunConfigs is Run with a choice of configurations.
func RunConfigs(t *testing.T, pattern string, configs []Config, open func(t *testing.T, c Config) Engine) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s (%v)", pattern, err)
	}
	for _, c := range configs {
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
			t.Run(c.Name+"/"+name, func(t *testing.T) {
				for _, err := range File(t.Context(), file, c, open(t, c)) {
					t.Error(err)
				}
			})
		}
	}
}

// maxErrors is after how many failures a file is given up.
const maxErrors = 50

// File runs one file on an engine and closes it. It returns what was wrong, a
// file and line in each error.
func File(ctx context.Context, path string, c Config, e Engine) []error {
	records, err := readFile(path)
	if err != nil {
		return []error{errors.Join(err, e.Close())}
	}
	r := newRunner(ctx, c, e)
	r.run(records)
	r.closeConns()
	if err := e.Close(); err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: close: %w", path, err))
	}
	return r.errs
}

// session is a connection and what is known of its state.
type session struct {
	conn  Conn
	open  bool // in a transaction
	state bool // has settings or statements that a reopen would lose
}

// maintenance is the session in which checkpoints run.
const maintenance = "#maintenance"

// runner runs the records of one file.
type runner struct {
	ctx       context.Context
	config    Config
	engine    Engine
	sessions  map[string]*session
	current   string
	vars      map[string]string
	labels    map[string][]string
	threshold int
	stopped   bool
	errs      []error
	// answer, if set, takes the place of checking a statement or query.
	answer func(rec *record, res []Result, err error)
}

func newRunner(ctx context.Context, c Config, e Engine) *runner {
	return &runner{ctx: ctx, config: c, engine: e, sessions: map[string]*session{}, vars: map[string]string{}, labels: map[string][]string{}}
}

func (r *runner) fail(rec *record, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s: %w\n%s", rec.where(), fmt.Errorf(format, args...), r.expand(rec.sql)))
	if len(r.errs) >= maxErrors {
		r.stopped = true
	}
}

func (r *runner) run(records []*record) {
	for _, rec := range records {
		if r.stopped || r.ctx.Err() != nil {
			return
		}
		if !r.skips(rec) {
			r.record(rec)
		}
	}
}

// skips reports whether a record is not for this engine or configuration.
func (r *runner) skips(rec *record) bool {
	here := func(name string) bool { return name == r.config.Name || name == r.engine.Name() }
	return slices.ContainsFunc(rec.skipIf, here) || len(rec.onlyIf) > 0 && !slices.ContainsFunc(rec.onlyIf, here)
}

func (r *runner) record(rec *record) {
	switch rec.kind {
	case kindStatement, kindQuery, kindLet:
		r.sql(rec)
		r.afterEach(rec)
	case kindConnection:
		r.current = rec.arg
	case kindCheckpoint:
		r.must(rec, r.current, "CHECKPOINT")
	case kindVacuum:
		r.must(rec, r.current, "VACUUM")
	case kindReopen:
		r.reopen(rec)
	case kindRequire:
		r.stopped = r.engine.Name() != rec.arg
	case kindThreshold:
		r.threshold, _ = strconv.Atoi(rec.arg)
	case kindHalt:
		r.stopped = true
	case kindLoop:
		for i := rec.from; i < rec.to; i++ {
			r.vars[rec.arg] = strconv.Itoa(i)
			r.run(rec.body)
		}
	}
}

// expand puts variables into text.
func (r *runner) expand(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	for name, value := range r.vars {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	return text
}

// session returns a session by name, connecting if there is none.
func (r *runner) session(name string) (*session, error) {
	if s := r.sessions[name]; s != nil {
		return s, nil
	}
	conn, err := r.engine.Connect(r.ctx)
	if err != nil {
		return nil, err
	}
	r.sessions[name] = &session{conn: conn}
	return r.sessions[name], nil
}

// sql executes a record and checks the answer.
func (r *runner) sql(rec *record) {
	s, err := r.session(r.current)
	if err != nil {
		r.fail(rec, "connect: %w", err)
		return
	}
	res, err := s.conn.Exec(r.ctx, r.expand(rec.sql))
	for _, one := range res {
		s.note(one.Tag, rec.sql)
	}
	switch {
	case r.answer != nil && rec.kind != kindLet:
		r.answer(rec, res, err)
	case rec.fails:
		r.checkError(rec, err)
	case err != nil:
		r.fail(rec, "%w", withCode(err))
	case rec.kind == kindStatement:
		r.checkCount(rec, res)
	case rec.kind == kindLet:
		r.keep(rec, res)
	default:
		r.checkQuery(rec, res)
	}
}

// withCode adds the SQLSTATE to an error's text.
func withCode(err error) error {
	var e *dberr.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%s at %d: %w", e.Code, e.Pos, err)
	}
	return err
}

// rollbackTo finds a rollback to a savepoint, whose tag is that of a whole one.
var rollbackTo = regexp.MustCompile(`(?i)\brollback\b.*\bto\b`)

// note keeps track of transactions and session state by command tags.
func (s *session) note(tag, sql string) {
	word, _, _ := strings.Cut(tag, " ")
	switch word {
	case "BEGIN", "START":
		s.open = true
	case "COMMIT", "ROLLBACK":
		s.open = s.open && rollbackTo.MatchString(sql)
	case "SET", "PREPARE", "DECLARE":
		s.state = true
	case "CREATE":
		s.state = s.state || strings.Contains(strings.ToUpper(sql), " TEMP")
	}
}

func (r *runner) checkError(rec *record, err error) {
	var e *dberr.Error
	switch {
	case err == nil:
		r.fail(rec, "succeeded, want error %s", rec.code)
	case !errors.As(err, &e):
		r.fail(rec, "failed without SQLSTATE, want %s: %w", rec.code, err)
	case e.Code != rec.code:
		r.fail(rec, "want error %s: %w", rec.code, withCode(err))
	case rec.pos != 0 && e.Pos != rec.pos:
		r.fail(rec, "want error at %d: %w", rec.pos, withCode(err))
	case rec.match != nil && !rec.match.MatchString(e.Message+"\n"+e.Detail):
		r.fail(rec, "want error like %q: %w", rec.match, withCode(err))
	}
}

// rowsOf is the number at the end of a command tag, or of the rows.
func rowsOf(res Result) int {
	i := strings.LastIndexByte(res.Tag, ' ')
	if n, err := strconv.Atoi(res.Tag[i+1:]); err == nil {
		return n
	}
	return len(res.Rows)
}

func (r *runner) checkCount(rec *record, res []Result) {
	if rec.count < 0 {
		return
	}
	if len(res) == 0 {
		r.fail(rec, "no result")
		return
	}
	if got := rowsOf(res[len(res)-1]); got != rec.count {
		r.fail(rec, "%d rows, want %d", got, rec.count)
	}
}

func (r *runner) keep(rec *record, res []Result) {
	if len(res) != 1 || len(res[0].Rows) != 1 || len(res[0].Rows[0]) != 1 {
		r.fail(rec, "let wants one value")
		return
	}
	r.vars[rec.arg] = res[0].Rows[0][0]
}

func (r *runner) checkQuery(rec *record, res []Result) {
	if len(res) == 0 || res[len(res)-1].Columns == nil && len(res[len(res)-1].Rows) == 0 && rec.types != "" {
		r.fail(rec, "no rows were answered")
		return
	}
	last := &res[len(res)-1]
	if err := checkTypes(rec.types, last); err != nil {
		r.fail(rec, "%w", err)
		return
	}
	rows := render(last, rec.sort)
	if rec.answered {
		want := make([]string, len(rec.expected))
		for i, line := range rec.expected {
			want[i] = r.expand(line)
		}
		if err := compare(want, rows, rec.sort); err != nil {
			r.fail(rec, "%w", err)
		}
	}
	if rec.label == "" {
		return
	}
	if before, ok := r.labels[rec.label]; ok && !slices.Equal(before, flat(rows)) {
		r.fail(rec, "label %s answered differently before", rec.label)
	}
	r.labels[rec.label] = flat(rows)
}

// must executes SQL that is not to fail.
func (r *runner) must(rec *record, name, sql string) {
	s, err := r.session(name)
	if err == nil {
		_, err = s.conn.Exec(r.ctx, sql)
	}
	if err != nil {
		r.fail(rec, "%s: %w", strings.ToLower(sql), withCode(err))
	}
}

// afterEach does what the configuration wants after every statement.
func (r *runner) afterEach(rec *record) {
	if r.config.CheckpointEach {
		r.must(rec, maintenance, "CHECKPOINT")
	}
	if !r.config.ReopenEach {
		return
	}
	for _, s := range r.sessions {
		if s.open || s.state {
			return
		}
	}
	r.reopen(rec)
}

func (r *runner) reopen(rec *record) {
	r.closeConns()
	if err := r.engine.Reopen(); err != nil {
		r.fail(rec, "reopen: %w", err)
		r.stopped = true
	}
}

func (r *runner) closeConns() {
	for name, s := range r.sessions {
		if err := s.conn.Close(); err != nil {
			r.errs = append(r.errs, fmt.Errorf("close session %q: %w", name, err))
		}
	}
	clear(r.sessions)
}
