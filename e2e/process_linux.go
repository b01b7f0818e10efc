package e2e

import "syscall"

// endWithParent has the kernel end a child whose test was killed and could not do it any more.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
