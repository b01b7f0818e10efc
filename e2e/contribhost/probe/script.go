package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"
)

// step is what one call of a phase does: Do in order, then the status Then (continue when empty). With Go the call answers
// Running and the rest happens in a goroutine; Then "nothing" leaves the phase hanging. A phase that is called more often
// than it has steps repeats the last one.
type step struct {
	Go   bool     `json:"go"`
	Do   []string `json:"do"`
	Then string   `json:"then"`
}

var statuses = map[string]api.StatusType{
	"": api.Continue, "continue": api.Continue, "running": api.Running, "nothing": api.Running, "localReply": api.LocalReply,
	"stopAndBuffer": api.StopAndBuffer, "stopAndBufferWatermark": api.StopAndBufferWatermark, "stopNoBuffer": api.StopNoBuffer,
}

func (f *filter) phase(name string, a act) api.StatusType {
	steps := f.script[name]
	if len(steps) == 0 {
		return api.Continue
	}
	s := steps[min(f.calls[name], len(steps)-1)]
	f.calls[name]++
	if !s.Go {
		return a.run(s)
	}
	go func() {
		defer a.callbacks.RecoverPanic()
		defer func() {
			if e := recover(); e != nil {
				note(f.id, "%s goroutine stopped: %v", name, e)
				panic(e)
			}
		}()
		if status := a.run(s); status != api.LocalReply && s.Then != "nothing" {
			a.callbacks.Continue(status)
		}
	}()
	return api.Running
}

// act is one call of a phase and what it may touch.
type act struct {
	f         *filter
	headers   api.HeaderMap
	body      api.BufferInstance
	callbacks api.FilterProcessCallbacks
}

func (a act) run(s step) api.StatusType {
	status := statuses[s.Then]
	for _, line := range s.Do {
		verb, rest, _ := strings.Cut(line, " ")
		if verb == "reply" {
			status = api.LocalReply
		}
		a.do(verb, rest)
	}
	return status
}

func (a act) do(verb, rest string) {
	name, value, _ := strings.Cut(rest, " ")
	info := a.f.callbacks.StreamInfo()
	switch verb {
	case "set":
		a.headers.Set(name, value)
	case "add":
		a.headers.Add(name, value)
	case "del":
		a.headers.Del(name)
	case "note":
		note(a.f.id, "%s=%v raw=%q", name, a.headers.Values(name), a.headers.GetRaw(name))
	case "upper":
		must(a.body.SetString(strings.ToUpper(a.body.String())))
	case "body":
		must(a.body.SetString(rest))
	case "append":
		must(a.body.AppendString(rest))
	case "prepend":
		must(a.body.PrependString(rest))
	case "drain":
		n, err := strconv.Atoi(rest)
		must(err)
		a.body.Drain(n)
	case "addData":
		a.callbacks.AddData([]byte(rest), true)
	case "injectData":
		a.callbacks.InjectData([]byte(rest))
	case "reply":
		code, err := strconv.Atoi(name)
		must(err)
		a.callbacks.SendLocalReply(code, value, map[string][]string{"x-reply": {"one", "two"}}, 0, "probe_reply")
	case "panic":
		panic(rest)
	case "property":
		a.property(rest)
	case "info":
		a.info(info)
	case "setMeta":
		key, text, _ := strings.Cut(value, " ")
		var v any
		must(json.Unmarshal([]byte(text), &v))
		info.DynamicMetadata().Set(name, key, v)
	case "getMeta":
		a.noteJSON("meta "+rest, info.DynamicMetadata().Get(rest))
	case "setState":
		info.FilterState().SetString(name, value, api.StateTypeReadOnly, api.LifeSpanFilterChain, api.None)
	case "getState":
		note(a.f.id, "state %s=%s", rest, info.FilterState().GetString(rest))
	case "count":
		n, err := strconv.ParseInt(rest, 10, 64)
		must(err)
		a.f.config.counter.Increment(n)
		note(a.f.id, "counted %v", a.f.config.counter.Get() >= uint64(n))
	case "gauge":
		n, err := strconv.ParseUint(rest, 10, 64)
		must(err)
		a.f.config.gauge.Record(n)
		a.f.config.gauge.Increment(-1)
		note(a.f.id, "gauge %d", a.f.config.gauge.Get())
	case "config":
		a.noteJSON("config", a.f.config.settings)
	case "refreshRoute":
		a.f.callbacks.RefreshRouteCache()
	case "clearRoute":
		a.f.callbacks.ClearRouteCache()
	case "host":
		note(a.f.id, "host %v", a.f.callbacks.DecoderFilterCallbacks().SetUpstreamOverrideHost(rest, true))
	case "secret":
		a.f.callbacks.SecretManager().GetGenericSecret(rest)
	case "log":
		a.f.callbacks.Log(api.Warn, rest)
	case "untilGone":
		<-a.f.gone
	default:
		panic("unknown verb " + verb)
	}
}

func (a act) property(key string) {
	value, err := a.f.callbacks.GetProperty(key)
	switch {
	case err != nil:
		note(a.f.id, "%s: %v", key, err)
	case strings.HasSuffix(key, "_metadata") || key == "metadata":
		a.noteJSON(key, metadata([]byte(value)))
	default:
		note(a.f.id, "%s=%s", key, value)
	}
}

func (a act) info(info api.StreamInfo) {
	protocol, _ := info.Protocol()
	code, hasCode := info.ResponseCode()
	details, hasDetails := info.ResponseCodeDetails()
	cluster, hasCluster := info.UpstreamClusterName()
	_, hasUpstream := info.UpstreamRemoteAddress()
	note(a.f.id, "info route=%s protocol=%s code=%d,%v details=%s,%v cluster=%s,%v upstream=%v remote=%v tls=%v",
		info.GetRouteName(), protocol, code, hasCode, details, hasDetails, cluster, hasCluster, hasUpstream,
		strings.HasPrefix(info.DownstreamRemoteAddress(), "127.0.0.1:"), info.DownstreamSslConnection() != nil)
}

func (a act) noteJSON(what string, value any) {
	text, err := json.Marshal(value)
	must(err)
	note(a.f.id, "%s %s", what, text)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
