package plugintest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// Run runs all golden files of a folder directly against their function type, without Envoy and its filter.
func Run(t *testing.T, dir string) {
	t.Helper()
	files, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file.Path), ".yaml"), func(t *testing.T) {
			for _, c := range file.Cases {
				t.Run(c.Name, func(t *testing.T) {
					if c.Only == Envoy {
						t.Skip("for a real Envoy only")
					}
					for _, difference := range c.Run() {
						t.Error(difference)
					}
				})
			}
		})
	}
}

// Run runs one case directly and returns one line per difference.
func (c *Case) Run() []string {
	r := &run{want: c}
	r.exchange()
	for _, piece := range c.Log {
		if !slices.ContainsFunc(r.environment.Warnings(), func(line string) bool { return strings.Contains(line, piece) }) {
			r.differs("log: got %q, want a line with %q", r.environment.Warnings(), piece)
		}
	}
	return r.differences
}

// run is one case being run. It does what the functions filter does with a function.
type run struct {
	want        *Case
	environment Environment
	differences []string
}

func (r *run) differs(format string, args ...any) {
	r.differences = append(r.differences, fmt.Sprintf(format, args...))
}

func (r *run) exchange() {
	function, set, err := r.compile()
	if err != nil {
		r.failed(plugins.Errorf(plugins.ConfigError, "the function's configuration is wrong").Because(err))
		return
	}
	request, err := r.request(function, set)
	if err != nil {
		r.failed(err)
		return
	}
	reply, err := plugins.Call(function, request)
	if err == nil && reply != nil && reply.Task != nil {
		reply, err = perform(reply.Task)
	}
	switch {
	case err != nil:
		r.annotated(request.Annotations())
		r.failed(err)
	case reply != nil:
		r.annotated(slices.Concat(request.Annotations(), reply.Annotations))
		r.replied(reply)
	case r.want.Upstream.Receives == nil:
		r.differs("the upstream: got %s %s, want nothing", request.Headers.Get(":method"), request.Headers.Get(":path"))
	default:
		r.differences = append(r.differences,
			MatchRequest(r.want.Upstream.Receives, request.Headers.(*Headers), request.Body())...)
		request.Release()
		r.answer(function, request)
	}
}

// compile makes the function as the filter does it from the metadata of cluster and route.
func (r *run) compile() (plugins.Function, *parameters.Set, error) {
	cluster, route := r.want.Cluster["funcroute"], r.want.Route["funcroute"]
	typeName, _ := cluster["type"].(string)
	pluginType := plugins.Lookup(typeName)
	if pluginType == nil {
		return nil, nil, fmt.Errorf("type %q is unknown; there are %s", typeName, strings.Join(plugins.Names(), ", "))
	}
	name, _ := route["function"].(string)
	if name == "" {
		name, _ = cluster["default_function"].(string)
	}
	upstream, err := pluginType.NewUpstream(&r.environment, SettingsFrom(pluginType, cluster))
	if err != nil {
		return nil, nil, err
	}
	target, inMetadata := r.want.Cluster.Texts("funcroute.functions")[name]
	if !inMetadata {
		if target, err = offered(upstream, name); err != nil {
			return nil, nil, err
		}
	}
	set, err := parameters.Compile(r.want.Route.Texts("funcroute.parameters"))
	if err != nil {
		return nil, nil, err
	}
	settings := SettingsFrom(pluginType, cluster)
	maps.Copy(settings, SettingsFrom(pluginType, route))
	function, err := upstream.NewFunction(plugins.FunctionSpec{
		Name:           name,
		Target:         target,
		Offered:        !inMetadata,
		AnswerTemplate: r.want.Cluster.Texts("funcroute.responses")[name],
		Settings:       settings,
		Parameters:     set,
	})
	return function, set, err
}

// offered returns the target of a function that is not among the cluster's.
func offered(upstream plugins.Upstream, name string) (string, error) {
	if offerer, ok := upstream.(plugins.Offerer); ok {
		if err := await(offerer.Preparing(name)); err != nil {
			return "", err
		}
		if target, there, err := offerer.Offers(name); there || err != nil {
			return target, err
		}
	}
	return "", fmt.Errorf("function %q is not among the cluster's functions; run such cases with `only: envoy`", name)
}

// SettingsFrom reads a type's settings from the `funcroute` namespace of a cluster or a route, as the filter does it.
func SettingsFrom(pluginType plugins.Type, namespace map[string]any) plugins.Settings {
	kinds := map[string]plugins.Kind{}
	for _, setting := range pluginType.Settings() {
		kinds[setting.Name] = setting.Kind
	}
	settings := plugins.Settings{}
	for name, value := range namespace {
		if name == "type" || name == "function" || name == "default_function" {
			continue
		}
		settings[name] = plugins.Unreadable{}
		if kind, known := kinds[name]; known {
			settings[name] = settingOf(kind, value)
		}
	}
	return settings
}

func settingOf(kind plugins.Kind, value any) any {
	switch value := value.(type) {
	case string:
		if kind == plugins.Text && value != "" {
			return value
		}
	case int:
		if kind == plugins.Number {
			return float64(value)
		}
	case float64:
		if kind == plugins.Number {
			return value
		}
	case bool:
		if kind == plugins.Bool {
			return value
		}
	case []any:
		if kind == plugins.List {
			return texts(value)
		}
	}
	return plugins.Unreadable{}
}

func texts(list []any) any {
	var texts []string
	for _, value := range list {
		text, ok := value.(string)
		if !ok {
			return plugins.Unreadable{}
		}
		texts = append(texts, text)
	}
	return texts
}

