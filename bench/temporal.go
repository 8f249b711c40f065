package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"driftdb/sqlvec"
)

const temporalTitle = "Temporal"

// temporal measures questions about the past beside a system-versioned table of MariaDB: at one point,
// at 1,464 points, of one row, of all versions, between two points; and the as-of join beside DuckDB.
// Both tables have the same history: one transaction a round, whose time is set in MariaDB.
func (r *run) temporal(ctx context.Context) error {
	dir, err := r.scratch("temporal")
	if err != nil {
		return err
	}
	maria, err := r.mariaPeer(ctx)
	if err != nil {
		return err
	}
	if maria != nil {
		defer maria.close()
	}
	for _, versions := range []int{1, 10, 100} {
		h := &versioned{r: r, maria: maria, name: fmt.Sprintf("h%d", versions), rows: max(r.Rows/20/versions, 2), rounds: versions - 1}
		if err := h.measure(ctx, dir, h.pastQuestions); err != nil {
			return err
		}
	}
	series := &versioned{r: r, maria: maria, name: "series", rows: 1000, rounds: min(seriesPoints, max(r.Rows/100, 10)) - 1, part: 100}
	if err := series.measure(ctx, dir, series.seriesQuestions); err != nil {
		return err
	}
	return r.asOfJoin(ctx)
}

// mariaPeer starts MariaDB, or says that it is left out and returns nil.
func (r *run) mariaPeer(ctx context.Context) (*mariaDB, error) {
	if r.MariaDB == "" {
		return nil, nil
	}
	m, err := startMariaDB(ctx, r.MariaDB)
	if err != nil {
		r.say("MariaDB is left out: %v", err)
		return nil, nil
	}
	if m == nil {
		r.say("MariaDB is left out: there is no server %s", r.MariaDB)
		return nil, nil
	}
	r.version("MariaDB %s", m.Version)
	return m, nil
}

// seriesPoints are the points of a series over a table of 1,000 rows.
const seriesPoints = 1464

// versioned is a table with a history in both systems.
type versioned struct {
	r      *run
	maria  *mariaDB // nil when it is left out
	name   string
	rows   int
	rounds int // transactions of changes after the load
	part   int // a round changes every part-th row; 0 all
	s      *sqlvec.Session
	seqs   []int64 // of the load and every round
	slow   map[string]mariaAnswer
}

// question is one text in both dialects.
type question struct {
	name, ours, maria string
	slow              bool // MariaDB takes seconds: it is asked once
}

// mariaAnswer is what MariaDB answered, and the time it took.
type mariaAnswer struct {
	rows   peerAnswer
	millis float64
}

// firstSecond is the time of the load in MariaDB, in seconds; every round is a second later.
const firstSecond = 1_700_000_000

// at is the temporal clause of a round in both dialects.
func (h *versioned) at(round int) (ours, maria string) {
	return fmt.Sprintf("FOR SYSTEM_TIME AS OF @SEQ:%d", h.seqs[round]), fmt.Sprintf("FOR SYSTEM_TIME AS OF FROM_UNIXTIME(%d)", firstSecond+round)
}

// measure makes the history in a new database and times the questions.
func (h *versioned) measure(ctx context.Context, dir string, questions func() []question) error {
	db, err := h.r.create(filepath.Join(dir, h.name))
	if err != nil {
		return err
	}
	defer db.Close()
	h.s = db.Session()
	defer h.s.Close()
	if err := h.load(ctx); err != nil {
		return err
	}
	for _, q := range questions() {
		row := Row{Workload: temporalTitle, Name: q.name, Unit: "ms", PeerName: "MariaDB"}
		if err := h.ask(ctx, &row, q); err != nil {
			h.r.fail(&row, err)
		}
		h.r.row(row)
	}
	return nil
}

