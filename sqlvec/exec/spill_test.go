package exec

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// openFS counts the files that are open.
type openFS struct {
	vfs.FS
	made, open atomic.Int64
}

func (o *openFS) Create(name string) (vfs.File, error) {
	f, err := o.FS.Create(name)
	if err != nil {
		return nil, err
	}
	o.made.Add(1)
	o.open.Add(1)
	return &openFile{File: f, fs: o}, nil
}

// openFile is a file that is closed once.
type openFile struct {
	vfs.File
	fs     *openFS
	closed atomic.Bool
}

func (f *openFile) Close() error {
	if !f.closed.Swap(true) {
		f.fs.open.Add(-1)
	}
	return f.File.Close()
}

// spillers are plans that do not fit 24 MiB when each input has a million rows.
func spillers(t *testing.T, in func() plan.Node) map[string]plan.Node {
	mixed := mustOp(t, "%", mustOp(t, "*", seriesCol(), intConst(7919)), intConst(1_000_003))
	row := mustOp(t, "%", seriesCol(), intConst(1000))
	window := &plan.Window{
		Input: in(), Partition: []expr.Expr{row}, Order: []plan.SortKey{{Expr: mixed}},
		Calls: []plan.WindowCall{{Func: plan.RowNumber}}, Out: bigintColumn,
	}
	return map[string]plan.Node{
		"sort":   &plan.Sort{Input: in(), Keys: []plan.SortKey{{Expr: mixed, Desc: true}}},
		"window": window,
	}
}

// spillOptions are those of a query that has to spill.
func spillOptions(fs vfs.FS) Options {
	return Options{Workers: 2, MemoryLimit: 24 << 20, Temp: TempSpace{FS: fs, Dir: "temp"}}
}

// TestSpillEnds checks that temporary files and memory are given back when a query that
// spills succeeds, when its input or its caller fails, when it is canceled, when the disk is
// full and when the files are too large.
func TestSpillEnds(t *testing.T) {
	const n = 1_000_000
	boom := errors.New("boom")
	million := func() plan.Node { return series(n) }
	for name, node := range spillers(t, million) {
		rows := 0
		count := func(b *vec.Batch) error { rows += b.Count(); return nil }
		spillEnds(t, name, node, context.Background(), nil, count, "")
		if rows != n {
			t.Errorf("%s: %d rows", name, rows)
		}
		spillEnds(t, name+", caller fails", node, context.Background(), nil, func(*vec.Batch) error { return boom }, "boom")
		full := func(o *Options, fs *vfs.Fault) { fs.Limit(1 << 20) }
		spillEnds(t, name+", disk full", node, context.Background(), full, count, dberr.DiskFull)
		limit := func(o *Options, _ *vfs.Fault) { o.Temp.Limit = 1 << 20 }
		spillEnds(t, name+", files too large", node, context.Background(), limit, count, dberr.ConfigLimitExceeded)
	}
	for name, node := range spillers(t, func() plan.Node { return series(1 << 40) }) {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		spillEnds(t, name+", canceled", node, ctx, nil, func(*vec.Batch) error { return nil }, dberr.QueryCanceled)
		cancel()
	}
}

// spillEnds runs a plan, which must end with the error of the code, and checks what it leaves.
func spillEnds(t *testing.T, name string, node plan.Node, ctx context.Context, set func(*Options, *vfs.Fault), out func(*vec.Batch) error, code string) {
	t.Helper()
	mem := vfs.NewMem()
	files := &openFS{FS: mem}
	fault := vfs.NewFault(files, nil)
	opts := spillOptions(fault)
	if set != nil {
		set(&opts, fault)
	}
	ex := newExecution(ctx, opts.withDefaults())
	err := ex.guard(func() error { return ex.run(node, out) })
	ex.close()
	switch {
	case code == "" && err != nil, code == "boom" && (err == nil || err.Error() != "boom"):
		t.Errorf("%s: %v", name, err)
	case code != "" && code != "boom" && dberr.CodeOf(err) != code:
		t.Errorf("%s: %v, want SQLSTATE %s", name, err, code)
	}
	names, _ := mem.ReadDir("temp")
	if files.made.Load() == 0 || files.open.Load() != 0 || len(names) > 0 {
		t.Errorf("%s: %d files were made, %d are open, names %v", name, files.made.Load(), files.open.Load(), names)
	}
	if left, temp := ex.budget.Used(), ex.temp.bytes.Load(); left != 0 || temp != 0 {
		t.Errorf("%s: %d bytes of memory and %d of files are left", name, left, temp)
	}
}
