package openapi

import (
	"encoding/json"

	"github.com/funcroute/funcroute/jsontext"
)

// limits writes a limit and the exclusive one beside it, each with a comma after it. Until version 3.0 the exclusive one is true or false
// and speaks of the other, since version 3.1 it is a number. Many documents have it the other way round, and mean what is plain.
func (e *excerpt) limits(n node, name, exclusiveName string, tighter func(a, b float64) bool) error {
	limit, err := limitOf(n.member(name))
	if err != nil {
		return err
	}
	of := n.member(exclusiveName)
	if flag, _ := of.text(); of.there() && (flag == "true" || flag == "false") {
		switch {
		case flag == "true" && limit != "" && e.version == version31:
			name = exclusiveName
		case flag == "true" && limit != "":
			e.add(`"` + exclusiveName + `":true,`)
		}
		e.limit(name, limit)
		return nil
	}
	exclusive, err := limitOf(of)
	switch {
	case err != nil:
		return err
	case e.version == version31:
		e.limit(name, limit)
		e.limit(exclusiveName, exclusive)
	case exclusive != "" && (limit == "" || !tighter(roughly(limit), roughly(exclusive))):
		e.limit(name, exclusive)
		e.add(`"` + exclusiveName + `":true,`)
	default:
		e.limit(name, limit)
	}
	return nil
}

func (e *excerpt) limit(name, limit string) {
	if limit != "" {
		e.add(`"` + name + `":` + limit + `,`)
	}
}

// limitOf returns a number, which some write in quotes, "" if there is none.
func limitOf(n node) (string, error) {
	if !n.there() || jsontext.IsNull(n.raw) {
		return "", nil
	}
	text, is := n.text()
	if !is || !isNumber(text) {
		return "", n.wrong("it must be a number")
	}
	return text, nil
}

func roughly(number string) float64 {
	rough, _ := json.Number(number).Float64()
	return rough
}
