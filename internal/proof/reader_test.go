package proof

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"driftdb/internal/dberr"
)

// remembered is an answer about the past that must stay the same.
type remembered struct {
	sql  string
	rows []string
}

// TestReaderProcessBesideWriter reads a database that another process writes, checkpoints and
// vacuums all the time: by a reader that stays and by readers that come and go. Every
// answer is whole, never goes back, and what was said of the past stays true.
func TestReaderProcessBesideWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	prepareKill(t, dir)
	stop := startWriter(t, dir)
	stays := openReader(t, dir)
	defer func() { stays.close() }()
	var past []remembered
	last := 0
	enough := func() bool { return last >= 20 && len(past) >= 4 }
	begin := time.Now()
	for time.Since(begin) < readTime(t) || !enough() && time.Since(begin) < time.Minute {
		last = readOnce(t, stays, last, &past)
		comes := openReader(t, dir)
		last = readOnce(t, comes, last, &past)
		if err := comes.close(); err != nil {
			t.Fatal(describe(err))
		}
	}
	stop()
	if !enough() {
		t.Errorf("%d transactions were seen, %d answers kept: the test proves little", last, len(past))
	}
	for _, d := range []*database{stays, openReader(t, dir)} {
		for _, p := range past {
			if got := d.must(t, p.sql); !slices.Equal(got, p.rows) {
				t.Errorf("%s: %v, was %v", p.sql, got, p.rows)
			}
		}
		if d != stays {
			d.close()
		}
	}
}

func readTime(t *testing.T) time.Duration {
	if testing.Short() {
		return time.Second
	}
	return 4 * time.Second
}

func openReader(t *testing.T, dir string) *database {
	t.Helper()
	opts := killOptions()
	opts.Store.ReadOnly = true
	d, err := open(dir, opts)
	if err != nil {
		t.Fatal(describe(err))
	}
	return d
}

// readOnce checks one state, and keeps it to be asked for again. It returns the number of
// transactions in it, which is at least before.
func readOnce(t *testing.T, d *database, before int, past *[]remembered) int {
	t.Helper()
	const sums = `SELECT (SELECT sum(n) FROM c%[1]s), (SELECT count(*) FROM a%[1]s), (SELECT count(*) FROM b%[1]s), (SELECT sum(n) FROM (SELECT max(n) AS n FROM a%[1]s GROUP BY w) AS m)`
	row := strings.Split(d.must(t, "SELECT current_seq(), "+fmt.Sprintf(sums, "")[len("SELECT "):])[0], "|")
	seq := row[0]
	asOf := fmt.Sprintf(sums, " FOR SYSTEM_TIME AS OF @SEQ:"+seq)
	if got := d.must(t, asOf)[0]; got != strings.Join(row[1:], "|") {
		t.Fatalf("now, at event %s: %v; as of then: %s", seq, row[1:], got)
	}
	n, err := strconv.Atoi(row[1])
	if err != nil || n < before {
		t.Fatalf("%s transactions, there were %d: %v", row[1], before, err)
	}
	if n > 0 && row[4] != row[1] && row[4] != "∅" {
		t.Fatalf("half a transaction: the counters say %s, the rows %s", row[1], row[4])
	}
	if len(*past) < 40 && n > before {
		*past = append(*past, remembered{asOf, []string{strings.Join(row[1:], "|")}})
	}
	for _, p := range (*past)[max(0, len(*past)-3):] {
		if got := d.must(t, p.sql); !slices.Equal(got, p.rows) {
			t.Fatalf("%s: %v, was %v", p.sql, got, p.rows)
		}
	}
	// The present can be asked for by its time: the writer closes it, or is too busy and says so.
	if _, err := d.rows("SELECT count(*) FROM a FOR SYSTEM_TIME AS OF now()"); err != nil && dberr.CodeOf(err) != dberr.UnclosedTime {
		t.Fatal(describe(err))
	}
	return n
}

// prepareKill makes the tables that writeForever writes.
func prepareKill(t *testing.T, dir string) {
	t.Helper()
	d, err := create(dir, killOptions())
	if err != nil {
		t.Fatal(describe(err))
	}
	d.must(t, `CREATE TABLE a (w INTEGER, n INTEGER, s TEXT, PRIMARY KEY (w, n)); CREATE TABLE b (w INTEGER, n INTEGER, i INTEGER);
		CREATE TABLE c (w INTEGER PRIMARY KEY, n INTEGER); CREATE INDEX ON b (n); INSERT INTO c SELECT i, 0 FROM generate_series(0, 3) AS g(i)`)
	if err := d.close(); err != nil {
		t.Fatal(describe(err))
	}
}

// startWriter starts a process that writes, and waits for its first commit.
func startWriter(t *testing.T, dir string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), killDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, first, done := bufio.NewScanner(out), make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		for lines.Scan() {
			select {
			case first <- lines.Text():
			default:
			}
			if strings.HasPrefix(lines.Text(), "error") {
				t.Errorf("the writing process failed: %s", lines.Text())
			}
		}
	}()
	select {
	case <-first:
	case <-time.After(20 * time.Second):
		t.Error("the writing process acknowledges nothing")
	}
	return func() {
		cancel()
		<-done
		cmd.Wait()
	}
}
