package part

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// checkCorruption fails unless err is a corruption error that names the file.
func checkCorruption(t tb, err error, at int) {
	t.Helper()
	var e *dberr.Error
	if !errors.As(err, &e) || !dberr.IsCorruption(err) || e.File != "test.part" || e.Offset < 0 {
		t.Fatalf("byte %d: got %v, want a corruption error with file and offset", at, err)
	}
}

// smallPart returns a part with every encoding and a two-column index.
func smallPart(t tb, compress bool) ([]byte, []column) {
	r := rand.New(rand.NewPCG(11, 12))
	n := 280
	cols := []column{
		{spec: ColumnSpec{ID: 1, Name: "id", Type: types.T(types.Int64)}},
		{spec: ColumnSpec{ID: 2, Name: "kind", Type: types.T(types.Text), TypeVersion: 1}},
		{spec: ColumnSpec{ID: 3, Name: "note", Type: types.T(types.Text)}},
		{spec: ColumnSpec{ID: 4, Name: "gone", Type: types.T(types.Int32)}},
		{spec: ColumnSpec{ID: 5, Name: "price", Type: types.T(types.Float64)}},
	}
	for i := range n {
		cols[0].values = append(cols[0].values, types.IntValue(cols[0].spec.Type, int64(r.IntN(100_000))))
		cols[1].values = append(cols[1].values, types.BytesValue(cols[1].spec.Type, []string{"new", "old", "blue"}[r.IntN(3)]))
		cols[2].values = append(cols[2].values, types.BytesValue(cols[2].spec.Type, fmt.Sprintf("%x", i*i)))
		cols[3].values = append(cols[3].values, types.NullOf(cols[3].spec.Type))
		cols[4].values = append(cols[4].values, types.FloatValue(cols[4].spec.Type, float64(i)/8))
		if i%7 == 0 {
			cols[2].values[i] = types.NullOf(cols[2].spec.Type)
		}
	}
	opt := WriteOptions{Columns: specsOf(cols), Compress: compress, GroupRows: 256, Indexes: []IndexSpec{
		{ID: 0, Columns: []uint32{1, 2}, Unique: true}, {ID: 3, Columns: []uint32{3}}}}
	var out bytes.Buffer
	w, err := NewWriter(&out, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	appendAll(t, w, cols, []Run{{0, 10, 20}, {100, 700, 900}})
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), cols
}

// columnsToPack returns columns that are packed: integers with a unit, with NULLs and of other signs, and
// codes of a dictionary that does not fill its bits.
func columnsToPack() []column {
	r := rand.New(rand.NewPCG(13, 14))
	cols := []column{
		{spec: ColumnSpec{ID: 1, Name: "tens", Type: types.T(types.Int64)}},
		{spec: ColumnSpec{ID: 2, Name: "kind", Type: types.T(types.Text)}},
		{spec: ColumnSpec{ID: 3, Name: "signed", Type: types.T(types.Int32)}},
		{spec: ColumnSpec{ID: 4, Name: "time", Type: types.T(types.Timestamp)}},
	}
	for i := range 1100 {
		for c, v := range []types.Value{
			types.IntValue(cols[0].spec.Type, 10*int64(r.IntN(90))),
			types.BytesValue(cols[1].spec.Type, []string{"new", "old", "blue", "red", "grey"}[r.IntN(5)]),
			types.IntValue(cols[2].spec.Type, int64(r.IntN(200_000))-100_000),
			types.IntValue(cols[3].spec.Type, 1_700_000_000_000_000+int64(i)*3_000_000),
		} {
			if c < 2 && i%9 == 0 {
				v = types.NullOf(v.Type)
			}
			cols[c].values = append(cols[c].values, v)
		}
	}
	return cols
}

// packedPart returns a part of packed columns, strings among them.
func packedPart(t tb) []byte {
	cols := columnsToPack()
	note := column{spec: ColumnSpec{ID: 5, Name: "note", Type: types.T(types.Text)}}
	for i := range cols[0].values {
		v := types.BytesValue(note.spec.Type, fmt.Sprintf("%x", i*i*i))
		if i%5 == 0 {
			v = types.NullOf(note.spec.Type)
		}
		note.values = append(note.values, v)
	}
	cols = append(cols, note)
	img, _ := writePart(t, WriteOptions{Columns: specsOf(cols), GroupRows: 1024}, cols, nil)
	p := openPart(t, img)
	for pos, spec := range cols {
		if enc, _ := p.Encoding(pos); !enc.packed() {
			t.Fatalf("column %s is %s", spec.spec.Name, enc)
		}
	}
	return img
}

