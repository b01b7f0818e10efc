package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "small"), "12345")
	write(t, filepath.Join(folder, "large"), strings.Repeat("x", 101))
	write(t, filepath.Join(folder, "in", "it"), "x")
	if err := os.Symlink("../small", filepath.Join(folder, "in", "out")); err != nil {
		t.Fatal(err)
	}
	small, large, in := filepath.Join(folder, "small"), filepath.Join(folder, "large"), filepath.Join(folder, "in")
	below := func(s *Set, name string) error {
		root, err := os.OpenRoot(in)
		if err != nil {
			return err
		}
		defer func() { _ = root.Close() }()
		_, err = s.ReadBelow(root, in, name)
		return err
	}
	cases := []struct {
		name string
		read func(*Set) error
		want string // "" for what is read
	}{
		{"a file", func(s *Set) error { _, err := s.Read(small); return err }, ""},
		{"one of a folder", func(s *Set) error { return below(s, "it") }, ""},
		{"one that is not there", func(s *Set) error { _, err := s.Read(filepath.Join(folder, "none")); return err }, "open " + filepath.Join(folder, "none") + ": no such file"},
		{"a folder", func(s *Set) error { _, err := s.Read(folder); return err }, folder + " is no regular file"},
		{"too many bytes", func(s *Set) error { _, err := s.Read(large); return err }, "it is larger than 100 bytes"},
		{"too many files", func(s *Set) error {
			for range 10 {
				if _, err := s.Read(small); err != nil {
					return err
				}
			}
			_, err := s.Read(small)
			return err
		}, "it is larger than 100 bytes"},
		{"a link out of a folder", func(s *Set) error { return below(s, "out") }, "escapes"},
		{"a name out of a folder", func(s *Set) error { return below(s, "../small") }, "escapes"},
		{"a panic", func(*Set) error { panic("s3cr3t") }, "it cannot be understood: a panic with a string"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, version, err := Read(Limit{Bytes: 100, Least: 10}, func(s *Set) (struct{}, error) { return struct{}{}, c.read(s) })
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if !version.Current() {
				t.Error("the version is another one")
			}
		})
	}
	if (TooLarge{32 << 20}).Error() != "it is larger than 32 MB" {
		t.Errorf("got %v", TooLarge{32 << 20})
	}
	_, err := ReadSmall(large, 100)
	var named *fs.PathError
	if !errors.As(err, &named) || named.Path != large {
		t.Errorf("one file that is too large: got %v, want one that names it", err)
	}
	if got, err := ReadSmall(large, 101); err != nil || len(got) != 101 {
		t.Errorf("one file: got %d bytes, %v", len(got), err)
	}
}

func TestCurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	read := func() (string, Version) {
		content, version, _ := Read(Limit{Bytes: 100}, func(s *Set) (string, error) {
			_, err := s.Read(path)
			return s.Hash(), err
		})
		return content, version
	}
	before, version := read()
	for _, change := range []func(){
		func() { write(t, path, "one") },
		func() { write(t, path, "three") },
		func() {
			write(t, path+".new", "other")
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		},
		func() {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		if !version.Current() {
			t.Fatal("what nobody has touched has changed")
		}
		change()
		if version.Current() {
			t.Error("a change goes unnoticed")
		}
		var after string
		if after, version = read(); after == before {
			t.Errorf("both versions have the hash %s", after)
		} else {
			before = after
		}
	}
}

// Kubernetes replaces all files of a folder at once. What is read is of one version, however fast they follow each other.
func TestVersionsOfKubernetes(t *testing.T) {
	folder := t.TempDir()
	replace := func(n int) {
		name := fmt.Sprintf("..%d", n)
		for _, file := range []string{"a", "b"} {
			write(t, filepath.Join(folder, name, file), fmt.Sprintf("%04d", n))
		}
		for _, step := range []error{
			os.Symlink(name, filepath.Join(folder, "..data_tmp")), os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")),
			os.RemoveAll(filepath.Join(folder, fmt.Sprintf("..%d", n-1))),
		} {
			if step != nil {
				t.Fatal(step)
			}
		}
	}
	replace(1)
	for _, file := range []string{"a", "b"} {
		if err := os.Symlink(filepath.Join("..data", file), filepath.Join(folder, file)); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 2; n < 300; n++ {
			replace(n)
		}
	}()
	for {
		select {
		case <-done:
			return
		default:
		}
		both, _, err := Read(Limit{Bytes: 100}, func(s *Set) ([2]string, error) {
			a, err := s.Read(filepath.Join(folder, "a"))
			if err != nil {
				return [2]string{}, err
			}
			b, err := s.Read(filepath.Join(folder, "b"))
			return [2]string{string(a), string(b)}, err
		})
		if err == nil && both[0] != both[1] { // An error is that they are replaced faster than they can be read.
			t.Errorf("got %s beside %s", both[0], both[1])
		}
	}
}

// What goes on changing is no version.
func TestWhatNeverRests(t *testing.T) {
	path, n := filepath.Join(t.TempDir(), "file"), 0
	_, _, err := Read(Limit{Bytes: 100}, func(s *Set) (string, error) {
		content, err := s.Read(path)
		n++
		write(t, path, strings.Repeat("x", n))
		return string(content), err
	})
	if err == nil || err.Error() != "it is replaced again and again" || n != attempts {
		t.Errorf("got %v after %d attempts", err, n)
	}
}
