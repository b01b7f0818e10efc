package openapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/yaml"
)

// isVersion2 reports whether a document calls itself one of version 2.0. One that cannot be read is none.
func isVersion2(content []byte) bool {
	var head struct {
		Swagger any `json:"swagger"`
	}
	_, err := yaml.Unmarshal(content, &head, yaml.DecodeOpts{DisableTimestamps: true})
	version := fmt.Sprint(head.Swagger)
	return err == nil && (version == "2" || strings.HasPrefix(version, "2."))
}

func readVersion2(content []byte, loader *openapi3.Loader, location *url.URL) (*openapi3.T, error) {
	t := &openapi2.T{}
	if _, err := yaml.Unmarshal(content, t, yaml.DecodeOpts{DisableTimestamps: true}); err != nil {
		return nil, err
	}
	if err := separate(t); err != nil {
		return nil, err
	}
	converted, err := openapi2conv.ToV3WithLoader(t, loader, location)
	if err == nil {
		separateFields(t, converted)
	}
	return converted, err
}

// separate says of the lists in queries what version 2.0 means where it says nothing: commas separate them. kin-openapi
// would have them repeated.
func separate(t *openapi2.T) error {
	var all openapi2.Parameters
	for _, shared := range t.Parameters {
		all = append(all, shared)
	}
	for _, item := range t.Paths {
		all = append(all, item.Parameters...)
		for _, operation := range item.Operations() {
			all = append(all, operation.Parameters...)
		}
	}
	for _, p := range all {
		if p == nil || !p.Type.Is(openapi3.TypeArray) {
			continue
		}
		repeatable := p.In == openapi3.ParameterInQuery || p.In == formData
		switch {
		case p.CollectionFormat == "" && p.In == openapi3.ParameterInQuery:
			p.CollectionFormat = "csv"
		case p.CollectionFormat == "tsv" || !repeatable && p.CollectionFormat != "" && p.CollectionFormat != "csv":
			return fmt.Errorf("parameter %q (%s): its collectionFormat %s cannot be written", p.Name, p.In, p.CollectionFormat)
		}
	}
	return nil
}

// formData is where version 2.0 says that the fields of forms are.
const formData = "formData"

// separateFields says the same of the fields of forms, of which kin-openapi forgets it.
func separateFields(t *openapi2.T, converted *openapi3.T) {
	for path, item := range t.Paths {
		for method, operation := range item.Operations() {
			body := converted.Paths.Value(path).GetOperation(method).RequestBody
			if body == nil || body.Value == nil {
				continue
			}
			for _, p := range slices.Concat(item.Parameters, operation.Parameters) {
				if shared := t.Parameters[strings.TrimPrefix(p.Ref, "#/parameters/")]; p.Ref != "" && shared != nil {
					p = shared
				}
				if content := body.Value.Content[formType]; content != nil && p.In == formData && p.Type.Is(openapi3.TypeArray) {
					separateField(content, p)
				}
			}
		}
	}
}

func separateField(content *openapi3.MediaType, p *openapi2.Parameter) {
	styles := map[string]string{"": "form", "csv": "form", "ssv": "spaceDelimited", "pipes": "pipeDelimited"}
	style, separated := styles[p.CollectionFormat]
	if !separated {
		return
	}
	if content.Encoding == nil {
		content.Encoding = openapi3.Encodings{}
	}
	content.Encoding[p.Name] = &openapi3.Encoding{Style: style, Explode: new(bool)}
}
