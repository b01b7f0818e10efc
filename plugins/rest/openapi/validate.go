package openapi

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/funcroute/funcroute/plugins"
)

// valid checks a body and its media type.
func (b *body) valid(contentType string, content []byte) error {
	if len(content) == 0 {
		if b.required {
			return plugins.Errorf(plugins.BadBody, "The body is missing.")
		}
		return nil
	}
	described := b.source.Content.Get(contentType)
	if described == nil {
		return plugins.Errorf(plugins.BadBody, "The content-type must be one of %s.", strings.Join(b.types, ", "))
	}
	if described.Schema == nil {
		return nil
	}
	if isJSON(contentType) {
		value, err := decodeJSON(content)
		if err != nil {
			return plugins.Errorf(plugins.BadBody, "The body %v", err)
		}
		if check := b.checks[described]; check != nil {
			if err := check(value); err != nil {
				return plugins.Errorf(plugins.BadBody, "The body %v", err)
			}
		}
		return nil
	}
	return b.validForm(contentType, content)
}

// YAML is not looked into. Its reader compares each key of a mapping with all others, so that a body of a megabyte would take
// a minute; and in a multipart form it is the client who says that a part is YAML.
func init() {
	openapi3filter.UnregisterBodyDecoder("application/yaml")
	openapi3filter.UnregisterBodyDecoder("application/x-yaml")
}

// validForm checks a body that is no JSON: forms, and whatever else kin-openapi can read. What it cannot goes on unchecked.
func (b *body) validForm(contentType string, content []byte) error {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "/", bytes.NewReader(content))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	input := &openapi3filter.RequestValidationInput{
		Request: request,
		Route:   &routers.Route{Spec: b.document},
		Options: &openapi3filter.Options{SkipSettingDefaults: true, SchemaValidationOptions: b.options},
	}
	err = openapi3filter.ValidateRequestBody(request.Context(), input, b.source)
	var unsupported *openapi3filter.ParseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unsupported) && unsupported.Kind == openapi3filter.KindUnsupportedFormat:
		return nil
	}
	var schemaError *openapi3.SchemaError
	if errors.As(err, &schemaError) {
		return plugins.Errorf(plugins.BadBody, "The body %v", readable(err))
	}
	return plugins.Errorf(plugins.BadBody, "The body is not a valid %s.", contentType).Because(err)
}
