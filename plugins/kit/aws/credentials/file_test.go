package credentials

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// mounted is a secret as Kubernetes mounts it: its files are links through the link ..data, which is replaced by renaming.
type mounted struct {
	path string
	n    int
}

func (m *mounted) replace(t *testing.T, files map[string]string) {
	t.Helper()
	m.n++
	version := fmt.Sprintf("..version-%d", m.n)
	if err := os.Mkdir(filepath.Join(m.path, version), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		write(t, filepath.Join(m.path, version, name), content)
		if _, err := os.Lstat(filepath.Join(m.path, name)); err != nil {
			must(t, os.Symlink(filepath.Join("..data", name), filepath.Join(m.path, name)))
		}
	}
	must(t, os.Symlink(version, filepath.Join(m.path, "..data_tmp")))
	must(t, os.Rename(filepath.Join(m.path, "..data_tmp"), filepath.Join(m.path, "..data")))
	if m.n > 1 {
		must(t, os.RemoveAll(filepath.Join(m.path, fmt.Sprintf("..version-%d", m.n-1))))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func keys(id string) string {
	return accessKeyName + " = " + id + "\n" + secretKeyName + " = s3cr3t/" + id + "\n"
}

func TestCredentialsFiles(t *testing.T) {
	const token = sessionTokenName + " = t0k3n\n"
	cases := map[string]struct {
		file, profile string
		want          string
		message       string
	}{
		"default":            {file: "[default]\n" + keys("AKIDONE"), want: "AKIDONE"},
		"with a token":       {file: "[default]\n" + keys("AKIDONE") + token, want: "AKIDONE"},
		"a profile":          {file: "[default]\n" + keys("AKIDONE") + "[shop]\n" + keys("AKIDTWO"), profile: "shop", want: "AKIDTWO"},
		"Windows lines":      {file: strings.ReplaceAll("[default]\n"+keys("AKIDONE"), "\n", "\r\n"), want: "AKIDONE"},
		"comments":           {file: "# of the shop\n\n[default]\n" + keys("AKIDONE"), want: "AKIDONE"},
		"no such profile":    {file: "[default]\n" + keys("AKIDONE"), profile: "shop", message: "no profile [shop]"},
		"no default":         {file: "[shop]\n" + keys("AKIDONE"), message: "no profile [default]"},
		"no secret":          {file: "[default]\n" + accessKeyName + " = AKIDONE\n", message: "has aws_access_key_id and aws_secret_access_key"},
		"empty":              {file: "", message: "no profile [default]"},
		"no credentials":     {file: "s3cr3t", message: "profile"},
		"binary":             {file: "\x00\x01s3cr3t[", message: "profile"},
		"only a role":        {file: "[default]\nrole_arn = s3cr3t\nsource_profile = other\n", message: "no profile [other]"},
		"too large for such": {file: "[default]\n" + keys("AKIDONE") + strings.Repeat("#\n", maxFile), message: "too large"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(cleanEnvironment(t), "secret")
			write(t, path, c.file)
			got, err := From(Source{File: path, Profile: c.profile}, STS{})(context.Background())
			if c.message != "" {
				if err == nil || !strings.Contains(err.Error(), c.message) || strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("got %v, want %q and no secret", err, c.message)
				}
				return
			}
			if err != nil || got.AccessKeyID != c.want || got.SecretAccessKey != "s3cr3t/"+c.want || got.Recheck != recheckFile ||
				(got.SessionToken != "") != strings.Contains(c.file, token) {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

func TestACredentialsFileIsNotOneOfTheSharedFiles(t *testing.T) {
	folder := cleanEnvironment(t)
	write(t, filepath.Join(folder, "credentials"), "[shop]\n"+keys("AKIDSHARED"))
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_PROFILE", "shop")
	write(t, filepath.Join(folder, "secret"), "[default]\n"+keys("AKIDONE"))
	for profile, want := range map[string]string{"": "AKIDONE", "shop": ""} {
		got, err := From(Source{File: filepath.Join(folder, "secret"), Profile: profile}, STS{})(context.Background())
		if got.AccessKeyID != want || (err != nil) != (want == "") {
			t.Errorf("profile %q: got %s, %v, want %q", profile, got, err, want)
		}
	}
}

func TestAMissingCredentialsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	if _, err := From(Source{File: path}, STS{})(context.Background()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want the path in it", err)
	}
}

func TestAFolderWithAFilePerKey(t *testing.T) {
	cases := map[string]struct {
		files   map[string]string
		profile string
		message string
	}{
		"with a line end": {files: map[string]string{accessKeyName: "AKIDONE\n", secretKeyName: "s3cr3t\n", sessionTokenName: "t0k3n\n"}},
		"without":         {files: map[string]string{accessKeyName: "AKIDONE", secretKeyName: "s3cr3t"}},
		"no secret":       {files: map[string]string{accessKeyName: "AKIDONE"}, message: "must have"},
		"empty":           {message: "must have"},
		"too large":       {files: map[string]string{accessKeyName: "AKIDONE", secretKeyName: strings.Repeat("x", maxFile+1)}, message: secretKeyName + ": the file is too large"},
		"a profile":       {files: map[string]string{accessKeyName: "AKIDONE", secretKeyName: "s3cr3t"}, profile: "shop", message: "folder has no profiles"},
	}
	for name, c := range cases {
		for _, kubernetes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, %t", name, kubernetes), func(t *testing.T) {
				m := &mounted{path: t.TempDir()}
				if kubernetes {
					m.replace(t, c.files)
				} else {
					for file, content := range c.files {
						write(t, filepath.Join(m.path, file), content)
					}
				}
				got, err := From(Source{File: m.path, Profile: c.profile}, STS{})(context.Background())
				if c.message != "" {
					if err == nil || !strings.Contains(err.Error(), c.message) {
						t.Errorf("got %v, want %q", err, c.message)
					}
					return
				}
				want := Credentials{
					AccessKeyID: "AKIDONE", SecretAccessKey: "s3cr3t", SessionToken: strings.TrimSpace(c.files[sessionTokenName]), Recheck: recheckFile,
				}
				if err != nil || got != want {
					t.Errorf("got %s, %v", got, err)
				}
			})
		}
	}
}

// A secret that is replaced while it is read never gives a key of one version with the secret of another.
func TestAFolderIsReadInOneVersion(t *testing.T) {
	m := &mounted{path: t.TempDir()}
	version := func(n int) map[string]string {
		return map[string]string{accessKeyName: fmt.Sprint("AKID", n), secretKeyName: fmt.Sprint("s3cr3t", n), sessionTokenName: fmt.Sprint("t0k3n", n)}
	}
	m.replace(t, version(0))
	fetch := From(Source{File: m.path}, STS{})
	stop, done := make(chan struct{}), make(chan int)
	go func() {
		good := 0
		defer func() { done <- good }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			got, err := fetch(context.Background())
			if err != nil { // The version was removed meanwhile; the next look finds the new one.
				continue
			}
			good++
			n := strings.TrimPrefix(got.AccessKeyID, "AKID")
			if got.SecretAccessKey != "s3cr3t"+n || got.SessionToken != "t0k3n"+n {
				t.Errorf("got %s with another one's secret or token", got)
			}
		}
	}()
	for n := range 300 {
		m.replace(t, version(n+1))
	}
	close(stop)
	if good := <-done; good == 0 {
		t.Error("it was never read")
	}
}

