package secrets

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// hidden is the text that must never be seen.
const hidden = "tOp-sEcReT"

// journal is an environment whose log and counters a test looks at.
type journal = plugintest.Environment

func newTestStores(t *testing.T, options string) *Stores {
	t.Helper()
	stores, err := new(Pool).Stores([]byte(options))
	if err != nil {
		t.Fatal(err)
	}
	return stores
}

func open(t *testing.T, stores *Stores, environment plugins.Environment, reference string) plugins.Secret {
	t.Helper()
	opened, err := stores.Secret(environment, reference)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// get waits for a secret as a request does.
func get(t *testing.T, s plugins.Secret) (string, error) {
	t.Helper()
	if err := await(t, s); err != nil {
		return "", err
	}
	return s.Value()
}

func await(t *testing.T, s plugins.Secret) error {
	t.Helper()
	if s.Ready() {
		return nil
	}
	done := make(chan error, 1)
	stop := s.Await(func(err error) { done <- err })
	defer stop()
	return <-done
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReferencesThatAreRefused(t *testing.T) {
	stores := newTestStores(t, "")
	cases := []struct{ reference, want string }{
		{hidden, "must be a reference to a secret"},
		{"", "must be a reference to a secret"},
		{"https://" + hidden, "must be a reference to a secret"},
		{"FILE:/" + hidden, "must be a reference to a secret"},
		{"file", "after file: it must say"},
		{"file:", "after file: it must say"},
		{"file:#" + hidden, "after file: it must say"},
		{"file:" + hidden, "must be absolute"},
		{"file:./" + hidden, "must be absolute"},
		{"file:/" + hidden + "#", "there must be a name"},
		{"file:/" + hidden + "\x00", "no control characters"},
		{"env:A=" + hidden, "name of an environment variable"},
		{"vault:kv/" + hidden, "need the store to be set up"},
		{"kubernetes:a/" + hidden, "need the store to be set up"},
		{"aws-ssm:/" + hidden, "need the store to be set up"},
	}
	for _, c := range cases {
		t.Run(c.reference, func(t *testing.T) {
			_, err := stores.Secret(&journal{}, c.reference)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), hidden) {
				t.Errorf("got %v, want one with %q that does not repeat the text", err, c.want)
			}
		})
	}
}

func TestFilesAndVariables(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "text"), "\n "+hidden+"\n")
	write(t, filepath.Join(folder, "json"), `{"password": " `+hidden+` ", "port": 5432, "none": null, "empty": ""}`)
	write(t, filepath.Join(folder, "lines"), "# password=x\npassword = "+hidden+"\nuser=app\nno line\n")
	write(t, filepath.Join(folder, "twice"), "password=x\npassword="+hidden)
	write(t, filepath.Join(folder, "mounted", "..2026", "password"), hidden+"\n")
	write(t, filepath.Join(folder, "mounted", "..2026", "user"), "app")
	for link, to := range map[string]string{"..data": "..2026", "password": "..data/password", "user": "..data/user"} {
		if err := os.Symlink(to, filepath.Join(folder, "mounted", link)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(folder, "empty"), " \n")
	write(t, filepath.Join(folder, "large"), strings.Repeat(hidden, maxFile/8))
	t.Setenv("FUNCROUTE_TEST_SECRET", hidden)
	t.Setenv("FUNCROUTE_TEST_OBJECT", `{"password":"`+hidden+`"}`)
	object := map[string]string{"password": hidden, "user": "app"}
	cases := []struct {
		reference string
		value     string
		members   map[string]string
		warning   string // a piece of the log's line, "" for none
	}{
		{reference: "text", value: hidden},
		{reference: "json#password", value: hidden},
		{reference: "json#port", value: "5432"},
		{reference: "json", members: map[string]string{"password": hidden, "port": "5432"}},
		{reference: "json#other", warning: `json#other cannot be used: it has no member "other", or an empty one`},
		{reference: "json#empty", warning: `it has no member "empty", or an empty one`},
		{reference: "lines#password", value: hidden},
		{reference: "lines", members: object},
		{reference: "twice#password", warning: "it has a key twice"},
		{reference: "mounted#password", value: hidden},
		{reference: "mounted", members: object},
		{reference: "mounted#other", warning: "mounted#other cannot be had: open "},
		{reference: "mounted#../text", warning: "no name of a file in it"},
		{reference: "mounted/password", value: hidden},
		{reference: "none", warning: "no such file"},
		{reference: "empty", warning: "it is empty"},
		{reference: "large", warning: "it is larger than 1 MB"},
		{reference: "env:FUNCROUTE_TEST_SECRET", value: hidden},
		{reference: "env:FUNCROUTE_TEST_OBJECT#password", value: hidden},
		{reference: "env:FUNCROUTE_TEST_OTHER", warning: "the environment has no such variable"},
		{reference: "env:FUNCROUTE_TEST_SECRET#password", warning: "it is no object"},
	}
	for _, c := range cases {
		t.Run(c.reference, func(t *testing.T) {
			told := &journal{}
			if !strings.HasPrefix(c.reference, "env:") {
				c.reference = "file:" + folder + "/" + c.reference
			}
			opened := open(t, newTestStores(t, ""), told, c.reference)
			err := await(t, opened)
			value, valueErr := opened.Value()
			members, membersErr := opened.Members()
			if c.value != "" && (err != nil || value != c.value) {
				t.Errorf("got %q, %v, %v, want %q", value, err, valueErr, c.value)
			}
			if c.members != nil && (err != nil || !maps.Equal(members, c.members)) {
				t.Errorf("got members %v, %v, %v, want %v", members, err, membersErr, c.members)
			}
			log := strings.Join(told.Warnings(), "\n")
			if c.warning != "" && (!strings.Contains(log, c.warning) || valueErr == nil && membersErr == nil) {
				t.Errorf("got %v, %v and the log %q, want errors and %q", valueErr, membersErr, log, c.warning)
			}
			if strings.Contains(log, hidden) {
				t.Errorf("the log shows the secret: %s", log)
			}
		})
	}
}

func TestAFileThatIsReplacedIsReadAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	synctest.Test(t, func(t *testing.T) {
		write(t, path, "old")
		opened := open(t, newTestStores(t, ""), &journal{}, "file:"+path)
		if got, err := get(t, opened); got != "old" {
			t.Fatalf("got %q, %v", got, err)
		}
		version := opened.Version()
		write(t, path, "new")
		time.Sleep(recheckFile)
		opened.Ready() // Which has it read, and does not wait.
		synctest.Wait()
		if got, err := opened.Value(); got != "new" || opened.Version() == version {
			t.Errorf("got %q, %v, version %d after %d, want the new one", got, err, opened.Version(), version)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		version = opened.Version()
		for range 10 {
			time.Sleep(20 * time.Second)
			opened.Ready()
			synctest.Wait()
		}
		if got, err := opened.Value(); got != "new" || opened.Version() != version {
			t.Errorf("without its file: got %q, %v, want the last good one", got, err)
		}
		time.Sleep(defaultMaxStale)
		if opened.Ready() {
			t.Error("without its file for more than max_stale: it is still there")
		}
	})
}

func TestStoresAreShared(t *testing.T) {
	pool := &Pool{}
	one, err := pool.Stores([]byte(`{"refresh": "5s", "max_stale": "1m"}`))
	if err != nil {
		t.Fatal(err)
	}
	same, _ := pool.Stores([]byte(`{"max_stale":"1m",  "refresh":"5s"}`))
	other, _ := pool.Stores(nil)
	if one != same || one == other {
		t.Errorf("the same options share stores: %v, want true; others do: %v, want false", one == same, one == other)
	}
	a := open(t, one, &journal{}, "env:A#x").(secret)
	b := open(t, same, &journal{}, "env:A#y").(secret)
	if a.kept != b.kept {
		t.Error("references that differ in their key alone do not share what is fetched")
	}
	if again := open(t, same, &journal{}, "env:A#x"); again != plugins.Secret(a) || again == plugins.Secret(b) {
		t.Error("the same references are not equal, or others are")
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	cases := []struct{ options, want string }{
		{`[]`, "must be an object"},
		{`null`, "must be an object"},
		{`{"refresh": 5}`, `setting "refresh" must be a text`},
		{`{"refresh": "0s"}`, `setting "refresh" must be a duration`},
		{`{"valt": {}}`, `setting "valt" is unknown; there are max_stale, refresh, aws, kubernetes, vault`},
		{`{"vault": "x"}`, `"vault" must be an object`},
	}
	for _, c := range cases {
		t.Run(c.options, func(t *testing.T) {
			if _, err := new(Pool).Stores([]byte(c.options)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want one with %q", err, c.want)
			}
		})
	}
}
