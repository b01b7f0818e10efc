// Package scenarios reads and performs cases that are files: what an Envoy is configured with, what is sent to it, and all that
// follows, in the answer, at the upstream, in counters and logs. e2e/testdata/README.md describes the files. A test can also make a
// [Step] of its own and have a [Stage] perform it.
package scenarios
