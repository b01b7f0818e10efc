package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Version is what a set's files were when they were read.
type Version struct {
	files []state
	links []link
}

// state is what a file was, nil if there was none.
type state struct {
	path string
	info fs.FileInfo
}

// link is where Kubernetes' link of a folder led to, "" if it has none. The folder that it leads to has another name in each version,
// which tells versions apart even where a new file happens to be the old one in all that is known of files.
type link struct{ path, target string }

// add notes what a file is before it is read.
func (v *Version) add(path string) fs.FileInfo {
	data := filepath.Join(filepath.Dir(path), "..data")
	if !slices.ContainsFunc(v.links, func(l link) bool { return l.path == data }) {
		v.links = append(v.links, link{data, targetOf(data)})
	}
	info := infoOf(path)
	v.files = append(v.files, state{path, info})
	return info
}

func infoOf(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

func targetOf(path string) string {
	target, err := os.Readlink(path)
	if err != nil {
		return ""
	}
	return target
}

// Current reports whether all files are still those that were read. It looks at them, and reads none.
func (v Version) Current() bool {
	return !slices.ContainsFunc(v.links, func(l link) bool { return targetOf(l.path) != l.target }) &&
		!slices.ContainsFunc(v.files, func(s state) bool { return !s.same() })
}

func (s state) same() bool {
	now := infoOf(s.path)
	if s.info == nil || now == nil {
		return s.info == nil && now == nil
	}
	return os.SameFile(s.info, now) && s.info.Size() == now.Size() && s.info.ModTime().Equal(now.ModTime())
}