// load makes the history.
func (h *versioned) load(ctx context.Context) error {
	const columns = "(id BIGINT PRIMARY KEY, grp INTEGER, v BIGINT)"
	if err := h.change(ctx, -1, "CREATE TABLE h "+columns, fmt.Sprintf("CREATE TABLE %s %s WITH SYSTEM VERSIONING", h.name, columns)); err != nil {
		return err
	}
	const insert = "INSERT INTO %s SELECT %s, %s %% 100, %s * 7 FROM "
	ours := fmt.Sprintf(insert+"generate_series(1, %d) AS g(i)", "h", "i", "i", "i", h.rows)
	maria := fmt.Sprintf(insert+"seq_1_to_%d", h.name, "seq", "seq", "seq", h.rows)
	if err := h.change(ctx, 0, ours, maria); err != nil {
		return err
	}
	for round := 1; round <= h.rounds; round++ {
		where := ""
		if h.part > 0 {
			where = fmt.Sprintf(" WHERE id %% %d = %d", h.part, round%h.part)
		}
		if err := h.change(ctx, round, "UPDATE h SET v = v + 1"+where, "UPDATE "+h.name+" SET v = v + 1"+where); err != nil {
			return err
		}
	}
	if h.maria != nil {
		if _, _, err := h.maria.run("ANALYZE TABLE " + h.name); err != nil {
			return err
		}
	}
	_, _, err := query(ctx, h.s, "CHECKPOINT")
	return err
}

// change makes one change in both systems and keeps its point.
func (h *versioned) change(ctx context.Context, round int, ours, maria string) error {
	if _, _, err := query(ctx, h.s, ours); err != nil {
		return err
	}
	if round >= 0 {
		seq, err := currentSeq(ctx, h.s)
		if err != nil {
			return err
		}
		h.seqs = append(h.seqs, seq)
		maria = fmt.Sprintf("SET timestamp = %d; %s", firstSecond+round, maria)
	}
	if h.maria == nil {
		return nil
	}
	_, _, err := h.maria.run(maria)
	return err
}

// ask compares and times one question.
func (h *versioned) ask(ctx context.Context, row *Row, q question) error {
	rows, err := answerOf(ctx, h.s, q.ours)
	if err != nil {
		return err
	}
	if h.maria != nil {
		answer, err := h.first(q)
		if err != nil {
			return err
		}
		if err := sameAnswer(rows, answer.rows); err != nil {
			return err
		}
		if q.slow {
			row.Peer, row.Note = Sample{answer.millis}, "MariaDB was asked once"
		}
	}
	for range h.r.few() {
		d, _, err := query(ctx, h.s, q.ours)
		if err != nil {
			return err
		}
		row.Ours = append(row.Ours, millis(d))
		if h.maria == nil || q.slow {
			continue
		}
		if _, d, err = h.maria.run(q.maria); err != nil {
			return err
		}
		row.Peer = append(row.Peer, millis(d))
	}
	return nil
}

// first asks MariaDB for comparison. What is slow is asked once for all questions with the same text.
func (h *versioned) first(q question) (mariaAnswer, error) {
	if a, ok := h.slow[q.maria]; ok {
		return a, nil
	}
	rows, d, err := h.maria.answer(q.maria)
	a := mariaAnswer{rows, millis(d)}
	if q.slow && err == nil {
		h.slow = map[string]mariaAnswer{q.maria: a}
	}
	return a, err
}

