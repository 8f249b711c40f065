package logictest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// postgres is an Engine over a server's Unix socket, with a database of its own.
type postgres struct {
	socket, db string
	admin      *pgConn
}

// NewPostgres returns a PostgreSQL server as an Engine with a database of its own. socket
// is the path of its Unix socket, directory/.s.PGSQL.port; scripts/postgres-oracle starts
// a server and puts it into DRIFTDB_POSTGRES.
func NewPostgres(socket string) (Engine, error) {
	admin, err := dialPostgres(socket, "postgres")
	if err != nil {
		return nil, err
	}
	e := &postgres{socket: socket, db: fmt.Sprintf("logictest_%d", os.Getpid()), admin: admin}
	if _, err := admin.Exec(context.Background(), "DROP DATABASE IF EXISTS "+e.db+" WITH (FORCE)"); err != nil {
		return nil, err
	}
	_, err = admin.Exec(context.Background(), "CREATE DATABASE "+e.db)
	return e, err
}

func (e *postgres) Name() string                              { return "postgres" }
func (e *postgres) Connect(ctx context.Context) (Conn, error) { return dialPostgres(e.socket, e.db) }
func (e *postgres) Reopen() error                             { return nil }
func (e *postgres) Close() error {
	_, err := e.admin.Exec(context.Background(), "DROP DATABASE "+e.db+" WITH (FORCE)")
	if closed := e.admin.Close(); err == nil {
		err = closed
	}
	return err
}

// pgConn speaks the simple query protocol, version 3.
type pgConn struct {
	conn net.Conn
	r    *bufio.Reader
}

func dialPostgres(socket, db string) (*pgConn, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	c := &pgConn{conn: conn, r: bufio.NewReader(conn)}
	body := binary.BigEndian.AppendUint32(nil, 3<<16)
	for _, s := range []string{"user", "postgres", "database", db, "TimeZone", "UTC", "DateStyle", "ISO", ""} {
		body = append(append(body, s...), 0)
	}
	if _, err := conn.Write(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))); err != nil {
		return nil, err
	}
	if _, err := conn.Write(body); err != nil {
		return nil, err
	}
	_, err = c.answers("")
	return c, err
}

func (c *pgConn) Close() error { return c.conn.Close() }

func (c *pgConn) Exec(_ context.Context, sql string) ([]Result, error) {
	msg := binary.BigEndian.AppendUint32([]byte{'Q'}, uint32(len(sql)+5))
	if _, err := c.conn.Write(append(append(msg, sql...), 0)); err != nil {
		return nil, err
	}
	return c.answers(sql)
}

// answers reads messages up to ReadyForQuery.
func (c *pgConn) answers(sql string) ([]Result, error) {
	var list []Result
	var cur Result
	var failure error
	for {
		var head [5]byte
		if _, err := io.ReadFull(c.r, head[:]); err != nil {
			return list, err
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(c.r, body); err != nil {
			return list, err
		}
		switch head[0] {
		case 'T':
			cur.Columns, cur.Types = rowDescription(body)
		case 'D':
			row, nulls := dataRow(body)
			cur.Rows, cur.Nulls = append(cur.Rows, row), append(cur.Nulls, nulls)
		case 'C':
			cur.Tag = strings.TrimRight(string(body), "\x00")
			list, cur = append(list, cur), Result{}
		case 'E':
			failure = errorResponse(body, sql)
		case 'Z':
			return list, failure
		}
	}
}

// pgTypes names the types that the files use by object id.
var pgTypes = map[uint32]string{16: "boolean", 17: "bytea", 20: "bigint", 21: "smallint", 23: "integer", 25: "text", 700: "real",
	701: "double precision", 1700: "numeric", 1082: "date", 1114: "timestamp without time zone", 1184: "timestamp with time zone"}

func rowDescription(b []byte) (names, types []string) {
	n := binary.BigEndian.Uint16(b)
	b = b[2:]
	for range n {
		i := bytes.IndexByte(b, 0)
		names = append(names, string(b[:i]))
		oid := binary.BigEndian.Uint32(b[i+7:])
		name := pgTypes[oid]
		if name == "" {
			name = "type " + strconv.Itoa(int(oid))
		}
		types = append(types, name)
		b = b[i+19:]
	}
	return names, types
}

func dataRow(b []byte) (row []string, nulls []bool) {
	n := binary.BigEndian.Uint16(b)
	b = b[2:]
	for range n {
		size := int32(binary.BigEndian.Uint32(b))
		b = b[4:]
		if size < 0 {
			row, nulls = append(row, ""), append(nulls, true)
			continue
		}
		row, nulls = append(row, string(b[:size])), append(nulls, false)
		b = b[size:]
	}
	return row, nulls
}

// errorResponse makes an error of the server's fields; its position counts
// characters, ours bytes.
func errorResponse(b []byte, sql string) error {
	e := dberr.New("XX000", "")
	for len(b) > 1 {
		i := bytes.IndexByte(b, 0)
		field, value := b[0], string(b[1:i])
		b = b[i+1:]
		switch field {
		case 'C':
			e.Code = value
		case 'M':
			e.Message = value
		case 'D':
			e.Detail = value
		case 'P':
			n, _ := strconv.Atoi(value)
			for off := range sql {
				if n--; n == 0 {
					e.Pos = off + 1
				}
			}
			if n == 1 && utf8.ValidString(sql) {
				e.Pos = len(sql) + 1
			}
		}
	}
	return e
}
