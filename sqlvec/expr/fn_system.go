package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// sessionText makes a function that reads a text of the session.
func sessionText(name string, fn func(*Env) string) *Function {
	return &Function{Name: name, Ret: types.Text, Volatility: Stable, row: func(env *Env, _ []types.Value) (types.Value, error) {
		return textValue(fn(env)), nil
	}}
}

// counter makes a function that reads a number of the database.
func counter(name string, get func(History) int64) *Function {
	return &Function{Name: name, Ret: types.Int64, Volatility: Stable, row: func(env *Env, _ []types.Value) (types.Value, error) {
		if env.History == nil {
			return types.Value{}, unavailable(name)
		}
		return types.IntValue(types.T(types.Int64), get(env.History)), nil
	}}
}

// unavailable is the error of a function that needs a database.
func unavailable(name string) error {
	return dberr.Newf(dberr.FeatureNotSupported, "%s() is not available here", name)
}

func init() {
	user := func(e *Env) string { return e.User }
	register(
		sessionText("current_user", user), sessionText("user", user), sessionText("current_role", user),
		sessionText("session_user", func(e *Env) string {
			if e.SessionUser != "" {
				return e.SessionUser
			}
			return e.User
		}),
		sessionText("current_database", func(e *Env) string { return e.Database }),
		sessionText("current_catalog", func(e *Env) string { return e.Database }),
		&Function{Name: "current_schema", Ret: types.Text, Volatility: Stable, row: currentSchema},
		sessionText("version", func(e *Env) string { return e.Version }),
		counter("current_seq", History.CurrentSeq),
		counter("txid_current", History.CurrentTX),
		&Function{Name: "seq_at", Params: ids(types.TimestampTZ), Ret: types.Int64, Volatility: Stable, row: seqAt},
		&Function{Name: "time_at", Params: ids(types.Int64), Ret: types.TimestampTZ, Volatility: Stable, row: timeAt},
		&Function{Name: "current_setting", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: currentSetting},
		&Function{Name: "current_setting", Params: ids(types.Text, types.Bool), Ret: types.Text, Volatility: Stable, row: currentSetting},
		&Function{Name: "set_config", Params: ids(types.Text, types.Text, types.Bool), Ret: types.Text, Volatility: Volatile, NullCall: true, row: setConfig},
		typeNamer("pg_typeof"),
		typeNamer("$typeof"), // DuckDB's, to which a text in quotes is a text
	)
}

func typeNamer(name string) *Function {
	return &Function{Name: name, Params: ids(anyType), Ret: types.Text, Volatility: Stable, NullCall: true,
		eval: func(f *frame, c *Call, _ []vec.Vec, _ []uint64) (vec.Vec, error) {
			return constVec(textValue(typeText(f.env, c.Args[0].Type().Base())), f.n), nil
		}}
}

func seqAt(env *Env, a []types.Value) (types.Value, error) {
	if env.History == nil {
		return a[0], unavailable("seq_at")
	}
	n, err := env.History.SeqAt(a[0].I)
	return types.IntValue(types.T(types.Int64), n), err
}

func timeAt(env *Env, a []types.Value) (types.Value, error) {
	if env.History == nil {
		return a[0], unavailable("time_at")
	}
	n, err := env.History.TimeAt(a[0].I)
	return types.IntValue(tzType, n), err
}

func setConfig(env *Env, a []types.Value) (types.Value, error) {
	if env == nil || env.SetConfig == nil {
		return nullText, unavailable("set_config")
	}
	if !a[0].Valid {
		return nullText, dberr.New(dberr.NullValueNotAllowed, "SET requires parameter name")
	}
	var value *string
	if a[1].Valid {
		value = &a[1].S
	}
	s, err := env.SetConfig(a[0].S, value, a[2].Valid && a[2].I != 0)
	return textValue(s), err
}

// currentSetting reads a setting; with true as second argument one that does not
// exist is NULL.
func currentSetting(env *Env, a []types.Value) (types.Value, error) {
	if env.Setting != nil {
		if s, ok := env.Setting(a[0].S); ok {
			return textValue(s), nil
		}
	}
	if len(a) > 1 && a[1].I != 0 {
		return nullText, nil
	}
	return a[0], dberr.Newf(dberr.UndefinedObject, "unrecognized configuration parameter \"%s\"", a[0].S)
}
