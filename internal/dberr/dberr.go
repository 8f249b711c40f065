// Package dberr defines the errors that DriftDB shows to people.
//
// There are four kinds. A user error carries a SQLSTATE and, where one is known,
// a position in the statement. A corruption error names the file, the offset and
// what is wrong there. An I/O error wraps what the system said. A bug is a broken
// invariant of ours: it is answered as SQLSTATE XX000 and never ends the process.
//
// Code is matched with errors.As and the Code field, never by text.
package dberr

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// SQLSTATE codes used by DriftDB, with PostgreSQL's names.
const (
	Warning                           = "01000"
	NoData                            = "02000"
	FeatureNotSupported               = "0A000"
	CardinalityViolation              = "21000"
	StringDataRightTruncation         = "22001"
	NumericValueOutOfRange            = "22003"
	DataException                     = "22000"
	ArraySubscriptError               = "2202E"
	ArrayElementError                 = "2202E"
	NullValueNotAllowed               = "22004"
	InvalidPrecedingSize              = "22013"
	InvalidArgumentForNtile           = "22014"
	InvalidArgumentForNth             = "22016"
	InvalidDatetimeFormat             = "22007"
	DatetimeFieldOverflow             = "22008"
	InvalidTimeZoneDisplacement       = "22009"
	DivisionByZero                    = "22012"
	IntervalFieldOverflow             = "22015"
	InvalidArgumentForLog             = "2201E"
	InvalidArgumentForPower           = "2201F"
	InvalidRowCountInLimit            = "2201W"
	InvalidRowCountInOffset           = "2201X"
	InvalidTablesampleSize            = "2202H"
	InvalidTablesampleRepeat          = "2202G"
	InvalidEscapeSequence             = "22025"
	CharacterNotInRepertoire          = "22021"
	InvalidParameterValue             = "22023"
	InvalidTextRepresentation         = "22P02"
	UntranslatableCharacter           = "22P05"
	BadCopyFileFormat                 = "22P04"
	InvalidRegularExpression          = "2201B"
	InvalidArgumentForSQLJSONDatetime = "22031"
	InvalidSQLJSONSubscript           = "22033"
	NonNumericSQLJSONItem             = "22036"
	SingletonSQLJSONItemRequired      = "22038"
	SQLJSONArrayNotFound              = "22039"
	SQLJSONMemberNotFound             = "2203A"
	SQLJSONNumberNotFound             = "2203B"
	SQLJSONObjectNotFound             = "2203C"
	NotNullViolation                  = "23502"
	ForeignKeyViolation               = "23503"
	UniqueViolation                   = "23505"
	CheckViolation                    = "23514"
	WithCheckOptionViolation          = "44000"
	ActiveTransaction                 = "25001"
	ReadOnlyTransaction               = "25006"
	NoActiveTransaction               = "25P01"
	InFailedTransaction               = "25P02"
	InvalidSavepoint                  = "3B001"
	InvalidCursorName                 = "34000"
	DuplicateCursor                   = "42P03"
	InvalidCursorDefinition           = "42P11"
	SerializationFailure              = "40001"
	DeadlockDetected                  = "40P01"
	LockNotAvailable                  = "55P03"
	SyntaxError                       = "42601"
	InvalidColumnReference            = "42P10"
	WindowingError                    = "42P20"
	InsufficientPrivilege             = "42501"
	CannotCoerce                      = "42846"
	GroupingError                     = "42803"
	DatatypeMismatch                  = "42804"
	WrongObjectType                   = "42809"
	UndefinedColumn                   = "42703"
	UndefinedFunction                 = "42883"
	UndefinedTable                    = "42P01"
	UndefinedSchema                   = "3F000"
	UndefinedParameter                = "42P02"
	UndefinedObject                   = "42704"
	DuplicateColumn                   = "42701"
	DuplicateTable                    = "42P07"
	DuplicateSchema                   = "42P06"
	DuplicateObject                   = "42710"
	DuplicateAlias                    = "42712"
	AmbiguousColumn                   = "42702"
	AmbiguousAlias                    = "42P09"
	AmbiguousFunction                 = "42725"
	InvalidTableDefinition            = "42P16"
	IndeterminateDatatype             = "42P18"
	InvalidRecursion                  = "42P19"
	InvalidObjectDefinition           = "42P17"
	OutOfMemory                       = "53200"
	DiskFull                          = "53100"
	ConfigLimitExceeded               = "53400" // configuration_limit_exceeded
	ProgramLimitExceeded              = "54000"
	StatementTooComplex               = "54001"
	TooManyColumns                    = "54011"
	TooManyArguments                  = "54023"
	ObjectNotInPrerequisite           = "55000"
	ObjectInUse                       = "55006"
	QueryCanceled                     = "57014"
	CannotConnectNow                  = "57P03"
	SystemError                       = "58000"
	IOError                           = "58030"
	UndefinedFile                     = "58P01"
	DuplicateFile                     = "58P02"
	InternalError                     = "XX000"
	DataCorrupted                     = "XX001"
	IndexCorrupted                    = "XX002"
	TemporalOutOfRange                = "22H01" // a point in time that cannot be answered
	BeforeHistory                     = "22H02" // a point before the table or the retention horizon
	UnclosedTime                      = "22H03" // a timestamp later than now
)

