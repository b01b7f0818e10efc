// Package golden sends requests through our filters without an Envoy, and holds what comes of them against golden files. README.md
// describes the files. A case run by a test, a case replayed through Envoy and the command that explains a configuration share this code.
package golden

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/plugins"
)

// Metadata is Envoy's `filter_metadata`: values by namespace and key. Values are string, bool, int, float64 or []any.
type Metadata map[string]map[string]any

// File is one golden file.
type File struct {
	// Path is where it was read from.
	Path  string `yaml:"-"`
	About string `yaml:"about"`
	// Cluster and Route stand for every case that gives none of its own. Load has already copied them there.
	Cluster Metadata `yaml:"cluster"`
	Route   Metadata `yaml:"route"`
	// Filter is the configuration of the filter `cloudevents` in files that show it. Files of function types have none.
	Filter map[string]any `yaml:"filter"`
	// Secrets are texts by name, which settings refer to as `file:<secrets>/NAME`, see WriteSecrets.
	Secrets map[string]string `yaml:"secrets"`
	Cases   []*Case           `yaml:"cases"`
}

// Case is one exchange: a client's request, the call it becomes, the answer, and what the client gets.
type Case struct {
	Name    string   `yaml:"name"`
	Cluster Metadata `yaml:"cluster"`
	Route   Metadata `yaml:"route"`
	Client  string   `yaml:"client"`
	// DynamicMetadata is what filters before ours have left.
	DynamicMetadata Metadata          `yaml:"dynamic_metadata"`
	Request         *Message          `yaml:"request"`
	Upstream        *Upstream         `yaml:"upstream"`
	Response        *Message          `yaml:"response"`
	Error           *Error            `yaml:"error"`
	Annotations     map[string]string `yaml:"annotations"`
	Log             []string          `yaml:"log"`
	Only            Runner            `yaml:"only"`
	// filter is the file's.
	filter map[string]any
}

// Upstream is the scripted counterpart of a case.
type Upstream struct {
	Receives *Message `yaml:"receives"`
	Answer   *Message `yaml:"answer"`
}

// Error is why a client gets no answer of the function.
type Error struct {
	Reason plugins.Reason `yaml:"reason"`
	// Status is what the client gets, filled by Load from the reason where the file does not give it.
	Status int `yaml:"status"`
	// Detail is a piece of the problem's `detail` that the client reads.
	Detail string `yaml:"detail"`
	// RetryAfter are the seconds that the client's Retry-After header says, 0 if there is none.
	RetryAfter int `yaml:"retry_after"`
	// Message is a piece of what the operator reads: the text of a configuration error, or an error's cause.
	Message string `yaml:"message"`
}

// Runner is what a case can be run by.
type Runner string

// The runners. A case without one is for both.
const (
	Direct Runner = "direct"
	Envoy  Runner = "envoy"
)

// folder in a golden file stands for the absolute path of the folder it is in.
const folder = "<folder>"

// Load reads all *.yaml files of a folder, in alphabetical order.
func Load(dir string) ([]*File, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no golden files (*.yaml) in %s", dir)
	}
	var files []*File
	for _, path := range paths {
		content, err := os.ReadFile(path) //nolint:gosec // A test's own files.
		if err != nil {
			return nil, err
		}
		file, err := Parse(bytes.ReplaceAll(content, []byte(folder), []byte(dir)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		file.Path = path
		files = append(files, file)
	}
	return files, nil
}

// Parse reads one golden file.
func Parse(content []byte) (*File, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	file := &File{}
	if err := decoder.Decode(file); err != nil {
		return nil, err
	}
	if len(file.Cases) == 0 {
		return nil, errors.New("the file has no cases")
	}
	for name := range file.Secrets {
		if !filepath.IsLocal(name) || name != filepath.Base(name) {
			return nil, fmt.Errorf("a secret is written into a file of its name, which %q cannot be", name)
		}
	}
	names := map[string]bool{}
	for i, c := range file.Cases {
		if c == nil || c.Name == "" {
			return nil, fmt.Errorf("case %d has no name", i+1)
		}
		if names[c.Name] {
			return nil, fmt.Errorf("two cases are named %q", c.Name)
		}
		names[c.Name] = true
		if err := c.complete(file); err != nil {
			return nil, fmt.Errorf("case %q: %w", c.Name, err)
		}
	}
	return file, nil
}

func (c *Case) complete(file *File) error {
	if c.Cluster == nil {
		c.Cluster = file.Cluster
	}
	if c.Route == nil {
		c.Route = file.Route
	}
	c.filter = file.Filter
	if c.Request == nil {
		return errors.New("it has no request")
	}
	if c.Response == nil && c.Error == nil {
		return errors.New("it needs a response or an error")
	}
	if c.Error != nil {
		if !slices.Contains(plugins.Reasons(), c.Error.Reason) {
			return fmt.Errorf("its error's reason %q is none of %v", c.Error.Reason, plugins.Reasons())
		}
		if c.Error.Status == 0 {
			c.Error.Status = c.Error.Reason.Status()
		}
	}
	if c.Only != "" && c.Only != Direct && c.Only != Envoy {
		return fmt.Errorf("only must be %s or %s, not %q", Direct, Envoy, c.Only)
	}
	if c.Upstream == nil {
		c.Upstream = &Upstream{}
	}
	if c.Upstream.Answer != nil && c.Upstream.Receives == nil {
		return errors.New("its upstream answers but is to receive nothing")
	}
	return c.checkMessages()
}

func (c *Case) checkMessages() error {
	method, target, ok := c.Request.RequestLine()
	if !ok || method == "" || !strings.HasPrefix(target, "/") && target != "*" {
		return fmt.Errorf("its request must begin with a line like GET /path HTTP/1.1, not %q", c.Request.Start)
	}
	if receives := c.Upstream.Receives; receives != nil {
		if _, _, ok := receives.RequestLine(); !ok {
			return fmt.Errorf("what its upstream receives must begin with a line like POST /path, not %q", receives.Start)
		}
	}
	for _, message := range []*Message{c.Request, c.Upstream.Answer} {
		if err := message.checkLength(); err != nil {
			return err
		}
	}
	for _, message := range []*Message{c.Upstream.Answer, c.Response} {
		if message != nil && message.Status() == 0 {
			return fmt.Errorf("an answer must begin with a status like 200, not %q", message.Start)
		}
	}
	return nil
}

// Texts returns a namespace's values that are texts.
func (m Metadata) Texts(namespace string) map[string]string {
	texts := map[string]string{}
	for key, value := range m[namespace] {
		if text, ok := value.(string); ok {
			texts[key] = text
		}
	}
	return texts
}
