package bench

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"driftdb/sqlvec"
)

// tpch measures the 22 queries of TPC-H over CSV files that a generator made (for one,
// tpchgen-cli csv -s 1 --output-dir DIR). A query that we cannot run is named as such.
func (r *run) tpch(ctx context.Context) error {
	dir, err := r.tpchDatabase(ctx)
	if dir == "" || err != nil {
		return err
	}
	if err := r.tpchWithPeer(ctx, dir); err != nil {
		return err
	}
	return r.queryMemory(ctx, "TPC-H", filepath.Join(dir, "db"), filepath.Join(dir, "peer.duckdb"), tpchQueries[:])
}

// tpchDatabase returns the directory of both systems' databases of TPC-H, which are made once in a
// run, or "" where there are no CSV files.
func (r *run) tpchDatabase(ctx context.Context) (dir string, err error) {
	if r.TPCH == "" {
		r.say("left out: --tpch-data names no directory with the CSV files")
		return "", nil
	}
	if r.tpchDir != "" {
		return r.tpchDir, nil
	}
	if dir, err = r.scratch("tpch"); err != nil {
		return "", err
	}
	peer, err := r.startPeer(dir)
	if err != nil {
		return "", err
	}
	if peer != nil {
		defer peer.close()
	}
	if err := r.loadTPCH(ctx, filepath.Join(dir, "db"), peer); err != nil {
		return "", err
	}
	r.tpchDir = dir
	return dir, nil
}

// tpchWithPeer measures bytes and queries in both systems.
func (r *run) tpchWithPeer(ctx context.Context, dir string) error {
	path := filepath.Join(dir, "db")
	peer, err := r.startPeer(dir)
	if err != nil {
		return err
	}
	if peer != nil {
		defer peer.close()
	}
	if err := r.tpchBytes(path, dir, peer); err != nil {
		return err
	}
	threads := []int{1}
	if r.Threads > 1 {
		threads = append(threads, r.Threads)
	}
	for _, n := range threads {
		if err := r.tpchPower(ctx, path, peer, n); err != nil {
			return err
		}
	}
	return nil
}

// tpchBytes reports the bytes on disk of both systems.
func (r *run) tpchBytes(path, dir string, peer *duckDB) error {
	n, err := diskBytes(path)
	if err != nil {
		return err
	}
	row := Row{Workload: "TPC-H", Name: "bytes on disk", Unit: "MB", Ours: Sample{float64(n) / 1e6}, PeerName: "DuckDB"}
	if peer != nil {
		if _, _, err := peer.sql("CHECKPOINT"); err != nil {
			return err
		}
		st, err := os.Stat(filepath.Join(dir, "peer.duckdb"))
		if err != nil {
			return err
		}
		row.Peer = Sample{float64(st.Size()) / 1e6}
	}
	r.row(row)
	return nil
}

// tpchPower runs the 22 queries, one after another, with a number of threads.
func (r *run) tpchPower(ctx context.Context, path string, peer *duckDB, threads int) error {
	db, err := sqlvec.Open(path, sqlvec.Options{Threads: threads})
	if err != nil {
		return err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	if peer != nil {
		if _, err := peer.ask(map[string]any{"op": "threads", "threads": threads}); err != nil {
			return err
		}
	}
	title := fmt.Sprintf("TPC-H, %d threads", threads)
	var all sums
	ratios, log := 0, 0.0
	for i, q := range tpchQueries {
		row := r.pairRow(ctx, s, peer, Row{Workload: title, Area: areaTPCH, Name: fmt.Sprintf("query %d, %d threads", i+1, threads)}, q)
		all.add(row)
		if ratio := row.Ratio(); ratio > 0 {
			ratios++
			log += math.Log(ratio)
		}
	}
	all.report(r, title)
	if ratios > 0 {
		r.row(Row{Workload: title, Name: "geometric mean of the ratios", Unit: "ratio", Ours: Sample{math.Exp(log / float64(ratios))},
			Note: fmt.Sprintf("%d of %d queries", ratios, len(tpchQueries))})
	}
	return nil
}

// loadTPCH makes and fills the tables of both systems.
func (r *run) loadTPCH(ctx context.Context, path string, peer *duckDB) error {
	if err := r.command(ctx, "init", path); err != nil {
		return err
	}
	for _, t := range tpchTables {
		file, err := filepath.Abs(filepath.Join(r.TPCH, t.name+".csv"))
		if err != nil {
			return err
		}
		create := fmt.Sprintf("CREATE TABLE %s (%s)", t.name, t.columns)
		if err := r.command(ctx, "sql", "--data", path, "-e", create); err != nil {
			return err
		}
		if err := r.command(ctx, "import", "--data", path, "--table", t.name, file); err != nil {
			return fmt.Errorf("load %s: %w", t.name, err)
		}
		if peer == nil {
			continue
		}
		if _, _, err := peer.sql(create); err != nil {
			return err
		}
		if _, _, err := peer.sql(fmt.Sprintf("COPY %s FROM '%s' (FORMAT csv, HEADER)", t.name, file)); err != nil {
			return err
		}
	}
	return r.command(ctx, "checkpoint", "--data", path)
}
