package lambda

import (
	"testing"

	"github.com/funcroute/funcroute/golden/goldentest"
	"github.com/funcroute/funcroute/plugins"
)

// setCredentials makes the AWS default chain find credentials in the environment, and nowhere else.
func setCredentials(t testing.TB) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
	t.Setenv("AWS_SESSION_TOKEN", "")
	t.Setenv("AWS_PROFILE", "")
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func TestGoldenFiles(t *testing.T) {
	setCredentials(t)
	// The registered type keeps credentials and what it has told of them: each run begins with one that knows of none.
	*plugins.Lookup("lambda").(*lambda) = *newType()
	goldentest.Run(t, "testdata")
}
