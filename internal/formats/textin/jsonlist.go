package textin

import (
	"bytes"
	"encoding/json"
	"strings"

	"driftdb/internal/types"
)

// parseList reads a JSON array as an array of SQL.
func (x *builder) parseList(text []byte) (types.Value, error) {
	literal, err := appendList(nil, text)
	if err != nil {
		return types.Value{}, err
	}
	return x.ctx.Parse(string(literal), x.typ)
}

// appendList appends a JSON array as SQL writes arrays. Objects in it are texts.
func appendList(dst, text []byte) ([]byte, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err // it was read as JSON before
	}
	dst = append(dst, '{')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendElement(dst, bytes.TrimSpace(e)); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

var listEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func appendElement(dst, e []byte) ([]byte, error) {
	text := string(e)
	switch {
	case text == "null":
		return append(dst, "NULL"...), nil
	case e[0] == '[':
		return appendList(dst, e)
	case e[0] == '"':
		if err := json.Unmarshal(e, &text); err != nil {
			return nil, err
		}
	}
	return append(append(append(dst, '"'), listEscapes.Replace(text)...), '"'), nil
}
