package sqlvec_test

import "testing"

// TestQuickReference runs the statements of the quick reference through one session.
func TestQuickReference(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE users (id VARCHAR PRIMARY KEY, name VARCHAR, email VARCHAR)`)
	must(t, s, `CREATE INDEX ON users (name)`)
	must(t, s, `INSERT INTO users {"id": "u1", "name": "Alice", "age": 30}`)
	query(t, s, `SELECT * FROM users`, "u1|Alice|∅|30")
	must(t, s, `UPDATE users SET age = 31 WHERE id = 'u1'`)
	query(t, s, `SELECT * FROM users FOR SYSTEM_TIME AS OF @SEQ:2`, "u1|Alice|∅|31")
	query(t, s, `SELECT * FROM users FOR SYSTEM_TIME AS OF @SEQ:1`, "u1|Alice|∅|30")
	query(t, s, `SELECT count(*) AS n FROM users FOR SYSTEM_TIME AS OF @SEQ:0`, "0")
	query(t, s, `SELECT age, system_seq_start FROM users FOR SYSTEM_TIME ALL WHERE id = 'u1' ORDER BY system_seq_start`, "30|1\n31|2")
	must(t, s, `CHECKPOINT TABLE users`)
	must(t, s, `VACUUM users`)
	query(t, s, `SELECT age FROM users FOR SYSTEM_TIME AS OF @SEQ:1`, "30")
	must(t, s, `DELETE FROM users WHERE id = 'u1'`)
	query(t, s, `SELECT count(*) AS n FROM users`, "0")
	query(t, s, `SELECT count(*) AS n FROM users FOR SYSTEM_TIME AS OF @SEQ:2`, "1")
	query(t, s, `BEGIN; INSERT INTO users (id, name) VALUES ('u9', 'x'); ROLLBACK; SELECT count(*) AS n FROM users`, "0")
}
