package amqp

import (
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

func TestGoldenFiles(t *testing.T) { plugintest.Run(t, "testdata") }
