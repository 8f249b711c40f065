package files

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// TestDamaged reads files of every format and compression that are damaged, from memory: what they
// hold are values of the types that they say, or an error with a code, in time and within memory that their size
// justifies. DRIFTDB_INPUTS is how many there are and DRIFTDB_SEED another beginning.
func TestDamaged(t *testing.T) {
	inputs, seed := numberIn("DRIFTDB_INPUTS", 20_000), numberIn("DRIFTDB_SEED", 1)
	d := &damager{rng: rand.New(rand.NewPCG(uint64(seed), 7)), seeds: damageSeeds(t)}
	for _, s := range d.seeds {
		if err := readDamaged(s.name, s.data, Options{}); err != nil {
			t.Errorf("%s, not damaged: %v", s.name, err)
		}
	}
	w := watch(t)
	start, outcomes := time.Now(), map[string]int{}
	for n := range inputs {
		name, data, opts := d.next()
		w.begin(name, data)
		err := readDamaged(name, data, opts)
		if took, bytes := w.end(); took > 10*time.Second || bytes > allowed(len(data)) {
			err = fmt.Errorf("took %s and %d MiB: %w", took, bytes>>20, err)
		} else if isAnswer(err) {
			outcome := "read"
			if err != nil {
				outcome = dberr.CodeOf(err)
			}
			outcomes[filepath.Ext(name)+" "+outcome]++
			continue
		}
		t.Fatalf("input %d, %s (kept as %s), %+v:\n%v", n, name, keepFile(name, data), opts, err)
	}
	t.Logf("%d inputs in %s: %v", inputs, time.Since(start).Round(time.Millisecond), outcomes)
}

// isAnswer reports whether an error is one that a damaged file may have.
func isAnswer(err error) bool {
	var e *dberr.Error
	return err == nil || errors.As(err, &e) && len(e.Code) == 5 && e.Message != "" && e.Code != dberr.InternalError
}

// allowed is the memory that a file of so many bytes may take all in all, a compressed one what it may become.
func allowed(size int) uint64 { return 192<<20 + uint64(size)*256 }

// mostRows is how many rows of a file are looked at: few bytes may stand for many.
const mostRows = 1 << 17

// readDamaged opens a file as a table's first look at it does, then as a scan does, and reads all of its columns.
func readDamaged(name string, data []byte, opts Options) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, f := context.Background(), memoryFile{bytes.NewReader(data), name}
	format, err := opts.format(name)
	if err != nil {
		return err
	}
	r, err := readerOf(ctx, f, int64(len(data)), format, &opts)
	if err != nil {
		return err
	}
	all := r.columns()
	if isTyped(r) {
		return readUnits(ctx, r)
	}
	r.close()
	opts.Columns = all
	if r, err = readerOf(ctx, f, int64(len(data)), format, &opts); err != nil {
		return err
	}
	return readUnits(ctx, r)
}

func readUnits(ctx context.Context, r reader) error {
	defer r.close()
	var cols []int
	var as []types.Type
	for i, c := range r.columns() {
		if c.Type != (types.Type{}) {
			cols, as = append(cols, i), append(as, c.Type)
		}
	}
	total := 0
	for u := range min(r.units(), 16) {
		if r.rows(u) < -1 {
			return fmt.Errorf("unit %d has %d rows", u, r.rows(u))
		}
		if err := readUnit(ctx, r, u, cols, as, &total); err != nil {
			return err
		}
	}
	return nil
}

func readUnit(ctx context.Context, r reader, unit int, cols []int, as []types.Type, total *int) error {
	in, err := r.read(ctx, unit, cols, as)
	if err != nil {
		return err
	}
	defer in.close()
	for *total < mostRows {
		b, err := in.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		*total += b.N
		if len(b.Cols) != len(cols) {
			return fmt.Errorf("%d columns of %d", len(b.Cols), len(cols))
		}
		for c := range b.Cols {
			if err := checkVector(&b.Cols[c], as[c], b.N, b.Sel); err != nil {
				return fmt.Errorf("column %d: %w", cols[c], err)
			}
		}
	}
	return nil
}

// checkVector looks at the values of a vector that sel selects, of many the first and last.
func checkVector(v *vec.Vec, t types.Type, n int, sel []uint64) error {
	if v.Type != t || v.N != n {
		return fmt.Errorf("%d values of type %s, want %d of type %s", v.N, v.Type, n, t)
	}
	for i := range n {
		if i >= 200 && i < n-200 || sel != nil && sel[i>>6]>>(i&63)&1 == 0 {
			continue
		}
		if err := checkValue(v, i); err != nil {
			return err
		}
	}
	return nil
}

