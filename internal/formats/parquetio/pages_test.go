package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// TestTextsThatHardlyCompress: pages whose compressed size is more than a third of what they become.
func TestTextsThatHardlyCompress(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	texts := make([]string, 20_000)
	for i := range texts {
		texts[i] = fmt.Sprintf("%x%x", rng.Uint64(), rng.Uint64())
	}
	cols := []Column{{"a", types.T(types.Text)}}
	for name := range codecs {
		data := write(t, cols, name, &vec.Batch{N: len(texts), Cols: []vec.Vec{textVec(cols[0].Type, nil, texts...)}})
		_, rows, err := readAll(data, 1024)
		if err != nil || len(rows) != len(texts) {
			t.Fatalf("%s: %d rows, %v", name, len(rows), err)
		}
		for i, text := range texts {
			if rows[i] != text {
				t.Fatalf("%s: row %d is %q, want %q", name, i, rows[i], text)
			}
		}
	}
}

// TestDecompress: data become what they should, or it is an error; they take no more memory than that.
func TestDecompress(t *testing.T) {
	for _, plain := range [][]byte{bytes.Repeat([]byte("to and fro "), 100), make([]byte, 1<<20), []byte("x")} {
		for _, codec := range []format.CompressionCodec{format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw} {
			packed, err := parquet.LookupCompressionCodec(codec).Encode(nil, plain)
			if err != nil {
				t.Fatal(err)
			}
			out := make([]byte, len(plain))
			if err := decompress(codec, out, packed); err != nil || !bytes.Equal(out, plain) {
				t.Errorf("%s of %d bytes: %v", codec, len(plain), err)
			}
			for _, size := range []int{0, len(plain) - 1, len(plain) + 1} {
				if err := decompress(codec, make([]byte, size), packed); err == nil {
					t.Errorf("%s: %d bytes become %d", codec, len(plain), size)
				}
			}
			if err := decompress(codec, out, packed[:len(packed)-1]); err == nil && codec != format.Brotli {
				t.Errorf("%s: cut data are read", codec)
			}
		}
	}
	if decompress(format.LZO, nil, nil) == nil {
		t.Error("LZO is read")
	}
}

// TestDeltaLengths: the lists of lengths that the library writes are read as they are, and damaged ones are refused
// where the library would take more memory than the values need.
func TestDeltaLengths(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	refused := 0
	for range 2000 {
		list := make([]int32, rng.IntN(400))
		most := 1 << rng.IntN(31)
		for i := range list {
			list[i] = int32(rng.IntN(most))
		}
		b, err := (&delta.BinaryPackedEncoding{}).EncodeInt32(nil, list)
		if err != nil {
			t.Fatal(err)
		}
		d := &deltaReader{b: b, most: int64(len(list))}
		got, ok := d.lengths()
		if !ok || fmt.Sprint(got) != fmt.Sprint(list) || len(d.b) != 0 {
			t.Fatalf("%v is read as %v, %v", list, got, ok)
		}
		b[rng.IntN(len(b))] = byte(rng.Uint32())
		d = &deltaReader{b: b, most: int64(len(list))}
		if got, ok = d.lengths(); !ok {
			refused++
			continue
		}
		want, err := (&delta.BinaryPackedEncoding{}).DecodeInt32(nil, b)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("damaged, it is read as %v, by the library as %v: %v", got, want, err)
		}
	}
	if refused == 0 {
		t.Error("no damaged list was refused")
	}
}

// TestDeltaTexts: texts that begin like the one before.
func TestDeltaTexts(t *testing.T) {
	lengths := func(list ...int32) []byte {
		b, err := (&delta.BinaryPackedEncoding{}).EncodeInt32(nil, list)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	page := func(prefixes, suffixes []int32, rest string) []byte {
		return append(append(lengths(prefixes...), lengths(suffixes...)...), rest...)
	}
	long := make([]int32, 5000)
	for i := range long {
		long[i] = int32(i) * 1_000
	}
	for i, c := range []struct {
		page  []byte
		fixed int
		ok    bool
	}{
		{page([]int32{0, 2}, []int32{3, 1}, "abcd"), 0, true},
		{page([]int32{0, 2}, []int32{3, 1}, "abcd"), 3, true},
		{page([]int32{0, 2}, []int32{3, 2}, "abcde"), 3, false}, // 4 bytes where a value has 3
		{page([]int32{0, 4}, []int32{3, 1}, "abcd"), 0, false},  // more than the text before has
		{page([]int32{0, 2}, []int32{3, 1}, "abc"), 0, false},   // fewer bytes than they need
		{page([]int32{0, -1}, []int32{3, 1}, "abcd"), 0, false},
		{page([]int32{0}, []int32{3, 1}, "abcd"), 0, false},
		{page(long, slicesOf(5000, 1000), string(make([]byte, 5_000_000))), 0, false}, // 12 GB
	} {
		if got := checkDelta(c.page, format.DeltaByteArray, 5000, c.fixed); got != c.ok {
			t.Errorf("page %d: %v, want %v", i, got, c.ok)
		}
	}
}

func slicesOf(n int, x int32) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = x
	}
	return s
}

// TestRuns: runs of levels and codes that are more than the values, or lie outside the page, are refused.
func TestRuns(t *testing.T) {
	run := func(count uint64, rest ...byte) []byte { return append(binary.AppendUvarint(nil, count<<1), rest...) }
	for i, c := range []struct {
		b      []byte
		width  int
		values int
		ok     bool
	}{
		{run(100, 1), 1, 100, true},
		{run(100+spareValues, 1), 1, 100, true},
		{run(101+spareValues, 1), 1, 100, false},
		{run(1<<40, 1), 1, 100, false},
		{run(100), 1, 100, false},
		{append(run(50, 1), run(50, 0)...), 1, 100, true},
		{[]byte{2<<1 | 1, 0xff, 0xff}, 1, 16, true},
		{[]byte{3<<1 | 1, 0xff, 0xff}, 1, 16, false},
		{[]byte{0x80}, 1, 16, false},
		{nil, 1, 16, true},
	} {
		if got := runsHold(c.b, c.width, c.values); got != c.ok {
			t.Errorf("runs %d: %v", i, got)
		}
	}
}
