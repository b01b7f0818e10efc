package secrets

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// envSource is a variable of the process's environment, by its name.
type envSource string

func newEnvSource(name string) (source, error) {
	if strings.ContainsAny(name, "= \t") {
		return nil, errors.New("after env: must stand the name of an environment variable, like env:DB_PASSWORD")
	}
	return envSource(name), nil
}

func (envSource) rejected() {}

func (s envSource) fetch(context.Context) (keep.Found[*content], error) {
	text, set := os.LookupEnv(string(s))
	if !set {
		return keep.Found[*content]{}, errors.New("the environment has no such variable")
	}
	found, err := textContent(text)
	return keep.Found[*content]{Value: found}, err
}