// checkValue looks at a value: texts are UTF-8, and what is stored in a form of ours has that form.
func checkValue(v *vec.Vec, i int) error {
	x := v.Value(i)
	if !x.Valid {
		return nil
	}
	text := types.Format(x)
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fmt.Errorf("a value of type %s is not text: %q", v.Type, text)
	}
	if x.Type.IsArray() {
		_, err := x.Array()
		return err
	}
	if x.Type.ID == types.Numeric {
		_, err := x.Decimal()
		return err
	}
	return nil
}

// memoryFile is a file in memory.
type memoryFile struct {
	*bytes.Reader
	name string
}

func (f memoryFile) Name() string                          { return f.name }
func (f memoryFile) Size() (int64, error)                  { return f.Reader.Size(), nil }
func (f memoryFile) Close() error                          { return nil }
func (f memoryFile) Sync() error                           { return errors.ErrUnsupported }
func (f memoryFile) Truncate(int64) error                  { return errors.ErrUnsupported }
func (f memoryFile) Preallocate(int64) error               { return errors.ErrUnsupported }
func (f memoryFile) WriteAt([]byte, int64) (int, error)    { return 0, errors.ErrUnsupported }
func (f memoryFile) Map(int64, int64) (vfs.Mapping, error) { return nil, errors.ErrUnsupported }

// memoryWatch ends the test when an input takes too long, and says what inputs take.
type memoryWatch struct {
	current atomic.Pointer[watched]
	sample  [1]metrics.Sample
	before  uint64
}

// watched is the input that is being read.
type watched struct {
	name  string
	data  []byte
	begun time.Time
}

// longest is when an input counts as one that does not end.
const longest = 60 * time.Second

func watch(t *testing.T) *memoryWatch {
	w := &memoryWatch{}
	w.sample[0].Name = "/gc/heap/allocs:bytes"
	tick := time.NewTicker(time.Second)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-tick.C:
				if x := w.current.Load(); x != nil && time.Since(x.begun) > longest {
					panic("does not end: " + keepFile(x.name, x.data))
				}
			case <-done:
				return
			}
		}
	}()
	t.Cleanup(func() { tick.Stop(); close(done) })
	return w
}

func (w *memoryWatch) begin(name string, data []byte) {
	metrics.Read(w.sample[:])
	w.before = w.sample[0].Value.Uint64()
	w.current.Store(&watched{name, data, time.Now()})
}

// end returns how long the input took and how many bytes of the heap.
func (w *memoryWatch) end() (time.Duration, uint64) {
	took := time.Since(w.current.Swap(nil).begun)
	metrics.Read(w.sample[:])
	return took, w.sample[0].Value.Uint64() - w.before
}

// keepFile writes an input to where it can be looked at.
func keepFile(name string, data []byte) string {
	path := filepath.Join(os.TempDir(), "driftdb-damaged-"+name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err.Error()
	}
	return path
}

