package files

import (
	"path/filepath"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/formats/textin"
	"driftdb/internal/types"
)

// Format is a kind of file.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	TSV     Format = "tsv"
	JSON    Format = "json" // NDJSON, or one array of objects
	Parquet Format = "parquet"
	Arrow   Format = "arrow" // file or stream
)

// Column is a column of a file and its type.
type Column struct {
	Name string
	Type types.Type
}

// Choice is whether something is done.
type Choice uint8

// The choices.
const (
	Perhaps Choice = iota // where it looks like it
	Always
	Never
)

// Options say how files are read. The zero value reads each file as its name's ending says.
type Options struct {
	Format Format // "" means by the ending
	// NoHeader, Delim, Quote, Null and Nulls are about CSV and TSV; see textin.Options.
	NoHeader bool
	// Header says that the first line of CSV and TSV has names; without it and NoHeader the line itself does.
	Header bool
	Delim  byte
	Quote  byte
	// NoQuote says that quotes mean nothing in CSV.
	NoQuote bool
	// Encoding is what charset.Name gave for text files, "" for UTF-8.
	Encoding string
	// Escape is what the statement says stands before a quote within quotes; only the quote itself can.
	Escape string
	Null   *string
	Nulls  []string
	// SkipLines is how many lines at the beginning of a CSV or TSV file are left out.
	SkipLines int
	// Comment, Padding, MaxRecord and Notation are those of textin.Options.
	Comment   byte
	Padding   bool
	MaxRecord int
	Notation  textin.Notation
	// Packing is how text files are compressed.
	Packing Packing
	// SkipBad leaves out records of text files that cannot be read.
	SkipBad bool
	// Names are the names of the columns of CSV and TSV, in order, in the place of those of the header.
	Names []string
	// Columns are all of the file's columns, in order; nil finds them.
	Columns []Column
	// Known says that the first line of CSV and TSV is a header where it has just the names of Columns, in any order,
	// which is then theirs.
	Known bool
	// Types are the types of some columns by name.
	Types map[string]types.Type
	// Plain takes what is not said as RFC 4180 has it, and looks for nothing: see Columns.
	Plain bool
	// Sample is how many lines of a text file are looked at for the types at least, -1 for all, 0 for what seems
	// enough.
	Sample int64
	// AllText reads every column of a text file as TEXT.
	AllText bool
	// Filename adds a column with the path of each row's file.
	Filename bool
	// UnionByName takes the columns of all files; a file that lacks one has NULLs.
	UnionByName bool
	// Hive says whether folders named as year=2024 make columns.
	Hive Choice
	// StoreRejects keeps the records that cannot be read in Rejects, RejectLimit of them at most, 0 for any number.
	StoreRejects bool
	RejectLimit  int
	Rejects      *RejectLog

	streams *streams
	rejects fileLog
	// Context has the time zone that timestamps without one are read in.
	Context types.Context
}

// typeOf is the type that is declared for a column of a file.
func (o *Options) typeOf(name string) (types.Type, bool) {
	t, ok := o.Types[name]
	if !ok {
		t, ok = o.Types[strings.ToLower(name)]
	}
	return t, ok
}

var endings = map[string]Format{
	".csv": CSV, ".tsv": TSV, ".tab": TSV, ".json": JSON, ".ndjson": JSON, ".jsonl": JSON,
	".parquet": Parquet, ".pq": Parquet, ".arrow": Arrow, ".arrows": Arrow, ".feather": Arrow, ".ipc": Arrow,
}

// FormatOf returns the format that a file's name says, .gz and .zst put aside.
func FormatOf(path string) (Format, bool) {
	name := strings.ToLower(path)
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	f, ok := endings[filepath.Ext(name)]
	return f, ok
}

// format decides the format of a file.
func (o *Options) format(path string) (Format, error) {
	if o.Format != "" {
		return o.Format, nil
	}
	if f, ok := FormatOf(path); ok {
		return f, nil
	}
	return "", dberr.Newf(dberr.FeatureNotSupported, "the ending of \"%s\" does not say what kind of file it is", path).
		WithHint("Use read_csv, read_json, read_parquet or read_arrow.")
}
