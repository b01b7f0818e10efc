package harness

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"syscall"
)

// endWithParent has the kernel end a child whose test was killed and could not do it any more.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// withoutCores has the children to come leave no core file behind when they crash: it would hold what they know.
func withoutCores() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		return err
	}
	limit.Cur = 0
	return syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
}

// ResetPeakMemory has PeakMemory begin anew and returns how many megabytes the process has now.
func (p *Process) ResetPeakMemory() (int, error) {
	const peak = "5" // proc_pid_clear_refs(5)
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.PID()), []byte(peak), 0); err != nil {
		return 0, err
	}
	return p.Memory()
}

// PeakMemory is how many megabytes the process has had at once.
func (p *Process) PeakMemory() (int, error) {
	size, err := p.status("VmHWM")
	return size >> 10, err
}

// Memory is how many megabytes the process has now.
func (p *Process) Memory() (int, error) {
	size, err := p.status("VmRSS")
	return size >> 10, err
}

// Resident is what the process has now.
func (p *Process) Resident() (Resident, error) {
	all, err := p.status("VmRSS")
	if err != nil {
		return Resident{}, err
	}
	files, err := p.status("RssFile")
	return Resident{All: uint64(all) << 10, Files: uint64(files) << 10}, err
}

// Threads is how many threads the process has now.
func (p *Process) Threads() (int, error) { return p.status("Threads") }

// status is a number of the kernel's about the process; sizes are in kilobytes.
func (p *Process) status(name string) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0, err
	}
	match := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+)`).FindSubmatch(text)
	if match == nil {
		return 0, fmt.Errorf("the kernel does not tell %s", name)
	}
	return strconv.Atoi(string(match[1]))
}
