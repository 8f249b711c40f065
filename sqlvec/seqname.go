package sqlvec

import (
	"strings"

	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// sequencesOf returns the names of the sequences that a stored default takes numbers from.
func sequencesOf(text string) []string {
	if text == "" {
		return nil
	}
	e, err := parse.ParseExpr(text)
	if err != nil {
		return nil
	}
	call, ok := e.(*parse.FuncCall)
	if !ok || call.Name.Last() != "nextval" || len(call.Args) != 1 {
		return nil
	}
	arg := call.Args[0]
	if c, ok := arg.(*parse.Cast); ok {
		arg = c.X
	}
	if lit, ok := arg.(*parse.Literal); ok && lit.Kind == parse.LitString {
		return []string{strings.TrimPrefix(lit.Text, bind.TemporarySchema+".")}
	}
	return nil
}
