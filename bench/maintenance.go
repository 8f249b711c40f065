package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"driftdb/colstore"
	"driftdb/sqlvec"
)

const (
	upkeepTitle  = "Checkpoint, vacuum and recovery"
	upkeepTable  = "CREATE TABLE m (id BIGINT PRIMARY KEY, grp INTEGER, cat VARCHAR, v BIGINT)"
	upkeepAnswer = "SELECT count(*), sum(id), sum(v), max(cat) FROM m"
	upkeepTx     = 100 // rows of a transaction
)

// maintenance measures what keeps a database in shape, each figure beside its bytes: the checkpoint
// of a tail, the vacuum of a history, and opening after a crash with the log's tail still to be
// replayed. No answer may change.
func (r *run) maintenance(ctx context.Context) error {
	dir, err := r.scratch("maintenance")
	if err != nil {
		return err
	}
	for _, events := range []int{r.Rows / 1000, r.Rows / 100, r.Rows / 10} {
		if err := r.recovery(ctx, dir, max(events, upkeepTx)); err != nil {
			return err
		}
	}
	return r.upkeep(ctx, filepath.Join(dir, "upkeep"), max(r.Rows/10, upkeepTx))
}

// createQuiet makes a database that never writes a checkpoint by itself.
func (r *run) createQuiet(dir string) (*sqlvec.DB, error) {
	if err := colstore.Init(dir, colstore.Options{}); err != nil {
		return nil, err
	}
	return sqlvec.Open(dir, sqlvec.Options{Threads: r.Threads})
}

// fillTail makes events by durable transactions: eight of ten insert rows, the others change those
// that the transaction before inserted.
func fillTail(ctx context.Context, s *sqlvec.Session, first, events int) error {
	for n := 0; n < events; n += upkeepTx {
		lo, hi := first+n, first+min(n+upkeepTx, events)-1
		q := fmt.Sprintf("INSERT INTO m SELECT i, CAST(i %% 100 AS INTEGER), 'category ' || CAST(i %% 20 AS VARCHAR), i * 7 FROM generate_series(CAST(%d AS BIGINT), CAST(%d AS BIGINT)) AS g(i)", lo, hi)
		if n/upkeepTx%10 >= 8 {
			q = fmt.Sprintf("UPDATE m SET v = v + 1 WHERE id BETWEEN %d AND %d", lo-upkeepTx*(n/upkeepTx%10-7), hi-upkeepTx*(n/upkeepTx%10-7))
		}
		if _, _, err := query(ctx, s, q); err != nil {
			return err
		}
	}
	return nil
}

// recovery measures opening a database, up to the answer of the first query, whose files are those of
// a crash: as they stood when the last commit was acknowledged.
func (r *run) recovery(ctx context.Context, dir string, events int) error {
	live := filepath.Join(dir, fmt.Sprintf("live-%d", events))
	want, err := r.crashed(ctx, live, filepath.Join(dir, "image"), events)
	if err != nil {
		return err
	}
	row := Row{Workload: upkeepTitle, Name: fmt.Sprintf("open after a crash, a tail of %d events", events), Unit: "ms", Note: "until the first query over the table has answered"}
	size, err := logBytes(filepath.Join(dir, "image"))
	if err != nil {
		return err
	}
	for range r.Repeats {
		path, err := r.scratch(filepath.Join("maintenance", "opened"))
		if err != nil {
			return err
		}
		if err := os.CopyFS(path, os.DirFS(filepath.Join(dir, "image"))); err != nil {
			return err
		}
		d, got, err := r.openAndAsk(ctx, path)
		if err != nil {
			return err
		}
		if row.Ours = append(row.Ours, millis(d)); got != want {
			r.fail(&row, fmt.Errorf("%s after the crash, %s before", got, want))
			break
		}
	}
	r.row(row)
	r.row(Row{Workload: upkeepTitle, Name: fmt.Sprintf("log of these %d events", events), Unit: "MB", Ours: Sample{float64(size) / 1e6}, Note: fmt.Sprintf("transactions of %d rows", upkeepTx)})
	return os.RemoveAll(live)
}

