package scenarios

import "testing"

// beginMemory returns how many megabytes Envoy has, if the step asks.
func (s *Stage) beginMemory(t *testing.T, step *Step) int {
	t.Helper()
	if step.Memory == 0 {
		return 0
	}
	size, err := s.Envoy.ResetPeakMemory()
	if err != nil {
		t.Fatal(err)
	}
	return size
}

func (s *Stage) checkMemory(t *testing.T, step *Step, before int) {
	t.Helper()
	if step.Memory == 0 {
		return
	}
	peak, err := s.Envoy.PeakMemory()
	if err != nil {
		t.Fatal(err)
	}
	if grown := peak - before; grown > step.Memory {
		t.Errorf("Envoy's memory: got %d MB more, want at most %d", grown, step.Memory)
	}
}
