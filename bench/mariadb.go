package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// DebianMariaDB is where Debian's package mariadb-server puts the server. Its client and
// mariadb-install-db are looked for in PATH.
const DebianMariaDB = "/usr/sbin/mariadbd"

// mariaDB is a server of the benchmark's own on a unix socket and its command-line client, which
// answers one text of statements at a time. It is not safe for concurrent use.
type mariaDB struct {
	dir     string // of the data and the socket
	server  *exec.Cmd
	client  *process
	errors  bytes.Buffer // of the client
	texts   int
	Version string
}

// startMariaDB makes a data directory and starts the server. It returns nil when the server is not
// installed.
func startMariaDB(ctx context.Context, server string) (*mariaDB, error) {
	if _, err := os.Stat(server); err != nil {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "driftdb-bench-mdb-") // a socket's path must be short
	if err != nil {
		return nil, err
	}
	m := &mariaDB{dir: dir}
	if err := m.start(ctx, server); err != nil {
		m.close()
		return nil, fmt.Errorf("MariaDB: %w", err)
	}
	return m, nil
}

// start makes the data directory and starts the server and the client.
func (m *mariaDB) start(ctx context.Context, server string) error {
	data, socket := filepath.Join(m.dir, "data"), filepath.Join(m.dir, "socket")
	var as []string
	if os.Geteuid() == 0 {
		as = []string{"--user=root"} // the server refuses root that does not name itself
	}
	install := append([]string{"--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--datadir=" + data}, as...)
	if out, err := exec.CommandContext(ctx, "mariadb-install-db", install...).CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(m.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	m.server = exec.Command(server, append([]string{"--no-defaults", "--datadir=" + data, "--socket=" + socket, "--skip-networking", "--pid-file=" + filepath.Join(m.dir, "pid")}, as...)...)
	m.server.Stdout, m.server.Stderr = log, log
	if err := m.server.Start(); err != nil {
		m.server = nil
		return err
	}
	if err := waitFor(ctx, socket, 30*time.Second); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("the server does not answer: %w\n%s", err, text)
	}
	if err := m.connect(socket); err != nil {
		return err
	}
	if _, _, err := m.run("CREATE DATABASE bench; USE bench"); err != nil {
		return err
	}
	a, _, err := m.run("SELECT version()")
	if err == nil {
		m.Version = a[0][0]
	}
	return err
}

// waitFor waits for a file to appear.
func waitFor(ctx context.Context, path string, most time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// connect starts the client.
func (m *mariaDB) connect(socket string) error {
	cmd := exec.Command("mariadb", "--no-defaults", "--socket="+socket, "--user=root", "--batch", "--skip-column-names", "--unbuffered")
	cmd.Stderr = &m.errors
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	m.client = &process{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<20)}
	return nil
}

// run runs statements, separated by semicolons, and returns their rows as text and the time until
// the last of them was read.
func (m *mariaDB) run(statements string) (rows [][]string, d time.Duration, err error) {
	m.texts++
	end := fmt.Sprintf("-- end of text %d --", m.texts)
	start := time.Now()
	sent := make(chan error, 1)
	go func() { // the rows of the first statements may have to be read before the last are taken
		_, err := io.WriteString(m.client.in, statements+";\nSELECT '"+end+"';\n")
		sent <- err
	}()
	for {
		line, err := m.client.out.ReadString('\n')
		if err != nil {
			return nil, 0, fmt.Errorf("MariaDB's client ended: %w\n%s", err, m.errors.Bytes())
		}
		if line = strings.TrimSuffix(line, "\n"); line == end {
			return rows, time.Since(start), <-sent
		}
		rows = append(rows, strings.Split(line, "\t"))
	}
}

// answer runs a query for comparison.
func (m *mariaDB) answer(q string) (peerAnswer, time.Duration, error) {
	rows, d, err := m.run(q)
	a := peerAnswer{Count: int64(len(rows))}
	for _, row := range rows {
		values := make([]any, len(row))
		for i, v := range row {
			values[i] = v
		}
		a.Rows = append(a.Rows, values)
	}
	return a, d, err
}

// close ends the client and the server and removes the data.
func (m *mariaDB) close() error {
	if m.client != nil {
		m.client.close()
	}
	if m.server != nil {
		m.server.Process.Signal(syscall.SIGTERM)
		m.server.Wait()
	}
	return os.RemoveAll(m.dir)
}
