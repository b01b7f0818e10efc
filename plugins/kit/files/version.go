package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Version is what a set's files were when they were read.
type Version []state

// state is what a file was.
type state struct {
	path string
	// target is the path that links lead to, "" if there is no file. In a mount of Kubernetes it has the name of the version's folder, which
	// tells versions apart even where a new file happens to be the old one in all that info knows.
	target string
	// info is nil if there is no file.
	info fs.FileInfo
}

func stateOf(path string) state {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return state{path: path}
	}
	info, err := os.Stat(target)
	if err != nil {
		return state{path: path}
	}
	return state{path, target, info}
}

// Current reports whether all files are still those that were read. It looks at them, and reads none.
func (v Version) Current() bool {
	return !slices.ContainsFunc(v, func(s state) bool { return !s.same(stateOf(s.path)) })
}

func (s state) same(now state) bool {
	if s.info == nil || now.info == nil {
		return s.info == nil && now.info == nil
	}
	return s.target == now.target && os.SameFile(s.info, now.info) &&
		s.info.Size() == now.info.Size() && s.info.ModTime().Equal(now.info.ModTime())
}
