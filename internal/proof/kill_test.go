package proof

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"driftdb/colstore"
	"driftdb/sqlvec"
)

// killDir is set in the environment of the process that is to be killed.
const killDir = "DRIFTDB_PROOF_KILL_DIR"

// TestMain turns this binary into the writing process when the test starts it so.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		if err := writeForever(dir); err != nil {
			fmt.Println("error", describe(err))
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// killOptions make checkpoints and segments frequent, so that a kill meets them.
func killOptions() sqlvec.Options {
	return sqlvec.Options{Store: colstore.Options{AutoCheckpoint: true, TailLimit: 64 << 10, SegmentMin: 64 << 10, SegmentMax: 256 << 10, InlineRows: 50}}
}

const killWriters = 4

// writeForever commits transactions from several sessions and prints "ack WRITER N" for
// each one that is durable. Transaction N of a writer inserts N into a and into b, ends
// N-3 in a, and moves the writer's counter in c, so that a half transaction shows.
func writeForever(dir string) error {
	d, err := open(dir, killOptions())
	if err != nil {
		return err
	}
	var mu sync.Mutex
	errs := make(chan error, killWriters+1)
	for w := range killWriters {
		go func() { errs <- writeAs(d.db, w, &mu) }()
	}
	go func() { errs <- maintain(d.db) }()
	return <-errs
}

// writeAs is one writer: it goes on behind the counter that it finds.
func writeAs(db *sqlvec.DB, w int, mu *sync.Mutex) error {
	s := db.Session()
	rows, err := rowsOf(s, fmt.Sprintf("SELECT n FROM c WHERE w = %d", w))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(rows[0])
	if err != nil {
		return err
	}
	for {
		n++
		sql := fmt.Sprintf(`BEGIN; INSERT INTO a VALUES (%[1]d, %[2]d, 'text of %[2]d'); INSERT INTO b SELECT %[1]d, %[2]d, i FROM generate_series(1, %[3]d) AS g(i);
			DELETE FROM a WHERE w = %[1]d AND n = %[4]d; UPDATE c SET n = %[2]d WHERE w = %[1]d; COMMIT`, w, n, bulkRows(n), n-3)
		if _, err := rowsOf(s, sql); err != nil {
			return fmt.Errorf("writer %d transaction %d: %w", w, n, err)
		}
		mu.Lock()
		fmt.Println("ack", w, n)
		mu.Unlock()
	}
}

// bulkRows is how many rows transaction n adds to b: some go inline, some as a part.
func bulkRows(n int) int {
	if n%10 == 0 {
		return 120
	}
	return 1 + n%3
}

// maintain checkpoints and vacuums all the time.
func maintain(db *sqlvec.DB) error {
	s := db.Session()
	for {
		time.Sleep(30 * time.Millisecond)
		if _, err := rowsOf(s, "CHECKPOINT; VACUUM"); err != nil {
			return fmt.Errorf("maintenance: %w", err)
		}
	}
}

// TestKill kills a writing process at random moments, again and again on the same
// database, and checks after each kill that every acknowledged transaction is there, that
// no half transaction is, and that the doctor finds nothing. DRIFTDB_CRASH_ROUNDS sets
// the number of kills.
func TestKill(t *testing.T) {
	rounds := 6
	if n, err := strconv.Atoi(os.Getenv("DRIFTDB_CRASH_ROUNDS")); err == nil {
		rounds = n
	}
	dir := t.TempDir() + "/db"
	prepareKill(t, dir)
	acked := make([]int, killWriters)
	for round := range rounds {
		killOnce(t, dir, acked)
		checkKilled(t, dir, acked, round)
	}
	t.Logf("%d kills, %v transactions acknowledged", rounds, acked)
	if slices.Max(acked) == 0 {
		t.Error("no transaction was acknowledged: the test proves nothing")
	}
}

// killOnce starts the writing process, reads its acknowledgements and kills it.
func killOnce(t *testing.T, dir string, acked []int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), killDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The process is given the time to acknowledge something, for a while at most; then the
	// kill comes at any moment.
	timer := time.AfterFunc(10*time.Second, cancel)
	defer timer.Stop()
	lines := bufio.NewScanner(out)
	for first := true; lines.Scan(); {
		var w, n int
		if _, err := fmt.Sscanf(lines.Text(), "ack %d %d", &w, &n); err == nil && strings.Count(lines.Text(), " ") == 2 {
			if first {
				first = false
				timer.Reset(time.Duration(rand.IntN(400)) * time.Millisecond)
			}
			acked[w] = n
			continue
		}
		if strings.HasPrefix(lines.Text(), "error") {
			t.Errorf("the writing process failed: %s", lines.Text())
		}
	}
	cmd.Wait()
}

// checkKilled opens the database as the next process does and checks it.
func checkKilled(t *testing.T, dir string, acked []int, round int) {
	t.Helper()
	d, err := open(dir, killOptions())
	if err != nil {
		t.Fatalf("round %d: open: %s", round, describe(err))
	}
	for w := range killWriters {
		n, err := strconv.Atoi(d.must(t, fmt.Sprintf("SELECT n FROM c WHERE w = %d", w))[0])
		if err != nil || n < acked[w] {
			t.Fatalf("round %d: writer %d had %d acknowledged, the database has %d (%v)", round, w, acked[w], n, err)
		}
		acked[w] = n // what was durable stays durable, acknowledged or not
		wantB := 0
		for k := 1; k <= n; k++ {
			wantB += bulkRows(k)
		}
		got := d.must(t, fmt.Sprintf("SELECT (SELECT count(*) FROM b WHERE w = %[1]d), (SELECT count(*) FROM a WHERE w = %[1]d), (SELECT max(n) FROM a WHERE w = %[1]d)", w))
		want := fmt.Sprintf("%d|%d|%d", wantB, min(n, 3), n)
		if n > 0 && got[0] != want {
			t.Fatalf("round %d: writer %d at transaction %d has %s, want %s", round, w, n, got[0], want)
		}
	}
	if err := d.close(); err != nil {
		t.Fatalf("round %d: close: %s", round, describe(err))
	}
	report, err := colstore.Doctor(dir, killOptions().Store, false)
	if err != nil {
		t.Fatalf("round %d: doctor: %s", round, describe(err))
	}
	for _, p := range report.Problems {
		t.Errorf("round %d: doctor: %s offset %d table %q: %s", round, p.File, p.Offset, p.Table, p.What)
	}
}
