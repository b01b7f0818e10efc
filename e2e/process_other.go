//go:build !linux

package e2e

import (
	"errors"
	"syscall"
)

func endWithParent() *syscall.SysProcAttr { return nil }

var errMemory = errors.New("memory is only measured on Linux")

// ResetPeakMemory is as on Linux.
func (*Process) ResetPeakMemory() (int, error) { return 0, errMemory }

// PeakMemory is as on Linux.
func (*Process) PeakMemory() (int, error) { return 0, errMemory }
