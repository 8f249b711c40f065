// Package kernel holds the inner loops of the executor: comparison, arithmetic,
// masks, sums and hashes over slices.
//
// Every loop is written once, generic over the type of the values; the operator is
// a switch outside the loops. NULLs do not appear: values are computed for every
// row, and validity words are combined in a pass of their own. Masks are 64-bit
// words, row i being bit i&63 of word i>>6; the bits of a mask past the last row
// are written as zero.
//
// Checked arithmetic computes all rows and returns whether any of them overflowed,
// from the OR of sign bits. Whoever calls it then looks for a row that counts, with
// the …Overflows functions.
//
// Kernels take slices, allocate nothing but the memory of the types here that have some
// (SlotMasks, PackedSums), and never fail. Slices of values given together have equal lengths.
package kernel
