package bench

import "testing"

func TestPgbenchRate(t *testing.T) {
	const good = "number of transactions actually processed: 10\nnumber of failed transactions: 0 (0.000%)\nlatency average = 0.3 ms\ntps = 3381.250000 (without initial connection time)\n"
	if f, err := pgbenchRate(good); err != nil || f != 3381.25 {
		t.Errorf("%v, %v", f, err)
	}
	for _, bad := range []string{"", "tps = 12.5\n", "number of transactions actually processed: 0\nnumber of failed transactions: 0 (NaN%)\ntps = 0\n", "number of failed transactions: 3 (0.100%)\ntps = 12.5\n"} {
		if _, err := pgbenchRate(bad); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}
