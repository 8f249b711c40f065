package files

import (
	"sync"

	"driftdb/internal/formats/textin"
)

// maxRejects is the most records of a file that a RejectLog keeps, and maxKept of all.
const (
	maxRejects = 1 << 20
	maxKept    = 4 << 20
)

// RejectLog keeps what reading files left out, since it was made. It may be used by several goroutines.
type RejectLog struct {
	mu     sync.Mutex
	last   int64 // number of the scan that began last
	scans  []RejectScan
	errors []RejectError
}

// RejectScan is a file that was read, as often as it was.
type RejectScan struct {
	Scan, File   int64 // from 1 and from 0
	Path         string
	Delim, Quote byte // 0 for none
	Header       bool
	Columns      []Column
}

// RejectError is a record that was left out.
type RejectError struct {
	Scan, File int64
	Place      int // of the column in the file, from 1; 0 when the record as a whole is wrong
	textin.Reject
}

// Empty reports whether nothing was read.
func (l *RejectLog) Empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.scans) == 0
}

// Scans returns the files that were read.
func (l *RejectLog) Scans() []RejectScan {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]RejectScan(nil), l.scans...)
}

// Errors returns the records that were left out.
func (l *RejectLog) Errors() []RejectError {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]RejectError(nil), l.errors...)
}

// begin returns the number of a scan that begins; nil keeps nothing.
func (l *RejectLog) begin() int64 {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	return l.last
}

// fileLog is where the rejects of one file of one scan go; without a log they are forgotten.
type fileLog struct {
	log        *RejectLog
	scan, file int64
	limit      int // most records
	kept       int
	cols       []Column
}

// open notes that a file is read.
func (f *fileLog) open(s RejectScan) {
	if f.log == nil {
		return
	}
	s.Scan, s.File, f.cols = f.scan, f.file, s.Columns
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	f.log.scans = append(f.log.scans, s)
}

// add keeps records that were left out, as far as there is room.
func (f *fileLog) add(list []textin.Reject) {
	if f.log == nil || len(list) == 0 {
		return
	}
	limit := maxRejects
	if f.limit > 0 {
		limit = min(limit, f.limit)
	}
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	for _, r := range list {
		if f.kept >= limit || len(f.log.errors) >= maxKept {
			return
		}
		f.kept++
		f.log.errors = append(f.log.errors, RejectError{Scan: f.scan, File: f.file, Place: f.place(r.Column), Reject: r})
	}
}

// place is the place of a column, 0 for none.
func (f *fileLog) place(name string) int {
	for i, c := range f.cols {
		if c.Name == name {
			return i + 1
		}
	}
	return 0
}
