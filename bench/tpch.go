package bench

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"driftdb/sqlvec"
)

// tpch measures the 22 queries of TPC-H over CSV files that a generator made (for one,
// tpchgen-cli csv -s 1 --output-dir DIR). A query that we cannot run is named as such.
func (r *run) tpch(ctx context.Context) error {
	if r.TPCH == "" {
		r.say("left out: --tpch-data names no directory with the CSV files")
		return nil
	}
	dir, err := r.scratch("tpch")
	if err != nil {
		return err
	}
	var peer *duckDB
	if r.Python != "" {
		if peer, err = startDuckDB(r.Python, dir, filepath.Join(dir, "peer.duckdb"), r.Threads); err != nil {
			return err
		}
		defer peer.close()
		r.version("DuckDB %s", peer.Version)
	}
	path := filepath.Join(dir, "db")
	if err := r.loadTPCH(ctx, path, peer); err != nil {
		return err
	}
	db, err := sqlvec.Open(path, sqlvec.Options{Threads: r.Threads})
	if err != nil {
		return err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	ratios, log := 0, 0.0
	for i, q := range tpchQueries {
		row, err := r.pair(ctx, s, peer, Row{Workload: "TPC-H", Name: fmt.Sprintf("query %d", i+1)}, q)
		if err != nil {
			row.Note = "failed: " + err.Error()
		} else if ratio := row.Ratio(); ratio > 0 {
			ratios++
			log += math.Log(ratio)
		}
		r.row(row)
	}
	if ratios > 0 {
		mean := math.Exp(log / float64(ratios))
		r.row(Row{Workload: "TPC-H", Name: "geometric mean of the ratios", Unit: "ratio", Ours: Sample{mean},
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
