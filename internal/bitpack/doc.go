// Package bitpack stores unsigned integers in as many bits as the greatest needs, and gives them
// back in lanes of 1, 2, 4 or 8 bytes.
//
// Numbers of w bits lie one behind the other, the first in the low bits of the first byte, in blocks
// of 64, so that a block is w words of 8 bytes, little-endian, and begins at a whole word. What is
// behind the last number of the last block is zero.
//
// A reader may want each number x as add + mul·x: numbers that have a common divisor are stored without it, and numbers with a base of their own meet those of another.
// A scan unpacks some thousand numbers at a time, which stay in the processor's nearest cache, and
// reads the fewer bytes of memory. The loops take several lanes of a register at once, and are made for every count of bits; where the
// processor has AVX-512 the loops of simd_amd64.go take their place.
package bitpack

// BlockRows is how many numbers a block holds.
const BlockRows = 64

// MaxBits is the most bits of a stored number.
const MaxBits = 56

// Size returns the bytes of n numbers of the given bits.
func Size(n, bits int) int { return (n + BlockRows - 1) / BlockRows * bits * 8 }

// Rounded returns n as a whole number of blocks: as many lanes Unpack writes.
func Rounded(n int) int { return (n + BlockRows - 1) &^ (BlockRows - 1) }
