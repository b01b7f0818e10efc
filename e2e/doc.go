// Package e2e runs the libraries in a real Envoy against real counterparts.
//
// The cases are files: golden files of function types (plugins/*/testdata) and scenarios (testdata/README.md). Code is only
// for what a file cannot say. Everything listens on free ports, waits by asking, and is ended with its test.
package e2e
