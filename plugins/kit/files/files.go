// Package files reads sets of files, each set in one version: what is read while files are replaced is never half old and half new.
//
// It does not matter how files are replaced. Kubernetes mounts ConfigMaps and Secrets as links that lead through the link `..data` to the
// folder of a version, and moves that link to a new folder before it removes the old one; others rename a file over another, or write
// into it. What was read counts if nothing of it has changed by the time that all of it is read.
package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Limit bounds what is read of one set.
type Limit struct {
	// Bytes is how many its files may have together.
	Bytes int
	// Least is what each file counts for at least in bytes, be it there or not, so that their number is bounded, too.
	Least int
	// File is how many bytes a single file may have, 0 for as many as all together.
	File int
}

// TooLarge is the error for a set that is beyond its limit in bytes.
type TooLarge struct{ Limit int }

func (e TooLarge) Error() string {
	if e.Limit >= 1<<20 {
		return fmt.Sprintf("it is larger than %d MB", e.Limit>>20)
	}
	return fmt.Sprintf("it is larger than %d bytes", e.Limit)
}

// attempts is how often a set is read until it is of one version.
const attempts = 3

// Read has a set of files read, again if one of them changes meanwhile. The version tells of all files that read has asked for, be they
// there or not, also beside an error, so that whoever waits for a mistake to be mended can see when something has changed. A panic in
// read is an error of the set's.
func Read[T any](limit Limit, read func(*Set) (T, error)) (T, Version, error) {
	var version Version
	for range attempts {
		s := &Set{limit: limit, left: limit.Bytes, hash: sha256.New()}
		found, err := recovered(s, read)
		if version = s.version; version.Current() {
			return found, version, err
		}
	}
	var none T
	return none, version, errors.New("it is replaced again and again")
}

func recovered[T any](s *Set, read func(*Set) (T, error)) (found T, err error) {
	defer func() {
		if value := recover(); value != nil {
			var none T
			found, err = none, fmt.Errorf("it cannot be understood: %s", described(value))
		}
	}()
	return read(s)
}

// described tells of a panic's value: what the Go runtime says, and of any other value its type only, as files hold secrets.
func described(value any) string {
	if err, ok := value.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a panic with a %T", value)
}

// Set is a set of files being read. It is for one goroutine, as long as what [Read] was given runs.
type Set struct {
	limit   Limit
	left    int
	version Version
	hash    hash.Hash
}

// Read reads a file. The error names the file, or is a [TooLarge] of the set.
func (s *Set) Read(path string) ([]byte, error) {
	return s.read(path, func() (fs.File, error) { return os.Open(path) }) //nolint:gosec // Which file is the operator's decision.
}

// ReadBelow reads a file by its name from a folder, with slashes. No name and no link leads out of that; path is the folder's own.
func (s *Set) ReadBelow(folder *os.Root, path, name string) ([]byte, error) {
	name = filepath.FromSlash(name)
	return s.read(filepath.Join(path, name), func() (fs.File, error) { return folder.Open(name) })
}

// Size is how much of its limit the set has taken up.
func (s *Set) Size() int { return s.limit.Bytes - s.left }

// Hash tells sets with different contents apart. It is a text of twelve digits and lower-case letters.
func (s *Set) Hash() string { return hex.EncodeToString(s.hash.Sum(nil)[:6]) }

func (s *Set) read(path string, open func() (fs.File, error)) ([]byte, error) {
	state := stateOf(path)
	was := state.info
	s.version = append(s.version, state)
	if s.left -= s.limit.Least; s.left < 0 {
		return nil, TooLarge{s.limit.Bytes}
	}
	if was != nil && !was.Mode().IsRegular() { // To open a pipe might take for ever.
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	file, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := readUpTo(file, was, s.left+s.limit.Least)
	if err != nil {
		return nil, err
	}
	if s.limit.File != 0 && len(content) > s.limit.File {
		return nil, tooLarge(path)
	}
	if s.left += s.limit.Least - max(len(content), s.limit.Least); s.left < 0 {
		return nil, TooLarge{s.limit.Bytes}
	}
	s.hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(content))))
	s.hash.Write(content)
	return content, nil
}

// readUpTo reads a file, and a byte more than allowed if it is larger.
func readUpTo(file io.Reader, info fs.FileInfo, most int) ([]byte, error) {
	var content bytes.Buffer
	if info != nil && info.Size() < int64(most) {
		content.Grow(int(info.Size()) + bytes.MinRead)
	}
	_, err := content.ReadFrom(io.LimitReader(file, int64(most)+1))
	return content.Bytes(), err
}

// ReadSmall reads one file of any kind, with as many bytes as allowed at most. The error names the file.
func ReadSmall(path string, most int) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // Which file is the operator's decision.
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := readUpTo(file, nil, most)
	if err == nil && len(content) > most {
		err = tooLarge(path)
	}
	return content, err
}

// tooLarge is the error for a single file.
func tooLarge(path string) error {
	return &fs.PathError{Op: "read", Path: path, Err: errors.New("the file is too large")}
}
