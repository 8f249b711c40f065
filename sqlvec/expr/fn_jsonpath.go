package expr

import (
	"strings"
	"sync"

	"driftdb/internal/dberr"
	"driftdb/internal/jsonpath"
	"driftdb/internal/types"
)

// pathCache keeps parsed paths by their text; it is emptied when it has grown large.
var pathCache struct {
	sync.RWMutex
	m map[string]*jsonpath.Path
}

// maxPaths is the most paths the cache keeps.
const maxPaths = 1000

// parsePath returns the path of a text.
func parsePath(text string) (*jsonpath.Path, error) {
	pathCache.RLock()
	p := pathCache.m[text]
	pathCache.RUnlock()
	if p != nil {
		return p, nil
	}
	text = strings.Clone(text) // it is the function's only during the call, and the path's and the cache's for good
	p, err := jsonpath.Parse(text)
	if err != nil {
		return nil, err
	}
	pathCache.Lock()
	if pathCache.m == nil || len(pathCache.m) >= maxPaths {
		pathCache.m = map[string]*jsonpath.Path{}
	}
	pathCache.m[text] = p
	pathCache.Unlock()
	return p, nil
}

func init() {
	j, p, b := types.JSONB, types.JSONPath, types.Bool
	for _, tz := range []bool{false, true} {
		suffix, vol := "", Immutable
		if tz {
			suffix, vol = "_tz", Stable
		}
		add := func(name string, ret types.ID, fn func(*pathCall) (types.Value, error)) {
			for _, params := range [][]types.ID{ids(j, p), ids(j, p, j), ids(j, p, j, b)} {
				register(&Function{Name: name + suffix, Params: params, Ret: ret, Volatility: vol, row: func(env *Env, a []types.Value) (types.Value, error) {
					c, err := newPathCall(env, a, tz)
					if err != nil {
						return types.Value{}, err
					}
					return fn(c)
				}})
			}
		}
		add("jsonb_path_exists", b, (*pathCall).exists)
		add("jsonb_path_match", b, (*pathCall).match)
		add("jsonb_path_query_array", j, (*pathCall).array)
		add("jsonb_path_query_first", j, (*pathCall).first)
		add("$jsonb_path_query", types.ArrayOf(j), (*pathCall).rows)
	}
	for name, fn := range map[string]func(*pathCall) (types.Value, error){"@?": (*pathCall).exists, "@@": (*pathCall).match} {
		register(rowFn(name, ids(j, p), b, func(env *Env, a []types.Value) (types.Value, error) {
			c, err := newPathCall(env, a, false)
			if err != nil {
				return types.Value{}, err
			}
			c.silent, c.opts.Vars = true, types.JSONTree{}
			return fn(c)
		}))
	}
}

// pathCall is a call of a function of a path.
type pathCall struct {
	path   *jsonpath.Path
	doc    types.JSONTree
	opts   jsonpath.Options
	silent bool // errors of the path give no result
}

// newPathCall reads document, path, variables and silent.
func newPathCall(env *Env, a []types.Value, tz bool) (*pathCall, error) {
	c := &pathCall{opts: jsonpath.Options{Zones: tz, Zone: env.zone(), Now: env.Now, Template: readMoment}}
	var err error
	if c.path, err = parsePath(a[1].S); err != nil {
		return nil, err
	}
	if c.doc, err = types.ParseJSON(a[0].S); err != nil {
		return nil, err
	}
	c.opts.Vars = types.JSONTree{Kind: '{'}
	if len(a) > 2 {
		if c.opts.Vars, err = types.ParseJSON(a[2].S); err != nil {
			return nil, err
		}
	}
	c.silent = len(a) > 3 && a[3].I != 0
	return c, nil
}

// quiet returns err unless it is one that silent hides.
func (c *pathCall) quiet(err error) error {
	if c.silent && !jsonpath.Hard(err) {
		return nil
	}
	return err
}

func (c *pathCall) exists() (types.Value, error) {
	found, err := c.path.Exists(c.doc, c.opts)
	if err != nil {
		return types.NullOf(types.T(types.Bool)), c.quiet(err)
	}
	return types.BoolValue(found), nil
}

// items returns what the path finds; with an error, what it found before.
func (c *pathCall) items() ([]jsonpath.Item, error) {
	var list []jsonpath.Item
	err := c.path.Query(c.doc, c.opts, func(it jsonpath.Item) bool {
		list = append(list, it)
		return true
	})
	return list, c.quiet(err)
}

// match returns the one boolean that the path finds, NULL for null.
func (c *pathCall) match() (types.Value, error) {
	null := types.NullOf(types.T(types.Bool))
	list, err := c.items()
	if err != nil {
		return null, err
	}
	if len(list) == 1 {
		switch list[0].Tree().Kind {
		case 't', 'f':
			return types.BoolValue(list[0].Kind == 't'), nil
		case 'n':
			return null, nil
		}
	}
	if c.silent {
		return null, nil
	}
	return null, dberr.New(dberr.SingletonSQLJSONItemRequired, "single boolean result is expected")
}

func (c *pathCall) array() (types.Value, error) {
	list, err := c.items()
	if err != nil {
		return types.Value{}, err
	}
	out := types.JSONTree{Kind: '['}
	for i := range list {
		out.Members = append(out.Members, list[i].Tree())
	}
	return treeValue(&out), nil
}

func (c *pathCall) first() (types.Value, error) {
	list, err := c.items()
	if err != nil || len(list) == 0 {
		return types.NullOf(types.T(types.JSONB)), err
	}
	tree := list[0].Tree()
	return treeValue(&tree), nil
}

// rows returns an array whose elements are the rows of jsonb_path_query.
func (c *pathCall) rows() (types.Value, error) {
	list, err := c.items()
	if err != nil {
		return types.Value{}, err
	}
	elems := make([]types.Value, len(list))
	for i := range list {
		tree := list[i].Tree()
		elems[i] = treeValue(&tree)
	}
	return types.List(elems).Value(types.T(types.JSONB).Array())
}

// readMoment reads a text by a template for .datetime(), of which nothing may be left over.
func readMoment(text, template string) (jsonpath.Moment, error) {
	r, err := readTemplate(text, template, true)
	if err != nil {
		return jsonpath.Moment{}, err
	}
	t, err := r.time()
	if err != nil {
		return jsonpath.Moment{}, err
	}
	m := jsonpath.Moment{Micros: t, Zone: r.zoned, Offset: r.offset}
	parts, err := splitTemplate(template, true)
	for _, p := range parts {
		switch {
		case p.word == nil || strings.HasPrefix(p.word.name, "TZ"):
		case isClockWord(p.word.name):
			m.Time = true
		default:
			m.Date = true
		}
	}
	if m.Time && !m.Date {
		_, m.Micros = types.SplitDay(t)
	}
	return m, err
}

// isClockWord reports whether a pattern is of the time of day.
func isClockWord(w string) bool {
	switch w {
	case "HH24", "HH12", "HH", "MI", "SS", "SSSS", "SSSSS", "MS", "US", "AM", "PM", "A.M.", "P.M.":
		return true
	}
	return strings.HasPrefix(w, "FF")
}
