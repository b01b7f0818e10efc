// Package plugintest has what the unit tests of function types give them: headers, a connection, and an environment that remembers. The
// golden files of types are run by package goldentest.
package plugintest
