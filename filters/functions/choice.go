package functions

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/funcroute/funcroute/parameters"
)

// choice picks the name of a request's function.
type choice interface {
	// name returns the function's name, "" if the request has none. fromRequest says that the name comes from the client.
	name(parameters.Values) (name string, fromRequest bool, err error)
}

// choose compiles a choice. Only the last level that has a function or weights counts. Without one, the default function counts.
func choose(levels []level, defaultFunction string, hasDefault bool, set *parameters.Set) (choice, error) {
	for _, l := range slices.Backward(levels) {
		if l.hasName && l.weights != nil {
			return nil, fmt.Errorf("%s: %q and %s exclude each other", l.name, functionKey, weightsNamespace)
		}
		if l.hasName {
			text, err := parameters.CompileText(l.function, set)
			if err != nil {
				return nil, fmt.Errorf("%s: %q: %w", l.name, functionKey, err)
			}
			if name, constant := text.Constant(); constant {
				return fixed(name), nil
			}
			return named{text}, nil
		}
		if l.weights != nil {
			split, err := newSplit(l.weights)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", l.name, weightsNamespace, err)
			}
			return split, nil
		}
	}
	if hasDefault {
		return fixed(defaultFunction), nil
	}
	return fixed(""), nil
}

// fixed picks the same name for every request, "" for none.
type fixed string

func (f fixed) name(parameters.Values) (string, bool, error) { return string(f), false, nil }

// named makes the name of a request's parameters.
type named struct{ text *parameters.Text }

func (n named) name(values parameters.Values) (string, bool, error) {
	name, err := n.text.Expand(values)
	return name, true, err
}

// split draws a name at random, by weight.
type split struct {
	names []string
	// upTo has for each name the sum of its weight and those of the names before.
	upTo []float64
}

func newSplit(weights map[string]float64) (*split, error) {
	s := &split{}
	var sum float64
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		weight := weights[name]
		if weight < 0 || math.IsInf(weight, 0) || math.IsNaN(weight) {
			return nil, fmt.Errorf("%q must be a number not below 0", name)
		}
		sum += weight
		s.names = append(s.names, name)
		s.upTo = append(s.upTo, sum)
	}
	if sum == 0 || math.IsInf(sum, 0) {
		return nil, errors.New("must not sum up to 0, nor to more than a number can hold")
	}
	return s, nil
}

func (s *split) name(parameters.Values) (string, bool, error) {
	return s.pick(rand.Float64()), false, nil //nolint:gosec // A weighted draw is no secret.
}

// pick returns the name that lies at a point from 0 to 1, 1 excluded, if each name takes a part as large as its weight.
func (s *split) pick(point float64) string {
	point *= s.upTo[len(s.upTo)-1]
	for i, upTo := range s.upTo {
		if point < upTo {
			return s.names[i]
		}
	}
	return s.names[len(s.names)-1]
}