// damagedParts are the images that damage is tried on.
func damagedParts(t tb) [][]byte {
	plain, _ := smallPart(t, false)
	compressed, _ := smallPart(t, true)
	return [][]byte{plain, compressed, packedPart(t)}
}

func appendAll(t tb, w *Writer, cols []column, runs []Run) {
	t.Helper()
	if err := w.Append(vectorsOf(cols), nil, runs); err != nil {
		t.Fatal(err)
	}
}

// readEverything reads all values and lookups of a part; sum identifies the answers.
func readEverything(p *Part) (sum string, err error) {
	var b bytes.Buffer
	put := func(row uint32) bool {
		b.Write(binary.LittleEndian.AppendUint32(nil, row))
		return true
	}
	for g := range p.Groups() {
		for c := range p.Columns() {
			v, err := p.Chunk(g, c)
			if err != nil {
				return "", err
			}
			for i := range v.N {
				x := v.Value(i)
				put(uint32(bool2int(x.Valid)))
				put(uint32(x.I))
				put(uint32(math.Float64bits(x.F) >> 32))
				b.WriteString(x.S)
			}
			s := p.Stats(g, c)
			fmt.Fprint(&b, s.String())
		}
	}
	for _, spec := range p.Indexes() {
		x, _ := p.Index(spec.ID)
		if err := x.Range(nil, nil, put); err != nil {
			return "", err
		}
		for row := 0; row < p.Rows(); row += 97 {
			key, err := x.KeyAt(uint32(row))
			if err == nil && x.MayContain(key) {
				err = x.Lookup(key, put)
			}
			if err != nil {
				return "", err
			}
		}
	}
	fmt.Fprint(&b, p.Runs(), p.Rows())
	return b.String(), nil
}

// TestFlippedByteIsNoticed flips a bit of every byte: opening, reading or verifying says so,
// and what is read without an error is right.
func TestFlippedByteIsNoticed(t *testing.T) {
	for k, img := range damagedParts(t) {
		want, err := readEverything(openPart(t, img))
		if err != nil {
			t.Fatal(err)
		}
		step := 1
		if k > 0 || testing.Short() {
			step = 11 // its structure is that of the first
		}
		src := sourceOf(img)
		for i := 0; i < len(img); i += step {
			src.data[i] ^= 1 << (i % 8)
			err := readFlipped(t, src, want, i)
			checkCorruption(t, err, i)
			src.data[i] ^= 1 << (i % 8)
		}
	}
}

// readFlipped returns the error that the damage at byte i shows as.
func readFlipped(t *testing.T, src *memSource, want string, i int) error {
	p, err := Open(src, Location{Length: int64(len(src.data))}, NewCache(1<<20))
	if err != nil {
		return err
	}
	got, err := readEverything(p)
	if err == nil && got != want {
		t.Fatalf("byte %d flipped: another answer", i)
	}
	return p.Verify()
}

func TestCutPartIsRefused(t *testing.T) {
	img, _ := smallPart(t, false)
	for n := 0; n < len(img); n += 61 {
		_, err := Open(&memSource{"test.part", aligned(img[:n])}, Location{Length: int64(n)}, nil)
		checkCorruption(t, err, n)
		_, err = Open(sourceOf(img), Location{Length: int64(len(img)), Offset: int64(n) + 64}, nil)
		checkCorruption(t, err, n)
	}
}

