package expr

import "driftdb/internal/types"

// Sequences are the functions of sequences that a session has. They are safe for concurrent
// use. A sequence is named by a text.
type Sequences interface {
	Next(name string) (int64, error)
	Current(name string) (int64, error)
	Last() (int64, error)
	Set(name string, n int64, called bool) (int64, error)
}

// sequenceCall makes a function of sequences: volatile, since it has an effect.
func sequenceCall(name string, params []types.ID, fn func(s Sequences, a []types.Value) (int64, error)) *Function {
	return &Function{Name: name, Params: params, Ret: types.Int64, Volatility: Volatile,
		row: func(env *Env, a []types.Value) (types.Value, error) {
			if env == nil || env.Sequences == nil {
				return types.Value{}, unavailable(name)
			}
			n, err := fn(env.Sequences, a)
			return types.IntValue(types.T(types.Int64), n), err
		}}
}

func init() {
	register(
		sequenceCall("nextval", ids(types.Text), func(s Sequences, a []types.Value) (int64, error) { return s.Next(a[0].S) }),
		sequenceCall("currval", ids(types.Text), func(s Sequences, a []types.Value) (int64, error) { return s.Current(a[0].S) }),
		sequenceCall("lastval", nil, func(s Sequences, _ []types.Value) (int64, error) { return s.Last() }),
		sequenceCall("setval", ids(types.Text, types.Int64), func(s Sequences, a []types.Value) (int64, error) { return s.Set(a[0].S, a[1].I, true) }),
		sequenceCall("setval", ids(types.Text, types.Int64, types.Bool), func(s Sequences, a []types.Value) (int64, error) {
			return s.Set(a[0].S, a[1].I, a[2].I != 0)
		}),
	)
}
