package openapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
)

// Bounds on what is read for one document: the bytes of all its files together, and what a file counts for at least, be it
// there or not.
const (
	maxBytes  = 32 << 20
	leastFile = 1 << 10
)

// reading is one attempt to read a document with the files it refers to.
type reading struct {
	path   string
	folder *os.Root
	left   int
	files  []state
	hash   hash.Hash
}

// state is what a file was when it was read. info is nil if it could not be read.
type state struct {
	path string
	info fs.FileInfo
}

func stateOf(path string) state {
	info, err := os.Stat(path)
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
		r := &reading{path: path, left: maxBytes, hash: sha256.New()}
		doc, err = r.run()
		if maxBytes-r.left > returned {
			debug.FreeOSMemory()
		}
		if unchanged(r.files) {
			return doc, r.files, err
		}
		files = r.files
	}
	return nil, files, errors.New("it is replaced again and again")
}

// returned is from how many bytes of a document on the memory that was needed to read it is given back at once. The runtime
// would take minutes, and to read YAML takes about ten times the memory that is kept.
const returned = 4 << 20

func (r *reading) run() (doc *document, err error) {
	defer func() {
		if value := recover(); value != nil {
			doc, err = nil, fmt.Errorf("it cannot be understood: %v", value)
		}
	}()
	name := filepath.Base(r.path)
	root := &file{name: name}
	content, err := r.load(stateOf(r.path), func() (fs.File, error) { return os.Open(r.path) })
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
	return newDocument(all, name, hex.EncodeToString(r.hash.Sum(nil)[:6]))
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
			path := filepath.Join(filepath.Dir(r.path), filepath.FromSlash(name))
			content, err := r.load(stateOf(path), func() (fs.File, error) { return r.folder.Open(filepath.FromSlash(name)) })
			if errors.Is(err, errTooLarge) {
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

var errTooLarge = fmt.Errorf("it is larger than %d MB", maxBytes>>20)

func (r *reading) load(was state, open func() (fs.File, error)) ([]byte, error) {
	r.files = append(r.files, was)
	if r.left -= leastFile; r.left < 0 {
		return nil, errTooLarge
	}
	if was.info != nil && !was.info.Mode().IsRegular() { // To open a pipe might take for ever.
		return nil, fmt.Errorf("%s is no regular file", was.path)
	}
	file, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var content bytes.Buffer
	if was.info != nil && was.info.Size() < int64(r.left) {
		content.Grow(int(was.info.Size()) + bytes.MinRead)
	}
	if _, err := content.ReadFrom(io.LimitReader(file, int64(r.left+leastFile+1))); err != nil {
		return nil, err
	}
	if r.left += leastFile - max(content.Len(), leastFile); r.left < 0 {
		return nil, errTooLarge
	}
	r.hash.Write(binary.BigEndian.AppendUint64(nil, uint64(content.Len()))) //nolint:gosec // A length is not negative.
	r.hash.Write(content.Bytes())
	return content.Bytes(), nil
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