// pastQuestions are asked of tables with 1, 10 and 100 versions a row.
func (h *versioned) pastQuestions() []question {
	middle, last := (h.rounds+1)/2, h.rounds
	at, mariaAt := h.at(middle)
	about := fmt.Sprintf(", %d versions a row, %d rows", h.rounds+1, h.rows)
	list := []question{
		{"sum now" + about, "SELECT count(*), sum(v) FROM h", "SELECT count(*), sum(v) FROM " + h.name, false},
		{"sum AS OF the middle" + about, "SELECT count(*), sum(v) FROM h " + at, "SELECT count(*), sum(v) FROM " + h.name + " " + mariaAt, false},
		{"groups AS OF the middle" + about, "SELECT grp, sum(v) FROM h " + at + " GROUP BY grp", "SELECT grp, sum(v) FROM " + h.name + " " + mariaAt + " GROUP BY grp", false},
		{"one row AS OF the middle" + about, fmt.Sprintf("SELECT id, grp, v FROM h %s WHERE id = %d", at, h.rows/2), fmt.Sprintf("SELECT id, grp, v FROM %s %s WHERE id = %d", h.name, mariaAt, h.rows/2), false},
		{"history of one row" + about, fmt.Sprintf("SELECT id, grp, v FROM h FOR SYSTEM_TIME ALL WHERE id = %d ORDER BY system_seq_start", h.rows/2),
			fmt.Sprintf("SELECT id, grp, v FROM %s FOR SYSTEM_TIME ALL WHERE id = %d ORDER BY row_start", h.name, h.rows/2), false},
	}
	if h.rounds == 0 {
		return list
	}
	// blame: the version in which each row got the value it has
	const blame = "SELECT id, max(k) FROM (SELECT id, v, row_number() OVER w AS k, lag(v) OVER w AS p FROM %s FOR SYSTEM_TIME ALL WINDOW w AS (PARTITION BY id ORDER BY %s)) AS t WHERE v <> p GROUP BY id"
	const diff = "SELECT count(*), sum(id), sum(v) FROM (SELECT id, v FROM %s %s EXCEPT SELECT id, v FROM %[1]s %s) AS d"
	end, mariaEnd := h.at(last)
	return append(list,
		question{"blame: the version of each value" + about, fmt.Sprintf(blame, "h", "system_seq_start"), fmt.Sprintf(blame, h.name, "row_start"), false},
		question{"diff: what is not as in the middle" + about, fmt.Sprintf(diff, "h", end, at), fmt.Sprintf(diff, h.name, mariaEnd, mariaAt), false})
}

// seriesQuestions ask for the sum at every point: by one query, which MariaDB has not, and by one
// query a point.
func (h *versioned) seriesQuestions() []question {
	var points []string
	var maria, ours strings.Builder
	for i, seq := range h.seqs {
		points = append(points, fmt.Sprintf("(%d, %d)", i, seq))
		at, mariaAt := h.at(i)
		fmt.Fprintf(&ours, "SELECT %d, sum(v) FROM h %s;\n", i, at)
		fmt.Fprintf(&maria, "SELECT %d, sum(v) FROM %s %s;\n", i, h.name, mariaAt)
	}
	one := "SELECT p.n, sum(h.v) FROM (VALUES " + strings.Join(points, ", ") + ") AS p(n, seq) JOIN h FOR SYSTEM_TIME AS OF @SEQ:p.seq AS h ON true GROUP BY p.n"
	about := fmt.Sprintf(" at %d points, %d rows", len(h.seqs), h.rows)
	all := strings.TrimSuffix(maria.String(), ";\n")
	return []question{
		{"sum" + about + ", one query", one, all, true},
		{"sum" + about + ", a query each", ours.String(), all, true},
	}
}

// asOfJoin measures the join of trades with the last quote before each, beside DuckDB.
func (r *run) asOfJoin(ctx context.Context) error {
	dir, err := r.scratch(filepath.Join("temporal", "join"))
	if err != nil {
		return err
	}
	return r.bothWith(ctx, dir, []string{
		"CREATE TABLE trades (sym INTEGER, moment BIGINT, n INTEGER)",
		"CREATE TABLE quotes (sym INTEGER, moment BIGINT, price BIGINT)",
		fmt.Sprintf("INSERT INTO trades SELECT CAST((i * 48271) %% 100 AS INTEGER), i * 10, CAST(i %% 7 AS INTEGER) FROM generate_series(CAST(1 AS BIGINT), CAST(%d AS BIGINT)) AS g(i)", max(r.Rows/8, 1)),
		fmt.Sprintf("INSERT INTO quotes SELECT CAST((i * 69621) %% 100 AS INTEGER), i * 5, i %% 1009 FROM generate_series(CAST(1 AS BIGINT), CAST(%d AS BIGINT)) AS g(i)", max(r.Rows/4, 1)),
		"CHECKPOINT",
	}, func(s *sqlvec.Session, peer *duckDB) error {
		r.pairRow(ctx, s, peer, Row{Workload: temporalTitle, Name: fmt.Sprintf("as-of join of %d with %d rows", max(r.Rows/8, 1), max(r.Rows/4, 1))},
			"SELECT count(*), sum(t.n * q.price) FROM trades t ASOF JOIN quotes q ON t.sym = q.sym AND t.moment >= q.moment")
		return nil
	})
}
