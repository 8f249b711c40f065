package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// The Yahoo! Cloud Serving Benchmark: records of a key and ten fields of 100 bytes, and six mixes of
// operations on them.
const (
	ycsbFields   = 10
	ycsbLength   = 100
	ycsbFirst    = 1_000_000_000 // number of the first key: all have ten digits
	ycsbTheta    = 0.99
	ycsbStream   = 20_000 // operations of a client, which begin again at the end
	ycsbPayloads = 256
	ycsbLongest  = 100 // rows of a scan
)

// The kinds of operations.
const (
	ycsbRead = iota
	ycsbUpdate
	ycsbInsert
	ycsbScan
	ycsbReadUpdate // reads a record and writes one field of it
)

// ycsbMix is one of the six: how many of a hundred operations are of a kind.
type ycsbMix struct {
	name, what string
	share      [5]int
	latest     bool // reads prefer what was inserted last, not a scattered few
}

// ycsbMixes in the order they run: those that insert come last.
var ycsbMixes = []ycsbMix{
	{"A", "half reads, half updates", [5]int{50, 50}, false},
	{"B", "95 % reads, 5 % updates", [5]int{95, 5}, false},
	{"C", "reads", [5]int{100}, false},
	{"F", "half reads, half reads with an update", [5]int{50, 0, 0, 0, 50}, false},
	{"E", "95 % scans of up to 100, 5 % inserts", [5]int{0, 0, 5, 95}, false},
	{"D", "95 % reads of the latest, 5 % inserts", [5]int{95, 0, 5}, true},
}

// ycsbOp is one operation. The key is the number of a loaded record or, for latest reads, how many
// records back from the newest.
type ycsbOp struct {
	Kind, Length, Field, Payload uint8
	Key                          uint32
}

// stream draws the operations of one client.
func (m *ycsbMix) stream(seed uint64, records, n int) []ycsbOp {
	rng, keys := rand.New(rand.NewPCG(seed, 7)), newZipf(records, ycsbTheta)
	ops := make([]ycsbOp, n)
	for i := range ops {
		op := ycsbOp{Length: uint8(1 + rng.IntN(ycsbLongest)), Field: uint8(rng.IntN(ycsbFields)), Payload: uint8(rng.IntN(ycsbPayloads))}
		for at := rng.IntN(100); at >= m.share[op.Kind]; op.Kind++ {
			at -= m.share[op.Kind]
		}
		op.Key = uint32(keys.draw(rng))
		if !m.latest {
			op.Key = uint32(uint64(op.Key) * 2654435761 % uint64(records)) // the favourites are spread over the table
		}
		ops[i] = op
	}
	return ops
}

// ycsbTable is the table's definition, which all systems take.
var ycsbTable = "CREATE TABLE usertable (ycsb_key VARCHAR(20) PRIMARY KEY" + strings.Repeat(", field%d VARCHAR(100)", ycsbFields) + ")"

func init() {
	numbers := make([]any, ycsbFields)
	for i := range numbers {
		numbers[i] = i
	}
	ycsbTable = fmt.Sprintf(ycsbTable, numbers...)
}

// payloads are the values of fields, drawn from a seed.
func payloads() []string {
	rng, list := rand.New(rand.NewPCG(11, 3)), make([]string, ycsbPayloads)
	for i := range list {
		b := make([]byte, ycsbLength)
		for k := range b {
			b[k] = "abcdefghijklmnopqrstuvwxyz0123456789 "[rng.IntN(37)]
		}
		b[0], b[ycsbLength-1] = 'a', 'z' // no text begins or ends with a blank
		list[i] = string(b)
	}
	return list
}

// ycsbKey is the key of record i.
func ycsbKey(i int64) string { return fmt.Sprintf("user%d", ycsbFirst+i) }

// ycsbFiles are what all systems read: the records, the payloads, and the operations of the clients.
type ycsbFiles struct {
	dir     string
	records int
	payload []string
}

// makeYCSB writes the records and payloads.
func makeYCSB(dir string, records int) (*ycsbFiles, error) {
	f := &ycsbFiles{dir: dir, records: records, payload: payloads()}
	rng := rand.New(rand.NewPCG(5, 9))
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	for i := range records {
		w.WriteString(ycsbKey(int64(i)))
		for range ycsbFields {
			w.WriteString("," + f.payload[rng.IntN(ycsbPayloads)])
		}
		w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	if err := os.WriteFile(f.csv(), b.Bytes(), 0o644); err != nil {
		return nil, err
	}
	return f, os.WriteFile(filepath.Join(dir, "payloads"), []byte(strings.Join(f.payload, "\n")), 0o644)
}

// csv is the file of the records.
func (f *ycsbFiles) csv() string { return filepath.Join(f.dir, "records.csv") }

// streams writes the operations of the clients for the peer and returns them.
func (f *ycsbFiles) streams(m *ycsbMix, clients int) ([][]ycsbOp, []string, error) {
	var list [][]ycsbOp
	var files []string
	for k := range clients {
		ops := m.stream(uint64(k+1), f.records, ycsbStream)
		var b bytes.Buffer
		if err := binary.Write(&b, binary.LittleEndian, ops); err != nil {
			return nil, nil, err
		}
		file := filepath.Join(f.dir, fmt.Sprintf("%s-%d.ops", m.name, k))
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			return nil, nil, err
		}
		list, files = append(list, ops), append(files, file)
	}
	return list, files, nil
}

// ycsb measures the six mixes with 1 and 8 clients, ours through the library in process, beside SQLite
// in Python's process and PostgreSQL with pgbench. Every commit is durable.
func (r *run) ycsb(ctx context.Context) error {
	dir, err := r.scratch("ycsb")
	if err != nil {
		return err
	}
	files, err := makeYCSB(dir, max(r.Rows/40, 100))
	if err != nil {
		return err
	}
	y, err := r.startYCSB(ctx, files)
	if err != nil {
		return err
	}
	defer y.close()
	differ, err := y.compareAll(ctx)
	if err != nil {
		return err
	}
	for i := range ycsbMixes {
		for _, clients := range []int{1, 8} {
			if err := y.measure(ctx, &ycsbMixes[i], clients, differ[i]); err != nil {
				return fmt.Errorf("mix %s: %w", ycsbMixes[i].name, err)
			}
		}
	}
	return nil
}
