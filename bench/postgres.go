package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// DebianPostgres is where Debian's package postgresql-15 puts the server and pgbench.
const DebianPostgres = "/usr/lib/postgresql/15/bin"

// postgres is a server of the benchmark's own on a unix socket, with the defaults of
// initdb: fsync on, synchronous_commit on.
type postgres struct {
	bin     string // of the programs
	dir     string // of the data and the socket
	as      *syscall.SysProcAttr
	Version string
}

// startPostgres makes a cluster beside dir and starts it. It returns nil when the server is
// not installed. As root it runs as the user postgres, because the server refuses root.
func startPostgres(ctx context.Context, bin, dir string) (*postgres, error) {
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return nil, nil
	}
	// Beside dir, since the account that runs the server may not enter dir itself.
	own, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), "driftdb-bench-pg-")
	if err != nil {
		return nil, err
	}
	p := &postgres{bin: bin, dir: own}
	err = sameDisk(dir, own)
	if err == nil {
		err = p.start(ctx)
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	return p, nil
}

// sameDisk refuses to compare durable commits on two disks.
func sameDisk(a, b string) error {
	var x, y unix.Stat_t
	if err := unix.Stat(a, &x); err != nil {
		return err
	}
	if err := unix.Stat(b, &y); err != nil {
		return err
	}
	if x.Dev != y.Dev {
		return fmt.Errorf("%s and %s are on different disks", a, b)
	}
	return nil
}

// start makes the cluster and waits until the server answers.
func (p *postgres) start(ctx context.Context) error {
	if os.Geteuid() == 0 {
		if err := p.becomePostgres(); err != nil {
			return err
		}
	}
	data := filepath.Join(p.dir, "data")
	if _, err := p.run(ctx, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"); err != nil {
		return err
	}
	options := fmt.Sprintf("-k %s -c listen_addresses= -c max_connections=100", p.dir)
	if _, err := p.run(ctx, "pg_ctl", "-D", data, "-l", filepath.Join(p.dir, "log"), "-w", "-o", options, "start"); err != nil {
		return err
	}
	out, err := p.sql(ctx, "SHOW server_version")
	p.Version = strings.TrimSpace(out)
	return err
}

// becomePostgres makes the programs run as the user postgres.
func (p *postgres) becomePostgres() error {
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	p.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return os.Chown(p.dir, uid, gid)
}

// run runs one of PostgreSQL's programs. Its output goes through files, since a server that
// pg_ctl starts keeps what it inherits open.
func (p *postgres) run(ctx context.Context, program string, args ...string) (string, error) {
	out, err := os.CreateTemp("", "driftdb-bench-out-")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, program), args...)
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = p.dir, p.as, out, out
	err = cmd.Run()
	text, readErr := os.ReadFile(out.Name())
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", program, err, bytes.TrimSpace(text))
	}
	return string(text), readErr
}

// sql runs statements with psql and returns the rows as text.
func (p *postgres) sql(ctx context.Context, q string) (string, error) {
	return p.run(ctx, "psql", "-h", p.dir, "-U", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", q)
}

// close stops the server and removes its data.
func (p *postgres) close() error {
	p.run(context.Background(), "pg_ctl", "-D", filepath.Join(p.dir, "data"), "-m", "fast", "-w", "stop")
	return os.RemoveAll(p.dir)
}

// insertScript is the transaction of a writer for pgbench: keys come from a sequence, which is
// cheaper for the server than a key that each client has to keep.
const insertScript = "INSERT INTO t (payload) VALUES (repeat('x', 150));\n"

// commits returns the durable single-row commits a second of the writers, each a connection
// with prepared statements. pgbench, PostgreSQL's own client in C, counts them.
func (p *postgres) commits(ctx context.Context, writers int, d time.Duration) (float64, error) {
	const fresh = "DROP TABLE IF EXISTS t; CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY (CACHE 100) PRIMARY KEY, payload TEXT)"
	if _, err := p.sql(ctx, fresh); err != nil {
		return 0, err
	}
	script := filepath.Join(p.dir, "insert.sql")
	if err := os.WriteFile(script, []byte(insertScript), 0o644); err != nil {
		return 0, err
	}
	return p.bench(ctx, writers, d, "-f", script)
}

// bench runs pgbench with so many clients, each a connection with prepared statements, and returns
// the transactions a second.
func (p *postgres) bench(ctx context.Context, clients int, d time.Duration, scripts ...string) (float64, error) {
	seconds := max(1, int(d.Round(time.Second)/time.Second)) + clients/64 // connecting is part of the time, and not of the rate
	args := []string{"-h", p.dir, "-U", "postgres", "-n", "-M", "prepared", "-c", fmt.Sprint(clients), "-j", fmt.Sprint(min(clients, 2)), "-T", fmt.Sprint(seconds)}
	out, err := p.run(ctx, "pgbench", append(append(args, scripts...), "postgres")...)
	if err != nil {
		return 0, err
	}
	return pgbenchRate(out)
}

var pgbenchTPS = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)

// pgbenchRate reads the transactions a second from pgbench's report. A report of failed
// transactions is an error: they would count as work done.
func pgbenchRate(out string) (float64, error) {
	m := pgbenchTPS.FindStringSubmatch(out)
	if m == nil || strings.Contains(out, "actually processed: 0\n") {
		return 0, fmt.Errorf("pgbench finished no transaction; give it more time with --duration:\n%s", out)
	}
	if !strings.Contains(out, "number of failed transactions: 0 ") {
		return 0, fmt.Errorf("pgbench had failed transactions:\n%s", out)
	}
	return strconv.ParseFloat(m[1], 64)
}
