package main

import (
	"slices"
	"strings"

	"github.com/funcroute/funcroute/e2e/harness"
)

type object = harness.Object

// job is something to be done with a request, and who does it. All contestants of a job get the same requests.
type job struct {
	name    string
	path    string
	headers [][2]string
	// contentType is that of requests with a body, text the body of a size. If they are not given, it is JSON with one text.
	contentType string
	text        func(size int) string
	// bodyless tells that requests without a body make sense too.
	bodyless    bool
	contestants []contestant
}

// contestant is one listener: a chain of filters, a route and a cluster.
type contestant struct {
	name string
	// against names the contestant before it in the same job, which it is measured by; bar is how much of its cost it may
	// have, if there is a bar.
	against string
	bar     float64
	// libraries is the folder that its Envoy takes libraries from, "" for ours. Another folder is another Envoy: one process bears
	// one Go runtime only.
	libraries string

	filters []any
	cluster object // filter_metadata
	route   object // filter_metadata
	// action is added to the route's action.
	action object
}

// The name of the contestant that every job begins with.
const noFilter = "no filter"

// content is what requests with a body of a size say.
func (j job) content(size int) string {
	if j.text != nil {
		return j.text(size)
	}
	return filled(`{"text":"`, size, `"}`)
}

func (j job) typeOfContent() string {
	if j.contentType != "" {
		return j.contentType
	}
	return "application/json"
}

// places are the folders of libraries that a job's contestants need, ours first.
func (j job) places() []string {
	places := []string{""}
	for _, c := range j.contestants {
		if !slices.Contains(places, c.libraries) {
			places = append(places, c.libraries)
		}
	}
	return places
}

// earlier is what a contestant's twin with an earlier library is called.
const earlier = ", earlier"

// beside gives each contestant of ours a twin with the library in another folder, right before it, and has it measured by that.
func (j job) beside(folder string) job {
	var all []contestant
	for _, c := range j.contestants {
		if c.libraries == "" && strings.HasPrefix(c.name, "funcroute") {
			twin := c
			twin.name, twin.libraries, twin.against = c.name+earlier, folder, ""
			all = append(all, twin)
			c.against, c.bar = twin.name, 0
		}
		all = append(all, c)
	}
	j.contestants = all
	return j
}

// filled brings a text to a size.
func filled(head string, size int, tail string) string {
	return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
}

func jobs() []job {
	return []job{lambdaJob(), pathJob(), jsonJob(), binaryEventJob(), structuredEventJob()}
}

func calls(function string) object { return object{"funcroute": object{"function": function}} }

func lua(code string) object {
	return filter("envoy.filters.http.lua", "lua.v3.Lua", object{"default_source_code": object{"inline_string": code}})
}

func module(library, name string) object {
	return filter(name, "dynamic_modules.v3.DynamicModuleFilter", object{
		"dynamic_module_config": object{"name": library, "do_not_close": true}, "filter_name": name,
	})
}

func filter(name, message string, config object) object {
	config["@type"] = "type.googleapis.com/envoy.extensions.filters.http." + message
	return object{"name": name, "typed_config": config}
}
