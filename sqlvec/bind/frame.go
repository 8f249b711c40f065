package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// bindFrame binds the frame of a window; nil is the default, from the first row of the
// partition to the last peer of the current one.
func (b *Binder) bindFrame(def *parse.WindowDef, node *plan.Window, c *exprContext) (plan.Frame, error) {
	f := def.Frame
	if f == nil {
		return plan.Frame{End: plan.FrameBound{Kind: plan.CurrentRow}}, nil
	}
	out := plan.Frame{
		Mode: plan.FrameMode(f.Mode), Exclude: plan.FrameExclude(f.Exclude),
		Start: plan.FrameBound{Kind: plan.BoundKind(f.Start.Kind)}, End: plan.FrameBound{Kind: plan.BoundKind(f.End.Kind)},
	}
	pos := int(def.Position())
	if f.Mode == parse.FrameGroups && len(node.Order) == 0 {
		return out, dberr.New(dberr.WindowingError, "GROUPS mode requires an ORDER BY clause").At(pos)
	}
	if f.Mode == parse.FrameRange && (f.Start.Offset != nil || f.End.Offset != nil) {
		if len(node.Order) != 1 {
			return out, dberr.New(dberr.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column").At(pos)
		}
		out.Key = node.Order[0].Expr
	}
	bounds := []struct {
		from *parse.Bound
		to   *plan.FrameBound
	}{{&f.Start, &out.Start}, {&f.End, &out.End}}
	for _, bd := range bounds {
		if bd.from.Offset == nil {
			continue
		}
		if err := b.bindOffset(bd.from.Offset, bd.to, &out, node, c); err != nil {
			return out, err
		}
	}
	return out, nil
}

var frameNames = [...]string{plan.FrameRange: "RANGE", plan.FrameRows: "ROWS", plan.FrameGroups: "GROUPS"}

// bindOffset binds the offset of a bound.
func (b *Binder) bindOffset(e parse.Expr, to *plan.FrameBound, f *plan.Frame, node *plan.Window, c *exprContext) error {
	name, pos := frameNames[f.Mode], int(e.Position())
	x, err := b.bindExpr(e, &exprContext{scope: &scope{}, clause: "window " + name})
	if code := dberr.CodeOf(err); err != nil && (code == dberr.UndefinedColumn || code == dberr.UndefinedTable) {
		if _, inner := b.bindExpr(e, &exprContext{scope: c.scope, clause: "window " + name}); inner == nil {
			return dberr.Newf(dberr.InvalidColumnReference, "argument of %s must not contain variables", name).At(pos)
		}
	}
	if err != nil {
		return err
	}
	if f.Mode == plan.FrameRange {
		return rangeOffset(x, to, f, node.Order[0], pos)
	}
	if t := x.Type(); !t.IsNumber() && t.ID != types.Unknown {
		return dberr.Newf(dberr.DatatypeMismatch, "argument of %s must be type bigint, not type %s", name, t.Base()).At(pos)
	}
	to.Offset, err = expr.Assign(x, types.T(types.Int64), name)
	return err
}

// rangeOffset gives an offset of RANGE the type that belongs to the key, and computes
// where the frame ends for keys that are not simple numbers.
func rangeOffset(x expr.Expr, to *plan.FrameBound, f *plan.Frame, order plan.SortKey, pos int) error {
	key, off := order.Expr.Type(), x.Type()
	var keyAs, offAs types.ID
	fits := off.ID == types.Unknown
	switch {
	case key.IsInteger():
		keyAs, offAs, fits = types.Int64, types.Int64, fits || off.IsInteger()
	case key.ID == types.Float32 || key.ID == types.Float64:
		keyAs, offAs, fits = types.Float64, types.Float64, fits || off.IsNumber()
	case key.ID == types.Numeric:
		keyAs, offAs, fits = types.Numeric, types.Numeric, fits || off.IsInteger() || off.ID == types.Numeric
	case key.ID == types.Date || key.ID == types.Timestamp:
		keyAs, offAs, fits = types.Timestamp, types.Interval, fits || off.ID == types.Interval
	case key.ID == types.TimestampTZ || key.ID == types.Interval:
		keyAs, offAs, fits = key.ID, types.Interval, fits || off.ID == types.Interval
	default:
		return dberr.Newf(dberr.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", key.Base()).At(pos)
	}
	if !fits {
		return dberr.Newf(dberr.FeatureNotSupported,
			"RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s", key.Base(), off.Base()).
			WithHint("Cast the offset value to an appropriate type.").At(pos)
	}
	var err error
	if to.Offset, err = expr.Coerce(x, types.T(offAs)); err != nil {
		return err
	}
	if f.Key, err = expr.NewCast(pos, order.Expr, types.T(keyAs), false); err != nil || keyAs == types.Int64 || keyAs == types.Float64 {
		return err
	}
	op := "+"
	if (to.Kind == plan.Preceding) != order.Desc {
		op = "-"
	}
	to.Limit, err = expr.NewOp(pos, op, f.Key, to.Offset)
	return err
}
