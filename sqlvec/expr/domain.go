package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// The functions that values of domains pass. No query can write them.
var (
	domainCheck   = &Function{Name: "$domain_check", Params: ids(anyType, types.Bool, types.Text, types.Text), Ret: anyType, NullCall: true, eval: evalDomainCheck}
	domainNotNull = &Function{Name: "$domain_not_null", Params: ids(anyType, types.Text), Ret: anyType, NullCall: true, eval: evalDomainNotNull}
)

// NewDomainCheck returns x as a value of a domain, an error where the condition ok of a constraint is false.
func NewDomainCheck(x, ok Expr, domain, constraint string) Expr {
	return &Call{At: At(x.Pos()), Fn: domainCheck, Args: []Expr{x, ok, textConst(domain), textConst(constraint)}, Typ: x.Type()}
}

// NewDomainNotNull returns x as a value of a domain, an error where it is NULL.
func NewDomainNotNull(x Expr, domain string) Expr {
	return &Call{At: At(x.Pos()), Fn: domainNotNull, Args: []Expr{x, textConst(domain)}, Typ: x.Type()}
}

func textConst(s string) Expr { return &Const{Value: textValue(s)} }

func evalDomainCheck(f *frame, _ *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	for i := range f.n {
		if has(sel, i) && !args[1].IsNull(i) && args[1].Int(i) == 0 {
			domain, name := args[2].Value(0).S, args[3].Value(0).S
			e := dberr.Newf(dberr.CheckViolation, "value for domain %s violates check constraint \"%s\"", domain, name)
			e.Constraint = name
			return vec.Vec{}, e
		}
	}
	return args[0], nil
}

func evalDomainNotNull(f *frame, _ *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	for i := range f.n {
		if has(sel, i) && args[0].IsNull(i) {
			return vec.Vec{}, dberr.Newf(dberr.NotNullViolation, "domain %s does not allow null values", args[1].Value(0).S)
		}
	}
	return args[0], nil
}