func numberIn(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// damageSeed is a file that damaged ones are made of.
type damageSeed struct {
	name string
	data []byte
}

// textSeeds are files of text, by their names.
var textSeeds = map[string]string{
	"types.csv":    "b,i,f,n,d,ts,tz,t\ntrue,1,1.5,12345678901234567890.5,2024-02-29,2024-02-29 12:00:00.5,2024-02-29 12:00+02,a\nfalse,-9223372036854775808,-1e300,0.1,1900-01-01,1969-12-31 23:59:59,epoch,\"x \"\"y\"\"\nz\"\n,,,,,,,\n",
	"simple.csv":   "a,b\n1,x\n2,y\n3,\n",
	"bars.csv":     "a|b|c\r\n1|\"q|r\"|2024-01-31\r\n||\r\n5|6|7\r\n",
	"semi.csv":     "a;b;c\n1,5;\"x\";31.12.2024\n-2,25;;\n",
	"notes.csv":    "#a,b\n1,x\n# 2,y\n3,z\n",
	"bare.csv":     "1,2024-01-31,x\n2,2024-02-29,y\n",
	"mark.csv":     "\ufeffä,ß\n€,😀\n",
	"tabs.tsv":     "a\tb\n1\tx\\ty\n\\N\t\\\\\n",
	"types.ndjson": "{\"a\":1,\"b\":[1,2,null],\"c\":{\"d\":\"\\u00e9\\ud83d\\ude00\"},\"e\":true}\n{\"a\":1.5e300,\"b\":[\"x\"],\"f\":null,\"t\":\"2024-02-29T12:00:00Z\"}\n{\"a\":12345678901234567890}\n",
	"array.json":   "[{\"a\": 1, \"b\": [1, {\"c\": null}]}, {\"a\": 1.5, \"d\": \"é\\u00e9\", \"e\": \"]\"}]",
	"flat.ndjson":  "{\"id\":1,\"name\":\"x\"}\n{\"id\":2,\"name\":\"y\"}\n",
}

// damageSeeds are small files of every format, encoding and compression, and those of other programs.
func damageSeeds(t *testing.T) (seeds []damageSeed) {
	for _, name := range slices.Sorted(maps.Keys(textSeeds)) {
		seeds = append(seeds, damageSeed{name, []byte(textSeeds[name])})
	}
	var packed bytes.Buffer
	gz := gzip.NewWriter(&packed)
	if _, err := gz.Write([]byte(textSeeds["types.csv"])); err != nil || gz.Close() != nil {
		t.Fatal(err)
	}
	seeds = append(seeds, damageSeed{"types.csv.gz", packed.Bytes()})
	zw, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	seeds = append(seeds, damageSeed{"types.ndjson.zst", zw.EncodeAll([]byte(textSeeds["types.ndjson"]), nil)})
	z, err := zip.OpenReader("../../testdata/interop/small.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, damageSeed{f.Name, data})
	}
	return seeds
}

// damager makes inputs.
type damager struct {
	rng   *rand.Rand
	seeds []damageSeed
}

// next returns a damaged file, and how it is to be read.
func (d *damager) next() (name string, data []byte, opts Options) {
	from := d.seeds[d.rng.IntN(len(d.seeds))]
	data = bytes.Clone(from.data)
	for range 1 + d.rng.IntN(2)*d.rng.IntN(4) { // most often one: what is damaged more is seldom looked at for long
		data = d.change(data)
	}
	if format, _ := FormatOf(from.name); format != Parquet && format != Arrow && d.rng.IntN(3) == 0 {
		opts = d.options()
	}
	return from.name, data, opts
}

// options are some of how text is read.
func (d *damager) options() (o Options) {
	null := "x"
	for range 1 + d.rng.IntN(2) {
		switch d.rng.IntN(12) {
		case 0:
			o.NoHeader = true
		case 1:
			o.Header = true
		case 2:
			o.Delim = ";|\t "[d.rng.IntN(4)]
		case 3:
			o.Quote = '\''
		case 4:
			o.Null, o.Nulls = &null, []string{"1", ""}
		case 5:
			o.SkipLines = 1 + d.rng.IntN(3)
		case 6:
			o.Comment = '#'
		case 7:
			o.Padding = true
		case 8:
			o.MaxRecord = 10
		case 9:
			o.SkipBad = true
		case 10:
			o.AllText = true
		case 11:
			o.Plain = true
		}
	}
	return o
}

// pieces are what changes put into a file.
var pieces = []string{
	"'", "\"", "\\", "\x00", "\xff", "é", "\n", "\r\n", "\t", ",", ";", "|", "-", "0", "9", "e", "{", "}", "[", "]", ":", "\\u0000", "\\ud800", "null", "true", "NaN", "1e400", "99999999999999999999", "\ufeff",
	"\xff\xff\xff\xff", "\xff\xff\xff\x7f", "\xff\xff\xff\xff\x0f", "\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "\x00\x00\x00\x80", "\xfe\xff\xff\xff\x0f", "\x80\x80\x80\x80\x10", "PAR1", "ARROW1",
}

// change makes one change, most often near the end, where the footer is, or anywhere.
func (d *damager) change(data []byte) []byte {
	if len(data) == 0 {
		return []byte(pieces[d.rng.IntN(len(pieces))])
	}
	at := d.rng.IntN(len(data))
	if d.rng.IntN(3) == 0 {
		at = max(0, len(data)-1-d.rng.IntN(300))
	}
	end := min(at+d.rng.IntN(9), len(data))
	var put []byte
	switch d.rng.IntN(9) {
	case 0: // drop
	case 1: // repeat
		put = bytes.Repeat(data[at:end], 2+d.rng.IntN(8))
	case 2: // put in
		put, end = []byte(pieces[d.rng.IntN(len(pieces))]), at
	case 3: // exchange
		put = []byte(pieces[d.rng.IntN(len(pieces))])
		end = min(at+len(put), len(data))
	case 4: // another's bytes
		other := d.seeds[d.rng.IntN(len(d.seeds))].data
		from := d.rng.IntN(len(other))
		put = other[from:min(from+1+d.rng.IntN(16), len(other))]
		end = min(at+len(put), len(data))
	case 5, 6: // a bit
		data[at] ^= 1 << d.rng.IntN(8)
		return data
	case 7: // a number of four bytes becomes another
		if at &^= 3; at+4 > len(data) {
			return data[:at]
		}
		n := binary.LittleEndian.Uint32(data[at:])
		binary.LittleEndian.PutUint32(data[at:], []uint32{n + 1, n - 1, n * 2, n << 16, -n, 1 << 31, 1<<31 - 1, 1 << 30, 0}[d.rng.IntN(9)])
		return data
	case 8: // cut
		if d.rng.IntN(4) > 0 {
			data[at] = byte(d.rng.Uint32())
			return data
		}
		return data[:at]
	}
	return slices.Concat(data[:at], put, data[end:])
}
