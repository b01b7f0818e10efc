//go:build !linux

package harness

import (
	"errors"
	"syscall"
)

func endWithParent() *syscall.SysProcAttr { return nil }

func withoutCores() error { return nil }

var errMemory = errors.New("processes are only measured on Linux")

// ResetPeakMemory is as on Linux.
func (*Process) ResetPeakMemory() (int, error) { return 0, errMemory }

// Memory is as on Linux.
func (*Process) Memory() (int, error) { return 0, errMemory }

// Resident is as on Linux.
func (*Process) Resident() (Resident, error) { return Resident{}, errMemory }

// Threads is as on Linux.
func (*Process) Threads() (int, error) { return 0, errMemory }

// PeakMemory is as on Linux.
func (*Process) PeakMemory() (int, error) { return 0, errMemory }
