package secrets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// options are the filter block's option "secrets", checked.
type options struct {
	Refresh  time.Duration `setting:"refresh"`
	MaxStale time.Duration `setting:"max_stale"`
	// stores are the settings of those that are set up, by their names.
	stores map[string]plugins.Settings
	// canonical is the same text for the same options, however they were written.
	canonical string
}

const (
	defaultRefresh  = time.Minute
	defaultMaxStale = time.Hour
)

// The members of the option that are stores.
const (
	vaultStore      = "vault"
	kubernetesStore = "kubernetes"
	awsStore        = "aws"
)

// readOptions reads a JSON object, or nothing.
func readOptions(raw []byte) (options, error) {
	o := options{stores: map[string]plugins.Settings{}}
	values := map[string]any{}
	if len(bytes.TrimSpace(raw)) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		if err := decoder.Decode(&values); err != nil || values == nil {
			return options{}, errors.New("must be an object with the stores to be set up")
		}
	}
	canonical, err := json.Marshal(values)
	if err != nil {
		return options{}, err
	}
	o.canonical = string(canonical)
	for _, store := range []string{vaultStore, kubernetesStore, awsStore} {
		value, given := values[store]
		if !given {
			continue
		}
		members, is := value.(map[string]any)
		if !is {
			return options{}, fmt.Errorf("%q must be an object with the settings of the store", store)
		}
		o.stores[store] = settingsOf(members)
		delete(values, store)
	}
	if err := settingsOf(values).Decode(&o); err != nil {
		return options{}, fmt.Errorf("%w, %s, %s, %s", err, awsStore, kubernetesStore, vaultStore)
	}
	if o.Refresh == 0 {
		o.Refresh = defaultRefresh
	}
	if o.MaxStale == 0 {
		o.MaxStale = defaultMaxStale
	}
	return o, nil
}

// settingsOf turns JSON's values into those of settings.
func settingsOf(values map[string]any) plugins.Settings {
	settings := make(plugins.Settings, len(values))
	for name, value := range values {
		settings[name] = settingOf(value)
	}
	return settings
}

func settingOf(value any) any {
	switch value := value.(type) {
	case string:
		if value != "" {
			return value
		}
	case float64, bool:
		return value
	case []any:
		list := make([]string, len(value))
		for i, element := range value {
			text, is := element.(string)
			if !is {
				return plugins.Unreadable{}
			}
			list[i] = text
		}
		return list
	}
	return plugins.Unreadable{}
}
