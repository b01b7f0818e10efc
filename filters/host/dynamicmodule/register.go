// Package dynamicmodule runs our filters in stock Envoy, whose filter is envoy.filters.http.dynamic_modules. It
// translates between the host port and the dynamic-modules SDK and does nothing else.
//
// It imports the SDK's interfaces only. The SDK's package with the cgo entry points is imported by build/dynamicmodule.
package dynamicmodule

import (
	"fmt"
	"runtime/debug"

	sdk "github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go"
	"github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/shared"

	"github.com/funcroute/funcroute/filters/host"
)

// Register makes filters known to the SDK, each under its name. It is to be called from an init function.
func Register(filters ...host.Filter) {
	factories := make(map[string]shared.HttpFilterConfigFactory, len(filters))
	for _, filter := range filters {
		factories[filter.Name()] = Factory(filter)
	}
	sdk.RegisterHttpFilterConfigFactories(factories)
}

// Factory returns a filter as the SDK wants it.
func Factory(filter host.Filter) shared.HttpFilterConfigFactory { return configFactory{filter} }

type configFactory struct{ filter host.Filter }

// Create implements the same method as documented on shared.HttpFilterConfigFactory. The SDK logs the error and Envoy
// refuses the configuration.
func (f configFactory) Create(handle shared.HttpFilterConfigHandle, raw []byte) (factory shared.HttpFilterFactory, err error) {
	defer panicToError(&err)
	config, err := f.filter.NewConfig(configHandle{handle}, append([]byte(nil), raw...))
	if err != nil {
		return nil, err
	}
	return &filterFactory{config: config}, nil
}

// CreatePerRoute implements the same method as documented on shared.HttpFilterConfigFactory.
func (f configFactory) CreatePerRoute(raw []byte) (config any, err error) {
	defer panicToError(&err)
	return f.filter.NewRouteConfig(append([]byte(nil), raw...))
}

// A panic that leaves an exported function aborts Envoy, so none may leave us.
func panicToError(err *error) {
	if value := recover(); value != nil {
		*err = fmt.Errorf("panic: %v\n%s", value, debug.Stack())
	}
}

type filterFactory struct {
	shared.EmptyHttpFilterFactory
	config host.Config
}

// Create implements the same method as documented on shared.HttpFilterFactory.
func (f *filterFactory) Create(handle shared.HttpFilterHandle) shared.HttpFilter {
	s := newStream(handle)
	s.guard(func() host.Action {
		s.filter = f.config.NewStream(s)
		return host.Continue
	})
	return s
}

type configHandle struct{ handle shared.HttpFilterConfigHandle }

// Counter implements the same method as documented on host.ConfigHandle.
func (c configHandle) Counter(name string) (host.Counter, error) {
	id, result := c.handle.DefineCounter(name)
	if result != shared.MetricsSuccess {
		return 0, fmt.Errorf("envoy refused counter %q: result %d", name, result)
	}
	return host.Counter(id), nil //nolint:gosec // Identifiers count up from 0.
}

// Histogram implements the same method as documented on host.ConfigHandle. Envoy takes no unit here, so it goes into the
// name.
func (c configHandle) Histogram(name string, unit host.Unit) (host.Histogram, error) {
	id, result := c.handle.DefineHistogram(name + "_" + string(unit))
	if result != shared.MetricsSuccess {
		return 0, fmt.Errorf("envoy refused histogram %q: result %d", name, result)
	}
	return host.Histogram(id), nil //nolint:gosec // Identifiers count up from 0.
}

// Log implements the same method as documented on host.ConfigHandle.
func (c configHandle) Log(level host.Level, message string) {
	c.handle.Log(logLevel(level), "%s", message)
}

func logLevel(level host.Level) shared.LogLevel {
	switch level {
	case host.Debug:
		return shared.LogLevelDebug
	case host.Info:
		return shared.LogLevelInfo
	case host.Warn:
		return shared.LogLevelWarn
	}
	return shared.LogLevelError
}
