package secrets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins/kit/files"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

const (
	// recheckFile is how often a file is read anew while it is used. Reading a small file costs less than watching it would, and does not
	// care how it was replaced.
	recheckFile = 2 * time.Second
	// maxFile bounds what is read of a file, and of a folder together.
	maxFile = 1 << 20
	// leastFile is what a file of a folder counts for at least, so that a folder has 1024 files at most.
	leastFile = 1 << 10
)

// fileSource is a file, or a folder of files as Kubernetes mounts a secret. The key is part of it, as in a folder only one file is to be
// read.
type fileSource struct{ path, key string }

func newFileSource(path, key string) (source, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("the path of a reference to a secret in a file must be absolute, like file:/etc/secrets/db")
	}
	return fileSource{filepath.Clean(path), key}, nil
}

func (fileSource) rejected() {}

func (s fileSource) fetch(context.Context) (keep.Found[*content], error) {
	found, err := s.read()
	return keep.Found[*content]{Value: found, Recheck: recheckFile}, err
}

func (s fileSource) read() (*content, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, err
	}
	limit := files.Limit{Bytes: maxFile}
	if !info.IsDir() {
		found, _, err := files.Read(limit, func(set *files.Set) (*content, error) { return readText(set, s.path) })
		return found, err
	}
	folder := s.path
	if data := filepath.Join(folder, "..data"); isLink(data) {
		folder = data // Where Kubernetes keeps the files of a version.
	}
	if s.key == "" {
		limit.Least = leastFile
		found, _, err := files.Read(limit, func(set *files.Set) (*content, error) { return readFolder(set, folder) })
		return found, err
	}
	if strings.ContainsAny(s.key, `/\`) || strings.HasPrefix(s.key, "..") {
		return nil, errors.New("it is a folder, and what comes after the # is no name of a file in it")
	}
	found, _, err := files.Read(limit, func(set *files.Set) (*content, error) { return readText(set, filepath.Join(folder, s.key)) })
	if err != nil {
		return nil, err
	}
	return &content{object: map[string]string{s.key: found.text}}, nil
}

func isLink(path string) bool {
	_, err := os.Readlink(path)
	return err == nil
}

func readText(set *files.Set, path string) (*content, error) {
	text, err := set.Read(path)
	if err != nil {
		return nil, err
	}
	return textContent(string(text))
}

// readFolder reads all files of a folder whose names do not begin with a dot.
func readFolder(set *files.Set, folder string) (*content, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	members := map[string]string{}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		info, err := os.Stat(path)
		switch {
		case strings.HasPrefix(entry.Name(), "."), err == nil && info.IsDir(), errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		}
		text, err := set.Read(path)
		if err != nil {
			return nil, err
		}
		members[entry.Name()] = string(text)
	}
	return objectContent(members)
}
