package sqlvec

import (
	"strings"

	"driftdb/internal/dberr"
)

// setDateStyle accepts the spellings of the one style that there is: dates of ISO 8601, and the month first where
// a date is read that leaves it open.
func setDateStyle(_ *Session, value string, def bool) error {
	if def || strings.TrimSpace(value) == "" {
		return nil
	}
	style, order := "", ""
	for _, word := range strings.Split(value, ",") {
		newStyle, newOrder, ok := dateWord(strings.TrimSpace(word))
		if !ok {
			return badDateStyle(value).WithDetail("Unrecognized key word: \"%s\".", strings.TrimSpace(word))
		}
		if newStyle != "" && style != "" && style != newStyle || newOrder != "" && order != "" && order != newOrder {
			return badDateStyle(value).WithDetail("Conflicting \"datestyle\" specifications.")
		}
		if newStyle != "" {
			style = newStyle
		}
		if newOrder != "" {
			order = newOrder
		}
	}
	if style != "" && style != "ISO" || order != "" && order != "MDY" {
		return dberr.Newf(dberr.FeatureNotSupported, "DateStyle \"%s\" is not supported", value).
			WithHint("The only style supported is \"ISO, MDY\".")
	}
	return nil
}

func badDateStyle(value string) *dberr.Error {
	return dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"DateStyle\": \"%s\"", value)
}

// dateWord returns the style or the order that a word of DateStyle stands for.
func dateWord(word string) (style, order string, ok bool) {
	switch word = strings.ToUpper(word); {
	case word == "ISO", word == "SQL", word == "GERMAN":
		return word, "", true
	case strings.HasPrefix(word, "POSTGRES"):
		return "POSTGRES", "", true
	case word == "YMD", word == "DMY", word == "MDY":
		return "", word, true
	case strings.HasPrefix(word, "EURO"):
		return "", "DMY", true
	case word == "US", strings.HasPrefix(word, "NONEURO"):
		return "", "MDY", true
	}
	return "", "", word == "DEFAULT"
}
