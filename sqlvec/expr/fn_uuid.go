package expr

import (
	"crypto/rand"
	"encoding/binary"

	"driftdb/internal/types"
)

func init() {
	for _, name := range []string{"gen_random_uuid"} {
		register(&Function{Name: name, Ret: types.UUID, Volatility: Volatile, row: randomUUID})
	}
}

// randomUUID returns a UUID of version 4 (RFC 9562, 5.4).
func randomUUID(env *Env, _ []types.Value) (types.Value, error) {
	var b [16]byte
	if env.Rand != nil {
		binary.LittleEndian.PutUint64(b[:8], env.Rand.Uint64())
		binary.LittleEndian.PutUint64(b[8:], env.Rand.Uint64())
	} else if _, err := rand.Read(b[:]); err != nil {
		return types.Value{}, err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return types.BytesValue(types.T(types.UUID), string(b[:])), nil
}
