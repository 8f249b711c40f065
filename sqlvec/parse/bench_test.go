package parse

import "testing"

// BenchmarkParse times the statements that matter: the point query of every
// driver, and a query of many joins.
func BenchmarkParse(b *testing.B) {
	texts := map[string]string{
		"point":  `SELECT id, name, balance FROM accounts WHERE id = $1`,
		"insert": `INSERT INTO orders (id, customer, total, placed) VALUES ($1, $2, $3, now()), ($4, $5, $6, now())`,
		"asof":   `SELECT * FROM users FOR SYSTEM_TIME AS OF @SEQ:2 u WHERE u.id = 'u1'`,
		"q2": `SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
			FROM part, supplier, partsupp, nation, region
			WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type LIKE '%BRASS'
			AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE'
			AND ps_supplycost = (SELECT min(ps_supplycost) FROM partsupp, supplier, nation, region
				WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND s_nationkey = n_nationkey
				AND n_regionkey = r_regionkey AND r_name = 'EUROPE')
			ORDER BY s_acctbal DESC, n_name, s_name, p_partkey LIMIT 100`,
	}
	for _, name := range []string{"point", "insert", "asof", "q2"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(texts[name]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
