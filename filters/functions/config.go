package functions

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/funcroute/funcroute/filters/configuration"
	"github.com/funcroute/funcroute/plugins"
)

// options is the filter block's own configuration.
type options struct {
	// credentialsWait is how long a request waits for what its function needs first, at most.
	credentialsWait time.Duration
	// taskTimeout is how long a task may take, at most.
	taskTimeout time.Duration
	// secrets says which stores have the secrets that settings refer to, nil for those alone that need no setup.
	secrets json.RawMessage
}

func parseOptions(raw []byte) (options, error) {
	fields := struct {
		CredentialsWait *json.RawMessage `json:"credentials_wait"`
		TaskTimeout     *json.RawMessage `json:"task_timeout"`
		Secrets         json.RawMessage  `json:"secrets"`
	}{}
	if err := configuration.DecodeStrict(raw, &fields); err != nil {
		return options{}, fmt.Errorf("functions: filter configuration: %w", err)
	}
	parsed := options{credentialsWait: 5 * time.Second, taskTimeout: time.Minute, secrets: fields.Secrets}
	if err := parseDuration("credentials_wait", fields.CredentialsWait, &parsed.credentialsWait); err != nil {
		return options{}, err
	}
	if err := parseDuration("task_timeout", fields.TaskTimeout, &parsed.taskTimeout); err != nil {
		return options{}, err
	}
	return parsed, nil
}

// parseDuration reads an option that is a duration. An option that is not written stays as it is.
func parseDuration(name string, written *json.RawMessage, duration *time.Duration) error {
	if written == nil {
		return nil
	}
	var text string
	err := json.Unmarshal(*written, &text)
	if err == nil {
		*duration, err = time.ParseDuration(text)
	}
	if err != nil || *duration <= 0 {
		return fmt.Errorf("functions: filter configuration: %q must be a duration above zero like 5s, not %s", name, *written)
	}
	return nil
}

// The metadata namespaces of the configuration contract.
const (
	settingsNamespace   = "funcroute"
	functionsNamespace  = "funcroute.functions"
	responsesNamespace  = "funcroute.responses"
	parametersNamespace = "funcroute.parameters"
	weightsNamespace    = "funcroute.weights"
)

// Keys of the settings namespace that are ours; all others are the plugin's settings.
const (
	typeKey            = "type"
	functionKey        = "function"
	defaultFunctionKey = "default_function"
)

// routeConfig is an entry of typed_per_filter_config, the per-route configuration. It is for weighted clusters, whose entries have no metadata.
type routeConfig struct {
	// digest stands for the per-route configuration in cache keys. It is made of the content, because each update of routes loads all
	// of them anew, and those that have not changed are to be found in the cache again.
	digest     string
	settings   plugins.Settings
	weights    map[string]float64
	parameters map[string]string
}

func parseRouteConfig(raw []byte) (*routeConfig, error) {
	var namespaces map[string]json.RawMessage
	if err := configuration.DecodeStrict(raw, &namespaces); err != nil {
		return nil, fmt.Errorf("functions: per-route configuration: %w", err)
	}
	digest, err := digestOf(raw)
	if err != nil {
		return nil, fmt.Errorf("functions: per-route configuration: %w", err)
	}
	parsed := &routeConfig{digest: digest}
	for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
		var err error
		switch namespace {
		case settingsNamespace:
			parsed.settings, err = parseSettings(namespaces[namespace])
		case weightsNamespace:
			err = configuration.DecodeStrict(namespaces[namespace], &parsed.weights)
		case parametersNamespace:
			err = configuration.DecodeStrict(namespaces[namespace], &parsed.parameters)
		default:
			err = fmt.Errorf("is unknown; there are %s, %s, %s", settingsNamespace, parametersNamespace, weightsNamespace)
		}
		if err != nil {
			return nil, fmt.Errorf("functions: per-route configuration: %q %w", namespace, err)
		}
	}
	return parsed, nil
}

// digestOf returns the digest of a JSON object. The order of its members does not count, for Envoy does not always give the same.
func digestOf(raw []byte) (string, error) {
	var content map[string]any
	if err := configuration.DecodeStrict(raw, &content); err != nil {
		return "", err
	}
	sorted, err := json.Marshal(content)
	digest := sha256.Sum256(sorted)
	return string(digest[:]), err
}

func parseSettings(raw []byte) (plugins.Settings, error) {
	var values map[string]any
	if err := configuration.DecodeStrict(raw, &values); err != nil {
		return nil, err
	}
	settings := make(plugins.Settings, len(values))
	for name, value := range values {
		parsed, ok := settingValue(value)
		if !ok {
			return nil, fmt.Errorf("has a %q that is no text, number, true, false or list of texts, or that is empty", name)
		}
		settings[name] = parsed
	}
	return settings, nil
}

func settingValue(value any) (any, bool) {
	switch value := value.(type) {
	case string:
		return value, value != ""
	case float64, bool:
		return value, true
	case []any:
		list := make([]string, len(value))
		for i, element := range value {
			text, ok := element.(string)
			if !ok {
				return nil, false
			}
			list[i] = text
		}
		return list, true
	}
	return nil, false
}
