// Go's sysmon, a thread of its own, looks every 20 µs whether a thread has been in C for long, and if so takes its processor
// away (runtime/proc.go, sysmon and retake; a worker's hooks never count as progress there, as they run in one goroutine for
// ever). A worker that handles requests loses its processor so often that half of its hooks would begin with waking sysmon
// again, and the two cost an Envoy a tenth of its time. Timer slack lets the kernel put such short sleeps off. Threads inherit
// it from the one that makes them, so it is set while the Go runtime starts, which happens while the library is loaded.
#include "module.h"

#ifdef __linux__
#include <sys/prctl.h>

// For so long a goroutine may wait for a processor that a worker in C still has, and a timer fire late.
#define SLACK_NANOSECONDS 5000000

static long before;

// Prioritised constructors run before all others, of which the Go runtime's start is one.
__attribute__((constructor(101))) static void slacken(void) {
  before = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  prctl(PR_SET_TIMERSLACK, SLACK_NANOSECONDS, 0, 0, 0);
}

void slack_restore(void) {
  if (before > 0) {
    prctl(PR_SET_TIMERSLACK, before, 0, 0, 0);
    before = 0;
  }
}
#else
void slack_restore(void) {}
#endif
