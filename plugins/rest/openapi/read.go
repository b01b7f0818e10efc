package openapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Bounds on what is read for one document: the bytes of all its files together, and their number.
const (
	maxBytes = 32 << 20
	maxFiles = 256
)

// reading is one attempt to read a document with the files it refers to.
type reading struct {
	path   string
	folder *os.Root
	bytes  int
	files  []state
	hash   [sha256.Size]byte
}

// state is what a file was when it was read. info is nil if it could not be read.
type state struct {
	path string
	info fs.FileInfo
}

func stateOf(path string) state {
	info, err := os.Stat(path) //nolint:gosec // Which file is the operator's decision.
	if err != nil {
		info = nil
	}
	return state{path, info}
}

// same reports whether the file is still the one that was read. It does not matter how it was replaced: Kubernetes
// renames a link to the folder it stands in.
func (s state) same() bool {
	now := stateOf(s.path).info
	if s.info == nil || now == nil {
		return s.info == nil && now == nil
	}
	return os.SameFile(s.info, now) && s.info.Size() == now.Size() && s.info.ModTime().Equal(now.ModTime())
}

func unchanged(files []state) bool {
	return !slices.ContainsFunc(files, func(s state) bool { return !s.same() })
}

// read reads the document at a path, of one version if its files are replaced meanwhile. The states are those of all files
// that it was read from, or could not be.
func read(path string) (doc *document, files []state, err error) {
	for range 3 {
		r := &reading{path: path}
		doc, err = r.run()
		if unchanged(r.files) {
			return doc, r.files, err
		}
		files = r.files
	}
	return nil, files, errors.New("it is replaced again and again")
}

func (r *reading) run() (doc *document, err error) {
	defer func() {
		if value := recover(); value != nil {
			doc, err = nil, fmt.Errorf("it cannot be understood: %v", value)
		}
	}()
	content, err := r.load(stateOf(r.path), func() (fs.File, error) { return os.Open(r.path) })
	if err != nil {
		return nil, err
	}
	if r.folder, err = os.OpenRoot(filepath.Dir(r.path)); err != nil {
		return nil, err
	}
	defer func() { _ = r.folder.Close() }()
	loader := openapi3.NewLoader()
	loader.ReadFromURIFunc = r.reference
	location := &url.URL{Path: filepath.Base(r.path)}
	var t *openapi3.T
	if isVersion2(content) {
		t, err = readVersion2(content, loader, location)
	} else {
		t, err = loader.LoadFromDataWithPath(content, location)
	}
	if err != nil {
		return nil, err
	}
	return newDocument(t, filepath.Base(r.path), hex.EncodeToString(r.hash[:6]))
}

// reference reads a file that the document refers to. It stands in the document's folder or below it.
func (r *reading) reference(_ *openapi3.Loader, location *url.URL) ([]byte, error) {
	if location.Scheme != "" || location.Host != "" {
		return nil, fmt.Errorf("it refers to %s, but only files beside it are read, nothing from the network", location)
	}
	name := filepath.FromSlash(location.Path)
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("it refers to %s, but only files in its own folder or below are read", location.Path)
	}
	return r.load(stateOf(filepath.Join(filepath.Dir(r.path), name)), func() (fs.File, error) { return r.folder.Open(name) })
}

func (r *reading) load(was state, open func() (fs.File, error)) ([]byte, error) {
	r.files = append(r.files, was)
	if len(r.files) > maxFiles {
		return nil, fmt.Errorf("it refers to more than %d files", maxFiles)
	}
	if was.info != nil && !was.info.Mode().IsRegular() { // To open a pipe might take for ever.
		return nil, fmt.Errorf("%s is no regular file", was.path)
	}
	file, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, int64(maxBytes-r.bytes+1)))
	if err != nil {
		return nil, err
	}
	if r.bytes += len(content); r.bytes > maxBytes {
		return nil, fmt.Errorf("it is larger than %d MB", maxBytes>>20)
	}
	r.hash = sha256.Sum256(append(r.hash[:], content...))
	return content, nil
}
