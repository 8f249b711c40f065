// Package mmapseg keeps frames in append-only segment files.
package mmapseg
