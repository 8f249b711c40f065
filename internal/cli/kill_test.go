package cli

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// killRounds is how often TestKill kills a writer: a sample in the tests, 200 in make crash.
func killRounds(t *testing.T) int {
	text := os.Getenv("DRIFTDB_CRASH_ROUNDS")
	if text == "" {
		return 4
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rowsOfOne is how many rows each transaction of TestKill writes.
const rowsOfOne = 3

// TestKill kills a writing process with SIGKILL, again and again, and checks each time that every
// transaction it acknowledged is there, that none is there in part, and that doctor is content.
func TestKill(t *testing.T) {
	t.Parallel()
	db := t.TempDir() + "/db"
	mustRun(t, "init", db)
	mustRun(t, "sql", "-d", db, "-q", "-e", "CREATE TABLE t (id BIGINT, part INTEGER, pad TEXT, PRIMARY KEY (id, part))")
	next := 1
	for round := range killRounds(t) {
		if round%3 == 2 {
			mustRun(t, "checkpoint", "-d", db)
		}
		acknowledged := writeUntilKilled(t, db, next, time.Duration(20+rand.IntN(150))*time.Millisecond)
		next = checkAfterKill(t, db, acknowledged) + 1
	}
	if next < 3 {
		t.Errorf("only %d transactions were written: the test proves little", next-1)
	}
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(driftdb, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("driftdb %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// writeUntilKilled runs a writer from transaction number from on and kills it after a while. It
// returns the last number that was acknowledged.
func writeUntilKilled(t *testing.T, db string, from int, after time.Duration) int {
	t.Helper()
	cmd := exec.Command(driftdb, "sql", "-d", db, "-q", "--format", "csv")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go feedTransactions(in, from)
	killed := make(chan struct{})
	last, lines := from-1, bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			continue // a header
		}
		if n == from {
			go func() {
				time.Sleep(after)
				cmd.Process.Kill()
				close(killed)
			}()
		}
		last = n
	}
	cmd.Wait()
	if last < from {
		t.Fatal("the writer ended before its first commit")
	}
	<-killed
	return last
}

// feedTransactions writes transactions, each followed by a query that answers its number, until
// the reader is gone.
func feedTransactions(w io.WriteCloser, from int) {
	defer w.Close()
	for n := from; ; n++ {
		text := "BEGIN;\n"
		for part := range rowsOfOne {
			text += fmt.Sprintf("INSERT INTO t VALUES (%d, %d, '%s');\n", n, part, strings.Repeat("x", n%97))
		}
		if _, err := fmt.Fprintf(w, "%sCOMMIT;\nSELECT %d;\n", text, n); err != nil {
			return
		}
	}
}

// checkAfterKill checks what is there, and returns the number of the last transaction.
func checkAfterKill(t *testing.T, db string, acknowledged int) int {
	t.Helper()
	answer := mustRun(t, "sql", "-d", db, "--format", "csv", "-e",
		"SELECT count(*), count(DISTINCT id), max(id) FROM t", "-e",
		fmt.Sprintf("SELECT id FROM t GROUP BY id HAVING count(*) <> %d OR max(length(pad)) <> id %% 97", rowsOfOne))
	var rows, ids, last int
	if _, err := fmt.Sscanf(answer, "count,count,max\n%d,%d,%d\n", &rows, &ids, &last); err != nil {
		t.Fatalf("%v in %q", err, answer)
	}
	if !strings.HasSuffix(answer, "\nid\n") {
		t.Errorf("transactions are there in part: %s", answer)
	}
	if last < acknowledged || ids != last || rows != last*rowsOfOne {
		t.Errorf("%d was acknowledged; there are %d rows of %d transactions up to %d", acknowledged, rows, ids, last)
	}
	mustRun(t, "doctor", "-d", db)
	return last
}
