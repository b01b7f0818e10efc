package golden

import (
	"os"
	"path/filepath"
	"strings"
)

// secretsFolder in the metadata of a golden file stands for the folder that its secrets are written into.
const secretsFolder = "<secrets>"

// WriteSecrets writes the file's secrets into a folder, each as a file of its name that only its owner can read, and has the metadata of
// the cases refer to them there. It does nothing for a file without secrets. It is called once, before the first case is run, in memory
// as in Envoy.
func (f *File) WriteSecrets(dir string) error {
	if len(f.Secrets) == 0 {
		return nil
	}
	for name, text := range f.Secrets {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	for _, c := range f.Cases {
		c.Cluster, c.Route = c.Cluster.within(dir), c.Route.within(dir)
	}
	return nil
}

// within returns a copy in which the folder of secrets is that one. Cases may share what it is a copy of.
func (m Metadata) within(dir string) Metadata {
	replaced := Metadata{}
	for namespace, values := range m {
		replaced[namespace] = map[string]any{}
		for key, value := range values {
			replaced[namespace][key] = within(dir, value)
		}
	}
	return replaced
}

func within(dir string, value any) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, secretsFolder, dir)
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = within(dir, value[i])
		}
		return list
	}
	return value
}
