package part

import "driftdb/internal/types"

// rowKey reads the key of a row from the columns of an index.
type rowKey struct {
	index  *Index
	values []types.Value // of the row that was loaded last
	null   bool          // one of them is NULL
}

func keyOf(x *Index) *rowKey {
	return &rowKey{index: x, values: make([]types.Value, len(x.meta.cols))}
}

func (k *rowKey) load(row uint32) error {
	p := k.index.part
	g, i := int(row)/p.footer.groupRows, int(row)%p.footer.groupRows
	k.null = false
	for c := range k.values {
		v, err := p.chunk(g, k.index.meta.cols[c].pos)
		if err != nil {
			return err
		}
		k.values[c] = v.Value(i)
		k.null = k.null || !k.values[c].Valid
	}
	return nil
}

// KeyAt returns the key of a row of the part, for messages and for merging.
func (x *Index) KeyAt(row uint32) ([]types.Value, error) {
	k := keyOf(x)
	return k.values, k.load(row)
}