// Error is one error as a person reads it. The zero value is not useful; make one
// with New, Newf or one of the kinds below. An Error is immutable once returned.
type Error struct {
	Code       string // SQLSTATE, five characters
	Message    string // one line, no full stop, PostgreSQL's wording where it has one
	Detail     string // optional second sentence with the values concerned
	Hint       string // optional advice
	Pos        int    // 1-based byte position in the statement's text, 0 if none
	File       string // corruption and I/O: the file
	Offset     int64  // corruption: byte offset in File, -1 if none
	Line       int    // imports: 1-based line in the input, 0 if none
	Column     string // the column concerned, if any
	Table      string // the table concerned, if any
	Constraint string // the constraint concerned, if any
	Context    string // where in a larger operation it happened: COPY t, line 3, column b: "xyz"
	Err        error  // what was wrapped, or nil

	message, detail, hint *Text // where their words depend on the session, see NamedFor
}

// Error returns the message, with the file and offset where there are any.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	if e.File != "" && !strings.Contains(e.Message, e.File) {
		fmt.Fprintf(&b, " (file %s", e.File)
		if e.Offset >= 0 {
			fmt.Fprintf(&b, ", offset %d", e.Offset)
		}
		b.WriteByte(')')
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the wrapped error.
func (e *Error) Unwrap() error { return e.Err }

// New returns a user error.
func New(code, message string) *Error { return &Error{Code: code, Message: message, Offset: -1} }

// Newf returns a user error with a formatted message.
func Newf(code, format string, args ...any) *Error {
	e := New(code, fmt.Sprintf(format, args...))
	e.message = relative(format, args)
	return e
}

// At returns a copy of e with the 1-based byte position pos, unless e has one already.
func (e *Error) At(pos int) *Error {
	if e.Pos != 0 {
		return e
	}
	c := *e
	c.Pos = pos
	return &c
}

// WithDetail returns a copy of e with a detail.
func (e *Error) WithDetail(format string, args ...any) *Error {
	c := *e
	c.Detail, c.detail = fmt.Sprintf(format, args...), relative(format, args)
	return &c
}

// WithHint returns a copy of e with a hint.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint, c.hint = fmt.Sprintf(format, args...), relative(format, args)
	return &c
}

// Corrupt returns a corruption error: what is wrong in file at the byte offset
// (-1 when no offset applies).
func Corrupt(file string, offset int64, format string, args ...any) *Error {
	return &Error{Code: DataCorrupted, Message: fmt.Sprintf(format, args...), File: file, Offset: offset}
}

// IO wraps an error of the system. step names what was being done ("sync segment 17"). A full disk gets SQLSTATE
// 53100, and an error that is already an *Error keeps its code and its place.
func IO(step string, err error) *Error {
	wrapped := &Error{Code: IOError, Message: step, Offset: -1, Err: err}
	if known, ok := errors.AsType[*Error](err); ok {
		wrapped.Code, wrapped.File, wrapped.Offset = known.Code, known.File, known.Offset
	} else if errors.Is(err, syscall.ENOSPC) {
		wrapped.Code = DiskFull
	}
	return wrapped
}

// Bug returns an internal error: an invariant of ours that does not hold.
func Bug(format string, args ...any) *Error {
	return Newf(InternalError, format, args...)
}

// CodeOf returns the SQLSTATE of err, or XX000 when it has none.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return InternalError
}

// IsCorruption reports whether err says that stored data are damaged.
func IsCorruption(err error) bool {
	c := CodeOf(err)
	return c == DataCorrupted || c == IndexCorrupted
}
