package main

import (
	"errors"
	"fmt"
	"maps"

	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// config holds the settings as they came and the metrics of the filter's own configuration.
type config struct {
	settings map[string]any
	counter  api.CounterMetric
	gauge    api.GaugeMetric
}

type parser struct{}

// Parse takes a google.protobuf.Struct or an xds.type.v3.TypedStruct, whose field 2 is such a Struct.
func (parser) Parse(packed *anypb.Any, callbacks api.ConfigCallbackHandler) (any, error) {
	value := packed.GetValue()
	switch packed.GetTypeUrl() {
	case "", "type.googleapis.com/google.protobuf.Struct":
	case "type.googleapis.com/xds.type.v3.TypedStruct":
		value = field(value, 2)
	default:
		return nil, fmt.Errorf("unexpected type %q", packed.GetTypeUrl())
	}
	var settings structpb.Struct
	if err := proto.Unmarshal(value, &settings); err != nil {
		return nil, err
	}
	c := &config{settings: settings.AsMap()}
	if c.settings["refuse"] == true {
		return nil, errors.New("told to refuse")
	}
	if callbacks != nil {
		c.counter = callbacks.DefineCounterMetric("probe.counter")
		c.gauge = callbacks.DefineGaugeMetric("probe.gauge")
	}
	return c, nil
}

// Merge lets the child's settings win.
func (parser) Merge(parent, child any) any {
	p, c := parent.(*config), child.(*config)
	merged := &config{settings: maps.Clone(p.settings), counter: p.counter, gauge: p.gauge}
	maps.Copy(merged.settings, c.settings)
	return merged
}
