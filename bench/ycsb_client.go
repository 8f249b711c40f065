package bench

import (
	"context"
	"fmt"
	"hash/crc32"
	"strings"

	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// ycsbClient is one of our clients: a session with prepared statements.
type ycsbClient struct {
	y      *ycsbRun
	s      *sqlvec.Session
	latest bool   // keys count back from the newest record
	check  bool   // sum up what is read
	sum    uint64 // of the checksums of the rows read
}

// client opens a session.
func (y *ycsbRun) client(ctx context.Context, latest bool) (*ycsbClient, error) {
	c := &ycsbClient{y: y, s: y.db.Session(), latest: latest}
	statements := []string{
		"PREPARE reads (TEXT) AS SELECT * FROM usertable WHERE ycsb_key = $1",
		"PREPARE scans (TEXT, BIGINT) AS SELECT * FROM usertable WHERE ycsb_key >= $1 ORDER BY ycsb_key LIMIT $2",
	}
	insert := "$1"
	for i := range ycsbFields {
		statements = append(statements, fmt.Sprintf("PREPARE update%d (TEXT, TEXT) AS UPDATE usertable SET field%d = $2 WHERE ycsb_key = $1", i, i))
		insert += fmt.Sprintf(", $%d", i+2)
	}
	statements = append(statements, "PREPARE inserts AS INSERT INTO usertable VALUES ("+insert+")")
	for _, q := range statements {
		if _, _, err := query(ctx, c.s, q); err != nil {
			c.s.Close()
			return nil, err
		}
	}
	return c, nil
}

// do runs one operation.
func (c *ycsbClient) do(ctx context.Context, op ycsbOp) error {
	key := ycsbKey(int64(op.Key))
	if c.latest {
		key = ycsbKey(max(0, c.y.newest.Load()-int64(op.Key)))
	}
	payload := c.y.files.payload[op.Payload]
	switch op.Kind {
	case ycsbUpdate:
		return c.update(ctx, key, op)
	case ycsbInsert:
		values := strings.Repeat(", '"+payload+"'", ycsbFields)
		return c.run(ctx, fmt.Sprintf("EXECUTE inserts ('%s'%s)", ycsbKey(c.y.newest.Add(1)), values))
	case ycsbScan:
		return c.run(ctx, fmt.Sprintf("EXECUTE scans ('%s', %d)", key, op.Length))
	}
	if err := c.run(ctx, "EXECUTE reads ('"+key+"')"); err != nil || op.Kind == ycsbRead {
		return err
	}
	return c.update(ctx, key, op)
}

// update writes one field. A transaction that met another's change of the row runs again.
func (c *ycsbClient) update(ctx context.Context, key string, op ycsbOp) error {
	return again(func() error {
		return c.run(ctx, fmt.Sprintf("EXECUTE update%d ('%s', '%s')", op.Field, key, c.y.files.payload[op.Payload]))
	})
}

// run runs a statement, and sums up its rows when they are to be compared.
func (c *ycsbClient) run(ctx context.Context, q string) error {
	return c.s.Run(ctx, q, func(res *sqlvec.Result) error {
		return res.Each(func(b *vec.Batch) error {
			for i := 0; c.check && i < b.N; i++ {
				if b.Sel != nil && b.Sel[i>>6]>>(uint(i)&63)&1 == 0 {
					continue
				}
				var row strings.Builder
				for k := range b.Cols {
					row.WriteString(textOf(b.Cols[k].Value(i)))
				}
				c.sum += uint64(crc32.ChecksumIEEE([]byte(row.String())))
			}
			return nil
		})
	})
}

// verify runs operations and returns the sums of the checksums of what was read, and of the table
// after them.
func (c *ycsbClient) verify(ctx context.Context, ops []ycsbOp, latest bool) (string, error) {
	c.check, c.latest, c.sum = true, latest, 0
	for _, op := range ops {
		if err := c.do(ctx, op); err != nil {
			return "", err
		}
	}
	read := c.sum
	c.sum = 0
	err := c.run(ctx, "SELECT * FROM usertable")
	return fmt.Sprintf("%d %d", read, c.sum), err
}