// stale is how long a file's key serves without a look at the file, which is kit/keep's to say.
const stale = 30 * time.Second

// inFileBubble runs a test with a mounted secret and a clock of its own.
func inFileBubble(t *testing.T, test func(t *testing.T, f *fixture, m *mounted)) {
	t.Helper()
	m := &mounted{path: t.TempDir()}
	m.replace(t, map[string]string{"credentials": "[default]\n" + keys("AKIDONE")})
	synctest.Test(t, func(t *testing.T) {
		p := NewProvider("lambda", "", From(Source{File: filepath.Join(m.path, "credentials")}, STS{}))
		test(t, &fixture{Provider: p, environment: &plugintest.Environment{}}, m)
	})
}

func TestAReplacedFileIsNoticed(t *testing.T) {
	inFileBubble(t, func(t *testing.T, f *fixture, m *mounted) {
		must(t, f.await())
		f.wantKey(t, "AKIDONE")
		for n, key := range []string{"AKIDTWO", "AKIDTHREE"} {
			m.replace(t, map[string]string{"credentials": "[default]\n" + keys(key)})
			time.Sleep(recheckFile)
			if !f.use() { // This one still takes the old key, in the background the new one is read.
				t.Error("not ready while the file is read")
			}
			f.wantKey(t, key)
			if got := f.environment.Counted(fetchesDone); got != n+2 {
				t.Errorf("refreshed: got %d, want %d", got, n+2)
			}
		}
		for range 100 {
			time.Sleep(recheckFile)
			f.use()
		}
		if got := f.environment.Counted(fetchesDone); got != 3 {
			t.Errorf("refreshed: got %d, want none for a look that finds nothing new", got)
		}
	})
}

func TestAReplacedFileIsReadBeforeItsKeyIsUsedAfterAQuietTime(t *testing.T) {
	inFileBubble(t, func(t *testing.T, f *fixture, m *mounted) {
		must(t, f.await())
		m.replace(t, map[string]string{"credentials": "[default]\n" + keys("AKIDTWO")})
		time.Sleep(stale)
		if f.use() {
			t.Error("ready with a key that nobody has looked after for long")
		}
		must(t, f.await())
		f.wantKey(t, "AKIDTWO")
		if !f.use() {
			t.Error("not ready")
		}
	})
}

func TestAFileThatVanishesLeavesItsKey(t *testing.T) {
	inFileBubble(t, func(t *testing.T, f *fixture, m *mounted) {
		must(t, f.await())
		must(t, os.Remove(filepath.Join(m.path, "..data")))
		for range 5 {
			time.Sleep(2 * stale)
			if err := f.await(); err != nil {
				t.Errorf("got %v, want the old key", err)
			}
			f.wantKey(t, "AKIDONE")
			if !f.use() {
				t.Error("not ready after the look has failed")
			}
		}
		if got := f.environment.Warnings(); len(got) == 0 || !strings.Contains(got[0], filepath.Join(m.path, "credentials")) {
			t.Errorf("log: got %q, want the file named", got)
		}
	})
}
