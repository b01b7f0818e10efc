package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins/kit/files"
)

// Bounds on what is read for one document: the bytes of all its files together, and what a file counts for at least, be it
// there or not.
const (
	maxBytes  = 32 << 20
	leastFile = 1 << 10
)

// reading is one attempt to read a document with the files it refers to.
type reading struct {
	*files.Set
	path   string
	folder *os.Root
}

// read reads the document at a path, with all files that it refers to in one version.
func read(path string) (*document, files.Version, error) {
	return files.Read(files.Limit{Bytes: maxBytes, Least: leastFile}, func(set *files.Set) (*document, error) {
		defer func() {
			if set.Size() > returned {
				debug.FreeOSMemory()
			}
		}()
		return (&reading{Set: set, path: path}).run()
	})
}

// returned is from how many bytes of a document on the memory that was needed to read it is given back at once. The runtime
// would take minutes, and to read YAML takes about ten times the memory that is kept.
const returned = 4 << 20

func (r *reading) run() (*document, error) {
	name := filepath.Base(r.path)
	root := &file{name: name}
	content, err := r.Read(r.path)
	if err != nil {
		return nil, err
	}
	if root.text, err = jsonOf(content); err != nil {
		return nil, err
	}
	if r.folder, err = os.OpenRoot(filepath.Dir(r.path)); err != nil {
		return nil, err
	}
	defer func() { _ = r.folder.Close() }()
	all := &library{root: root, files: map[string]*file{name: root}}
	if err := r.referred(all); err != nil {
		return nil, err
	}
	return newDocument(all, name, r.Hash())
}

// referred reads the files that a document refers to, and those that these refer to. One that cannot be read harms nobody but
// who needs it.
func (r *reading) referred(all *library) error {
	for queue := []*file{all.root}; len(queue) > 0; queue = queue[1:] {
		for _, ref := range references(queue[0].text) {
			before, _, _ := strings.Cut(ref, "#")
			name, err := join(queue[0].name, before)
			if err != nil || all.files[name] != nil {
				continue
			}
			f := &file{name: name}
			all.files[name] = f
			content, err := r.ReadBelow(r.folder, filepath.Dir(r.path), name)
			if tooLarge := (files.TooLarge{}); errors.As(err, &tooLarge) {
				return err
			}
			if err == nil {
				f.text, err = jsonOf(content)
			}
			if f.err = err; err == nil {
				queue = append(queue, f)
			}
		}
	}
	return nil
}

// jsonOf returns a file as JSON.
func jsonOf(content []byte) ([]byte, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if jsontext.Valid(content) {
		return content, nil
	}
	text, err := fromYAML(content, min(maxBytes, most*len(content)+most<<10))
	if err != nil && bytes.HasPrefix(bytes.TrimLeft(content, jsontext.Space), []byte("{")) {
		if wrong := notJSON(content); wrong != nil {
			err = wrong
		}
	}
	return text, err
}

// most is how many times longer than YAML the JSON may be that it stands for.
const most = 64

// notJSON says where a text that looks like JSON is none, nil if it is JSON.
func notJSON(content []byte) error {
	var syntax *json.SyntaxError
	if err := json.Unmarshal(content, new(json.RawMessage)); errors.As(err, &syntax) {
		line := 1 + bytes.Count(content[:min(int(syntax.Offset), len(content))], []byte{'\n'})
		return fmt.Errorf("line %d: %w", line, err)
	}
	return nil
}
