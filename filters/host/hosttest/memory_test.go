package hosttest_test

import (
	"testing"

	"github.com/funcroute/funcroute/filters/host/hosttest"
)

func TestMemoryConforms(t *testing.T) { hosttest.Conform(t, hosttest.Memory{}) }
