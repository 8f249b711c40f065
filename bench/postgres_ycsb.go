package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"driftdb/sqlvec"
)

// loadPostgres makes and fills the table in PostgreSQL, and compares it with ours.
func (y *ycsbRun) loadPostgres(ctx context.Context, s *sqlvec.Session) error {
	csv, err := os.ReadFile(y.files.csv())
	if err != nil {
		return err
	}
	file := filepath.Join(y.pg.dir, "records.csv")
	if err := os.WriteFile(file, csv, 0o644); err != nil {
		return err
	}
	for _, q := range []string{
		ycsbTable,
		fmt.Sprintf("COPY usertable FROM '%s' (FORMAT csv)", file),
		"CREATE SEQUENCE newest",
		fmt.Sprintf("SELECT setval('newest', %d)", ycsbFirst+y.files.records-1),
		"VACUUM ANALYZE usertable",
	} {
		if _, err := y.pg.sql(ctx, q); err != nil {
			return err
		}
	}
	return sameText(ctx, s, y.pg, "SELECT count(*), md5(string_agg(ycsb_key || field0 || field9, '' ORDER BY ycsb_key)) FROM usertable WHERE ycsb_key < '"+ycsbKey(int64(y.files.records))+"'")
}

// sameText compares the first row that a query has in ours and in PostgreSQL.
func sameText(ctx context.Context, s *sqlvec.Session, pg *postgres, q string) error {
	ours, err := firstRow(ctx, s, q)
	if err != nil {
		return err
	}
	theirs, err := pg.sql(ctx, q)
	if err != nil {
		return err
	}
	if theirs = strings.ReplaceAll(strings.TrimSpace(theirs), "|", ","); ours != theirs {
		return fmt.Errorf("%s: %s, PostgreSQL has %s", q, ours, theirs)
	}
	return nil
}

// pgbenchTheta is the least that pgbench takes.
const pgbenchTheta = 1.001

// scripts are the operations of a mix for pgbench, each with its weight.
func (m *ycsbMix) scripts(records int) (texts []string, weights []int) {
	scattered := fmt.Sprintf("\\set k %d + permute(random_zipfian(1, %d, %g) - 1, %d)\n", ycsbFirst, records, pgbenchTheta, records)
	byKey, where := scattered, "'user' || (:k)::text"
	if m.latest {
		byKey, where = fmt.Sprintf("\\set k random_zipfian(1, %d, %g) - 1\n", records, pgbenchTheta), "'user' || ((SELECT last_value FROM newest) - :k)::text"
	}
	read := byKey + "SELECT * FROM usertable WHERE ycsb_key = " + where + ";\n"
	add := func(weight int, text string) {
		if weight > 0 {
			texts, weights = append(texts, text), append(weights, weight)
		}
	}
	payload := "repeat(chr(97 + :r), 100)"
	random := "\\set r random(0, 25)\n"
	add(ycsbFields*m.share[ycsbRead], read)
	add(ycsbFields*m.share[ycsbInsert], random+"INSERT INTO usertable VALUES ('user' || nextval('newest')::text"+strings.Repeat(", "+payload, ycsbFields)+");\n")
	add(ycsbFields*m.share[ycsbScan], fmt.Sprintf("%s\\set n random(1, %d)\nSELECT * FROM usertable WHERE ycsb_key >= %s ORDER BY ycsb_key LIMIT :n;\n", byKey, ycsbLongest, where))
	for i := range ycsbFields {
		update := fmt.Sprintf("UPDATE usertable SET field%d = %s WHERE ycsb_key = %s;\n", i, payload, where)
		add(m.share[ycsbUpdate], byKey+random+update)
		add(m.share[ycsbReadUpdate], random+read+update)
	}
	return texts, weights
}

// ycsb returns the operations a second of a mix.
func (p *postgres) ycsb(ctx context.Context, m *ycsbMix, records, clients int, d time.Duration) (float64, error) {
	var args []string
	texts, weights := m.scripts(records)
	for i, text := range texts {
		file := filepath.Join(p.dir, fmt.Sprintf("ycsb-%s-%d.sql", m.name, i))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return 0, err
		}
		args = append(args, "-f", fmt.Sprintf("%s@%d", file, weights[i]))
	}
	return p.bench(ctx, clients, d, args...)
}
