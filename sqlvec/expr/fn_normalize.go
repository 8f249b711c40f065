package expr

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

func init() {
	t := types.Text
	register(
		rowFn("normalize", ids(t), t, normalize), rowFn("normalize", ids(t, t), t, normalize),
		rowFn("is_normalized", ids(t), types.Bool, isNormalized), rowFn("is_normalized", ids(t, t), types.Bool, isNormalized),
	)
}

var normalForms = map[string]norm.Form{"nfc": norm.NFC, "nfd": norm.NFD, "nfkc": norm.NFKC, "nfkd": norm.NFKD}

// normalForm reads the form of Unicode that argument 1 names, NFC where there is none.
func normalForm(a []types.Value) (norm.Form, error) {
	if len(a) < 2 {
		return norm.NFC, nil
	}
	form, ok := normalForms[strings.ToLower(a[1].S)]
	if !ok {
		return form, dberr.Newf(dberr.InvalidParameterValue, "invalid normalization form: %s", a[1].S)
	}
	return form, nil
}

// normalize is normalize(text [, form]).
func normalize(_ *Env, a []types.Value) (types.Value, error) {
	form, err := normalForm(a)
	return textValue(form.String(a[0].S)), err
}

// isNormalized is text IS [form] NORMALIZED.
func isNormalized(_ *Env, a []types.Value) (types.Value, error) {
	form, err := normalForm(a)
	return types.BoolValue(form.IsNormalString(a[0].S)), err
}