// crashed makes a tail and copies the files while the database is open. It returns the answer of the
// query that recovery asks.
func (r *run) crashed(ctx context.Context, live, image string, events int) (string, error) {
	db, err := r.createQuiet(live)
	if err != nil {
		return "", err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	if _, _, err := query(ctx, s, upkeepTable); err != nil {
		return "", err
	}
	if err := fillTail(ctx, s, 1, events); err != nil {
		return "", err
	}
	if err := os.RemoveAll(image); err != nil {
		return "", err
	}
	if err := os.CopyFS(image, os.DirFS(live)); err != nil {
		return "", err
	}
	return firstRow(ctx, s, upkeepAnswer)
}

// openAndAsk opens a database and returns the time until its first answer.
func (r *run) openAndAsk(ctx context.Context, path string) (time.Duration, string, error) {
	start := time.Now()
	db, err := sqlvec.Open(path, sqlvec.Options{Threads: r.Threads})
	if err != nil {
		return 0, "", err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	answer, err := firstRow(ctx, s, upkeepAnswer)
	return time.Since(start), answer, err
}

// logBytes returns the bytes of the log that are not the zeros of its preallocated end.
func logBytes(dir string) (int64, error) {
	total := int64(0)
	files, err := filepath.Glob(filepath.Join(dir, "log", "*"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		for len(b) > 0 && b[len(b)-1] == 0 {
			b = b[:len(b)-1]
		}
		total += int64(len(b))
	}
	return total, err
}

// upkeepFigures are what a run of upkeep measures.
type upkeepFigures struct{ checkpoint, written, vacuum, moved, before, after Row }

// upkeep measures the checkpoint of a tail of so many rows, and the vacuum of the history that updates
// make of it, each time in a new database.
func (r *run) upkeep(ctx context.Context, dir string, rows int) error {
	figure := func(name, unit string) Row { return Row{Workload: upkeepTitle, Name: name, Unit: unit} }
	f := upkeepFigures{
		figure(fmt.Sprintf("checkpoint of a tail of %d rows", rows), "ms"), figure("bytes it writes", "MB"),
		figure("vacuum after updates of a tenth, ten times", "ms"), figure("row versions it moves", "rows"),
		figure("bytes on disk before the vacuum", "MB"), figure("bytes on disk after it", "MB"),
	}
	for k := range r.few() {
		if err := r.upkeepOnce(ctx, filepath.Join(dir, fmt.Sprint(k)), rows, &f); err != nil {
			return err
		}
	}
	for _, row := range []Row{f.checkpoint, f.written, f.vacuum, f.moved, f.before, f.after} {
		r.row(row)
	}
	return nil
}

// upkeepOnce is one measurement.
func (r *run) upkeepOnce(ctx context.Context, path string, rows int, f *upkeepFigures) error {
	db, err := r.createQuiet(path)
	if err != nil {
		return err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	if _, _, err := query(ctx, s, upkeepTable); err != nil {
		return err
	}
	if err := fillTail(ctx, s, 1, rows); err != nil {
		return err
	}
	start := time.Now()
	stats, err := db.Store().Checkpoint(ctx, colstore.Name{})
	if err != nil {
		return err
	}
	f.checkpoint.Ours = append(f.checkpoint.Ours, millis(time.Since(start)))
	f.written.Ours = append(f.written.Ours, float64(stats.Bytes)/1e6)
	middle, err := changeTenths(ctx, db, s)
	if err != nil {
		return err
	}
	return f.measureVacuum(ctx, r, db, s, path, middle)
}

// changeTenths changes a tenth of the rows ten times, with a checkpoint each, and returns a point in
// the middle.
func changeTenths(ctx context.Context, db *sqlvec.DB, s *sqlvec.Session) (middle int64, err error) {
	for i := range 10 {
		if _, _, err := query(ctx, s, fmt.Sprintf("UPDATE m SET v = v + 1 WHERE id %% 10 = %d", i)); err != nil {
			return 0, err
		}
		if _, err := db.Store().Checkpoint(ctx, colstore.Name{}); err != nil {
			return 0, err
		}
		if i == 5 {
			if middle, err = currentSeq(ctx, s); err != nil {
				return 0, err
			}
		}
	}
	return middle, nil
}

// measureVacuum vacuums. The present and the point of the past must answer as before.
func (f *upkeepFigures) measureVacuum(ctx context.Context, r *run, db *sqlvec.DB, s *sqlvec.Session, path string, middle int64) error {
	answers := func() (list []string, err error) {
		for _, q := range []string{upkeepAnswer, fmt.Sprintf("%s FOR SYSTEM_TIME AS OF @SEQ:%d", upkeepAnswer, middle)} {
			a, err := firstRow(ctx, s, q)
			if err != nil {
				return nil, err
			}
			list = append(list, a)
		}
		return list, nil
	}
	want, err := answers()
	if err != nil {
		return err
	}
	if err := f.before.Ours.addDirectory(path); err != nil {
		return err
	}
	start := time.Now()
	stats, err := db.Store().Vacuum(ctx, colstore.Name{})
	if err != nil {
		return err
	}
	f.vacuum.Ours = append(f.vacuum.Ours, millis(time.Since(start)))
	f.moved.Ours = append(f.moved.Ours, float64(stats.RowsMoved))
	if err := f.after.Ours.addDirectory(path); err != nil {
		return err
	}
	got, err := answers()
	if err == nil && !slices.Equal(got, want) {
		r.fail(&f.vacuum, fmt.Errorf("%v after the vacuum, %v before", got, want))
	}
	return err
}

// addDirectory appends the bytes of the files below dir in megabytes.
func (s *Sample) addDirectory(dir string) error {
	n, err := diskBytes(dir)
	*s = append(*s, float64(n)/1e6)
	return err
}
