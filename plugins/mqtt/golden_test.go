package mqtt

import (
	"testing"

	"github.com/funcroute/funcroute/golden/goldentest"
)

func TestGoldenFiles(t *testing.T) { goldentest.Run(t, "testdata") }
