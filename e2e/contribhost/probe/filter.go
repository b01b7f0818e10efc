package main

import (
	"encoding/json"
	"strings"

	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"
)

type filter struct {
	api.PassThroughStreamFilter
	config    *config
	callbacks api.FilterCallbackHandler
	id        string
	script    map[string][]step
	calls     map[string]int
	gone      chan struct{}
}

func (f *filter) DecodeHeaders(header api.RequestHeaderMap, endStream bool) api.StatusType {
	if id, ok := header.Get("x-journal"); ok {
		f.callbacks.DecoderFilterCallbacks().SendLocalReply(200, journalOf(id), nil, 0, "")
		return api.LocalReply
	}
	f.id, _ = header.Get("x-id")
	if text, ok := header.Get("x-probe"); ok {
		if err := json.Unmarshal([]byte(text), &f.script); err != nil {
			f.callbacks.DecoderFilterCallbacks().SendLocalReply(400, err.Error(), nil, 0, "")
			return api.LocalReply
		}
	}
	note(f.id, "DecodeHeaders %s end=%v", header.Path(), endStream)
	return f.phase("decodeHeaders", act{f: f, headers: header, callbacks: f.callbacks.DecoderFilterCallbacks()})
}

func (f *filter) DecodeData(body api.BufferInstance, endStream bool) api.StatusType {
	note(f.id, "DecodeData %s end=%v", short(body), endStream)
	return f.phase("decodeData", act{f: f, body: body, callbacks: f.callbacks.DecoderFilterCallbacks()})
}

func (f *filter) DecodeTrailers(trailers api.RequestTrailerMap) api.StatusType {
	note(f.id, "DecodeTrailers")
	return f.phase("decodeTrailers", act{f: f, headers: trailers, callbacks: f.callbacks.DecoderFilterCallbacks()})
}

func (f *filter) EncodeHeaders(header api.ResponseHeaderMap, endStream bool) api.StatusType {
	status, _ := header.Get(":status")
	note(f.id, "EncodeHeaders %s end=%v", status, endStream)
	return f.phase("encodeHeaders", act{f: f, headers: header, callbacks: f.callbacks.EncoderFilterCallbacks()})
}

func (f *filter) EncodeData(body api.BufferInstance, endStream bool) api.StatusType {
	note(f.id, "EncodeData %s end=%v", short(body), endStream)
	return f.phase("encodeData", act{f: f, body: body, callbacks: f.callbacks.EncoderFilterCallbacks()})
}

func (f *filter) EncodeTrailers(trailers api.ResponseTrailerMap) api.StatusType {
	note(f.id, "EncodeTrailers")
	return f.phase("encodeTrailers", act{f: f, headers: trailers, callbacks: f.callbacks.EncoderFilterCallbacks()})
}

func (f *filter) OnLog(request api.RequestHeaderMap, trailers api.RequestTrailerMap, response api.ResponseHeaderMap,
	responseTrailers api.ResponseTrailerMap,
) {
	path, _ := request.Get(":path")
	if f.id == "" {
		f.id, _ = request.Get("x-id")
	}
	status := "none"
	if response != nil {
		status, _ = response.Get(":status")
	}
	details, _ := f.callbacks.StreamInfo().ResponseCodeDetails()
	note(f.id, "OnLog %s %s %s trailers=%v,%v", path, status, details, trailers != nil, responseTrailers != nil)
}

func (f *filter) OnStreamComplete() { note(f.id, "OnStreamComplete") }

func (f *filter) OnDestroy(reason api.DestroyReason) {
	note(f.id, "OnDestroy %d", reason)
	close(f.gone)
}

func short(body api.BufferInstance) string {
	if body.Len() > 40 {
		return "(" + strings.Repeat("x", 3) + ")"
	}
	return "\"" + body.String() + "\""
}
