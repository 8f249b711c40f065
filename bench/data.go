package bench

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

// The 16 columns of the order-line table that import and scans are measured on. The
// shape is TPC-H's lineitem; the values are our own generator's, the same for one seed.
const lineColumns = `l_orderkey BIGINT, l_partkey INTEGER, l_suppkey INTEGER, l_linenumber INTEGER,
	l_quantity DECIMAL(15,2), l_extendedprice DECIMAL(15,2), l_discount DECIMAL(15,2), l_tax DECIMAL(15,2),
	l_returnflag VARCHAR, l_linestatus VARCHAR, l_shipdate DATE, l_commitdate DATE, l_receiptdate DATE,
	l_shipinstruct VARCHAR, l_shipmode VARCHAR, l_comment VARCHAR`

var (
	lineHeader   = "l_orderkey,l_partkey,l_suppkey,l_linenumber,l_quantity,l_extendedprice,l_discount,l_tax,l_returnflag,l_linestatus,l_shipdate,l_commitdate,l_receiptdate,l_shipinstruct,l_shipmode,l_comment\n"
	instructions = []string{"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"}
	shipModes    = []string{"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"}
	words        = []string{"furiously", "quickly", "carefully", "blithely", "express", "special", "regular", "final",
		"pending", "ironic", "accounts", "deposits", "requests", "packages", "theodolites", "instructions", "sleep", "haggle", "nag", "wake"}
)

// writeLines writes rows order lines as CSV with a header and returns the file's size.
func writeLines(path string, rows int, seed uint64) (int64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	w.WriteString(lineHeader)
	rng := rand.New(rand.NewPCG(seed, 1))
	first := time.Date(1992, 1, 2, 0, 0, 0, 0, time.UTC)
	var buf []byte
	order, line := int64(1), 0
	for range rows {
		if line++; line > 1+int(rng.Uint32N(7)) {
			order, line = order+1+int64(rng.Uint32N(3)), 1
		}
		buf = appendLine(buf[:0], rng, order, line, first)
		if _, err := w.Write(buf); err != nil {
			return 0, err
		}
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

// appendLine appends one CSV row.
func appendLine(b []byte, rng *rand.Rand, order int64, line int, first time.Time) []byte {
	quantity := 1 + rng.Int64N(50)
	price := quantity * (90000 + rng.Int64N(110000))
	ship := first.AddDate(0, 0, int(rng.Uint32N(2500)))
	b = strconv.AppendInt(b, order, 10)
	for _, n := range []int64{1 + rng.Int64N(200000), 1 + rng.Int64N(10000), int64(line)} {
		b = strconv.AppendInt(append(b, ','), n, 10)
	}
	b = fmt.Appendf(b, ",%d.00,%d.%02d,0.%02d,0.%02d", quantity, price/100, price%100, rng.Uint32N(11), rng.Uint32N(9))
	b = append(b, ',', "RAN"[rng.Uint32N(3)], ',', "OF"[rng.Uint32N(2)])
	for _, days := range []int{0, int(rng.Uint32N(60)) - 30, 1 + int(rng.Uint32N(30))} {
		b = ship.AddDate(0, 0, days).AppendFormat(append(b, ','), "2006-01-02")
	}
	b = append(append(b, ','), instructions[rng.Uint32N(4)]...)
	b = append(append(b, ','), shipModes[rng.Uint32N(7)]...)
	b = append(b, ',')
	for i := range 3 + rng.Uint32N(4) {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, words[rng.Uint32N(uint32(len(words)))]...)
	}
	return append(b, '\n')
}