func (r *run) request(function plugins.Function, set *parameters.Set) (*plugins.Request, error) {
	message := r.want.Request
	headers := message.RequestHeaders()
	var body []byte
	if set.NeedsBody() || planOf(function).Request == plugins.Whole {
		body = message.Body
	}
	request := plugins.NewRequest(headers, Connection{
		Address:  r.want.Client,
		Version:  message.Protocol(),
		Identity: headers.Get("x-request-id"),
		Marked:   r.want.DynamicMetadata,
	}, body)
	request.Time = time.Now()
	var err error
	if request.Parameters, err = set.Extract(source{headers, body}); err != nil {
		var extraction *parameters.Error
		if errors.As(err, &extraction) && extraction.Body {
			return nil, plugins.Errorf(plugins.BadBody, "%v", err)
		}
		return nil, plugins.Errorf(plugins.BadParameter, "%v", err)
	}
	return request, await(function)
}

// planOf is what a function plans, as the filter reads it.
func planOf(function plugins.Function) plugins.Plan {
	if planner, ok := function.(plugins.Planner); ok {
		return planner.Plan()
	}
	return plugins.Plan{}
}

// await waits until a function is ready for a request, or an upstream for being asked.
func await(of any) error {
	awaiter, ok := of.(plugins.Awaiter)
	if !ok || awaiter.Ready() {
		return nil
	}
	done := make(chan error, 1)
	stop := awaiter.Await(func(err error) { done <- err })
	defer stop()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		return errors.New("what a request waits for has not come within ten seconds")
	}
}

func (r *run) answer(function plugins.Function, request *plugins.Request) {
	answer := r.want.Upstream.Answer
	if answer == nil {
		r.differs("the case says nothing of the upstream's answer")
		return
	}
	headers := answer.AnswerHeaders()
	response := plugins.NewAnswer(request, headers)
	defer response.Release()
	body := answer.Body
	if answerer, ok := function.(plugins.Answerer); ok && planOf(function).Answer != plugins.Untouched {
		needsBody, err := answerer.Headers(response)
		if err == nil && needsBody {
			if len(body) > 0 { // Otherwise the headers end the stream.
				response.Receive(body)
			}
			err = answerer.Body(response)
		}
		r.annotated(append(request.Annotations(), response.Annotations()...))
		if err != nil {
			r.failed(err)
			return
		}
		if response.BodyReplaced() {
			body = response.Body()
			headers.Set("content-length", strconv.Itoa(len(body)))
		}
	}
	r.responded(headers, r.withoutContent(headers, body))
}

// withoutContent takes the body from the answers that must not have one, as the filter does.
func (r *run) withoutContent(headers *Headers, body []byte) []byte {
	method, _, _ := r.want.Request.RequestLine()
	switch status := headers.Get(":status"); {
	case plugins.WithoutContent(status):
		headers.Remove("content-length")
		return nil
	case method == "HEAD":
		return nil
	}
	return body
}

func (r *run) annotated(annotations []plugins.Annotation) {
	got := map[string]string{}
	for _, annotation := range annotations {
		got[annotation.Key] = annotation.Value
	}
	for _, key := range slices.Sorted(maps.Keys(r.want.Annotations)) {
		want := r.want.Annotations[key]
		value, ok := got[key]
		if ok == (want == absentPlaceholder) || ok && !MatchText(want, value) {
			r.differs("annotation %s: got %q, want %q", key, value, want)
		}
	}
}

// perform runs a task until it is done, or its time is over.
func perform(task *plugins.Task) (*plugins.Reply, error) {
	ctx := context.Background()
	if task.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, task.Timeout)
		defer cancel()
		ctx = limited
	}
	return task.Run(ctx)
}

func (r *run) replied(reply *plugins.Reply) {
	headers := NewHeaders([2]string{":status", fmt.Sprint(reply.Status)})
	for _, header := range reply.Headers {
		headers.Add(header[0], header[1])
	}
	r.responded(headers, reply.Body)
}

func (r *run) responded(headers *Headers, body []byte) {
	if r.want.Error != nil {
		r.differs("the client: got status %s, want the error %s", headers.Get(":status"), r.want.Error.Reason)
		return
	}
	r.differences = append(r.differences, MatchAnswer(r.want.Response, headers, body)...)
}

func (r *run) failed(err error) {
	want := r.want.Error
	if want == nil {
		r.differs("the client: got the error %v, want status %d", err, r.want.Response.Status())
		return
	}
	var got *plugins.Error
	if !errors.As(err, &got) {
		got = plugins.Errorf(plugins.InternalError, "").Because(err)
	}
	if got.Reason != want.Reason || got.HTTPStatus() != want.Status {
		r.differs("error: got %s (%d): %v, want %s (%d)", got.Reason, got.HTTPStatus(), err, want.Reason, want.Status)
	}
	if seconds := int(got.RetryAfter.Seconds()); seconds != want.RetryAfter {
		r.differs("error's Retry-After: got %d seconds, want %d", seconds, want.RetryAfter)
	}
	if !strings.Contains(got.Detail, want.Detail) {
		r.differs("error's detail: got %q, want %q in it", got.Detail, want.Detail)
	}
	if want.Message != "" && (got.Cause == nil || !strings.Contains(got.Cause.Error(), want.Message)) {
		r.differs("error's message: got %v, want %q in it", got.Cause, want.Message)
	}
}

// source is a request as the parameters engine reads it.
type source struct {
	headers *Headers
	body    []byte
}

var _ parameters.Source = source{}

func (s source) Path() string                { return s.headers.Get(":path") }
func (s source) Method() string              { return s.headers.Get(":method") }
func (s source) Authority() string           { return s.headers.Get(":authority") }
func (s source) Header(name string) []string { return s.headers.Values(name) }
func (s source) Body() []byte                { return s.body }