func TestPartInsideAFile(t *testing.T) {
	img, cols := smallPart(t, false)
	file := aligned(append(make([]byte, 4096), append(img, "behind"...)...))
	p, err := Open(&memSource{"pack", file}, Location{Offset: 4096, Length: int64(len(img))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkValues(t, p, cols)
}

// TestPartsOfEarlierVersionsAreRead reads the images that the programs wrote that had these versions.
func TestPartsOfEarlierVersionsAreRead(t *testing.T) {
	_, small := smallPart(t, false)
	for name, c := range map[string]struct {
		version uint32
		cols    []column
	}{"part.v1": {1, small}, "part.v2": {2, columnsToPack()}} {
		img, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		p := openPart(t, img)
		if p.trailer.version != c.version {
			t.Errorf("%s has version %d", name, p.trailer.version)
		}
		checkValues(t, p, c.cols)
		if err := p.Verify(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestVersionIsTheLeastThatHasAllEncodings opens images as readers of other versions: a version that is not
// known is refused by its number.
func TestVersionIsTheLeastThatHasAllEncodings(t *testing.T) {
	plain, _ := smallPart(t, false)
	integers, _ := writePart(t, WriteOptions{Columns: specsOf(columnsToPack())}, columnsToPack(), nil)
	for want, img := range map[uint32][]byte{versionFirst: plain, versionPacked: integers, versionLengths: packedPart(t)} {
		if got := openPart(t, img).trailer.version; got != want {
			t.Errorf("version %d, want %d", got, want)
		}
	}
	img := bytes.Clone(plain)
	at := bytes.Index(img, []byte(trailerMagic))
	binary.LittleEndian.PutUint32(img[at+8:], versionLengths+1)
	fixChecksums(img)
	_, err := Open(&memSource{"test.part", img}, Location{Length: int64(len(img))}, nil)
	if err == nil || !strings.Contains(err.Error(), "part format version 4, this program reads versions 1 to 3") {
		t.Errorf("a part of version 4: %v", err)
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

func TestGoldenDump(t *testing.T) {
	img, _ := smallPart(t, false)
	var out bytes.Buffer
	if err := openPart(t, img).Dump(&out); err != nil {
		t.Fatal(err)
	}
	d := openDeaths(t, 400, randomDeaths(rand.New(rand.NewPCG(9, 9)), 400, 20, 30, 4))
	if err := d.Dump(&out); err != nil {
		t.Fatal(err)
	}
	const name = "testdata/part.golden"
	if *update {
		if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("the format changed; with -update the dump is\n%s", out.Bytes())
	}
}

// tryPart opens and reads an image that may be anything, with right checksums too.
func tryPart(t tb, src *memSource) {
	t.Helper()
	for _, fix := range []bool{false, true} {
		if fix && !fixChecksums(src.data) {
			return
		}
		p, err := Open(src, Location{Length: int64(len(src.data))}, NewCache(1<<20))
		if err != nil {
			checkCorruption(t, err, -1)
			continue
		}
		if _, err := readEverything(p); err != nil {
			checkCorruption(t, err, -1)
		}
		if err := p.Verify(); err != nil {
			checkCorruption(t, err, -1)
		}
	}
}

// TestMutatedPartNeverPanics changes a few bytes and makes the checksums right again.
func TestMutatedPartNeverPanics(t *testing.T) {
	for _, img := range damagedParts(t) {
		src := sourceOf(img)
		r := rand.New(rand.NewPCG(21, 22))
		for range 1500 {
			copy(src.data, img)
			mutate(r, src.data)
			tryPart(t, src)
		}
	}
}

// mutate changes up to four bytes, most of them where the footers are.
func mutate(r *rand.Rand, b []byte) {
	for range 1 + r.IntN(4) {
		at := r.IntN(len(b))
		if r.IntN(3) > 0 {
			at = len(b) - 1 - r.IntN(min(len(b), 4200))
		}
		switch r.IntN(3) {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1:
			b[at] = byte(r.Uint32())
		default:
			b[at] = []byte{0, 1, 0x7F, 0x80, 0xFF}[r.IntN(5)]
		}
	}
}

func TestMutatedDeathsNeverPanic(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for _, n := range []int{1, 300, 66_000} {
		img, err := EncodeDeaths(100_000, randomDeaths(r, 100_000, n, 10, 5))
		if err != nil {
			t.Fatal(err)
		}
		src := sourceOf(img)
		for range 300 {
			copy(src.data, img)
			mutate(r, src.data)
			tryDeaths(t, src)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, img := range damagedParts(f) {
		f.Add(img)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tryPart(t, &memSource{"test.part", aligned(data)})
	})
}

// tryDeaths opens and reads an image that may be anything, with right checksums too.
func tryDeaths(t tb, src *memSource) {
	t.Helper()
	for _, fix := range []bool{false, true} {
		if fix && !fixDeathsChecksums(src.data) {
			return
		}
		d, err := OpenDeaths(src, Location{Length: int64(len(src.data))}, 100_000)
		if err != nil {
			checkCorruption(t, err, -1)
			continue
		}
		for _, seq := range []uint64{0, 12, 5000, 1 << 40} {
			if _, err := d.MaskAt(seq); err != nil {
				checkCorruption(t, err, -1)
			}
		}
		if err := d.Verify(); err != nil {
			checkCorruption(t, err, -1)
		}
	}
}

func FuzzDeaths(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 300, 66_000} {
		img, err := EncodeDeaths(100_000, randomDeaths(r, 100_000, n, 10, 5))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(img)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tryDeaths(t, &memSource{"test.part", aligned(data)})
	})
}
