// Package rowtext writes the rows of results as text: table, json, ndjson, csv, tsv,
// markdown, vertical, wrapped, unaligned, html, latex, asciidoc and chart.
//
// A Writer is told where a result begins (Begin), gets its batches (Write) and is told
// where it ends (End); a writer may be used for any number of results, one after another.
// Every form streams: memory is bounded whatever the number of rows. The table form keeps
// the first 1,000 rows to find the widths of its columns; later cells that are wider push
// their line out.
//
// Values are written as PostgreSQL writes them. The forms differ in what they do with NULL
// and with characters that mean something to them:
//
//	form      NULL     empty string  special characters
//	chart     no bar   no bar        as table; needs two columns, labels and numbers
//	table     nothing  nothing       line breaks continue below (+), control characters as \xNN
//	wrapped   nothing  nothing       as table; what is too wide continues below (.)
//	vertical  nothing  nothing       as table
//	json      null     ""            JSON escapes; numbers, booleans and JSON as themselves
//	ndjson    null     ""            the same, one object a line
//	csv       nothing  ""            quoted when it holds a comma, quote or line break
//	tsv       \N       nothing       \t \n \r \\ as in COPY
//	markdown  nothing  nothing       | and \ escaped, line breaks as <br>
//
// NaN and infinities, which JSON numbers cannot express, become JSON strings.
//
// A Writer is used by one goroutine at a time. It writes to a bufio.Writer and never
// flushes it: that is the caller's.
package rowtext
