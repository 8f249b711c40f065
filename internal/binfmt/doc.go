// Package binfmt reads and writes the little-endian fixed-width fields of our file formats.
//
// A Reader keeps its first error: a decoder reads ten fields and checks once. After the error
// every read returns zero, so a decoder may go on without looking, but must not use what it
// read before it has asked Err. No read allocates, and none reaches behind the input: a
// length from the input is checked against what is left before it is used.
//
// A Writer appends to a byte slice and cannot fail.
//
// Neither may be used by two goroutines at once.
package binfmt
