package exec

import "github.com/zeebo/xxh3"

// hashBytes hashes a string longer than a str holds.
func hashBytes(b []byte) uint64 { return xxh3.Hash(b) }
