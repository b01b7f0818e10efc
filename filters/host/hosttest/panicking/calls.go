package panicking

import "github.com/funcroute/funcroute/filters/host"

// RequestHeaders implements the same method as documented on host.Stream.
func (s *stream) RequestHeaders() host.Headers {
	s.panics.call()
	return s.host.RequestHeaders()
}

// ResponseHeaders implements the same method as documented on host.Stream.
func (s *stream) ResponseHeaders() host.Headers {
	s.panics.call()
	return s.host.ResponseHeaders()
}

// RequestBody implements the same method as documented on host.Stream.
func (s *stream) RequestBody() []byte {
	s.panics.call()
	return s.host.RequestBody()
}

// SetRequestBody implements the same method as documented on host.Stream.
func (s *stream) SetRequestBody(body []byte) {
	s.panics.call()
	s.host.SetRequestBody(body)
}

// ResponseBody implements the same method as documented on host.Stream.
func (s *stream) ResponseBody() []byte {
	s.panics.call()
	return s.host.ResponseBody()
}

// SetResponseBody implements the same method as documented on host.Stream.
func (s *stream) SetResponseBody(body []byte) {
	s.panics.call()
	s.host.SetResponseBody(body)
}

// RouteConfig implements the same method as documented on host.Stream.
func (s *stream) RouteConfig() any {
	s.panics.call()
	return s.host.RouteConfig()
}

// RouteError implements the same method as documented on host.Stream.
func (s *stream) RouteError() error {
	s.panics.call()
	return s.host.RouteError()
}

// ChooseRouteAgain implements the same method as documented on host.Stream.
func (s *stream) ChooseRouteAgain() {
	s.panics.call()
	s.host.ChooseRouteAgain()
}

// FromUpstream implements the same method as documented on host.Stream.
func (s *stream) FromUpstream() bool {
	s.panics.call()
	return s.host.FromUpstream()
}

// Upstream implements the same method as documented on host.Stream.
func (s *stream) Upstream() bool {
	s.panics.call()
	return s.host.Upstream()
}

// ClusterName implements the same method as documented on host.Stream.
func (s *stream) ClusterName() string {
	s.panics.call()
	return s.host.ClusterName()
}

// RouteName implements the same method as documented on host.Stream.
func (s *stream) RouteName() string {
	s.panics.call()
	return s.host.RouteName()
}

// SourceAddress implements the same method as documented on host.Stream.
func (s *stream) SourceAddress() string {
	s.panics.call()
	return s.host.SourceAddress()
}

// Protocol implements the same method as documented on host.Stream.
func (s *stream) Protocol() string {
	s.panics.call()
	return s.host.Protocol()
}

// RequestID implements the same method as documented on host.Stream.
func (s *stream) RequestID() string {
	s.panics.call()
	return s.host.RequestID()
}

// PeerCertificateDigest implements the same method as documented on host.Stream.
func (s *stream) PeerCertificateDigest() string {
	s.panics.call()
	return s.host.PeerCertificateDigest()
}

// HasDynamicMetadata implements the same method as documented on host.Stream.
func (s *stream) HasDynamicMetadata(namespace, key string) bool {
	s.panics.call()
	return s.host.HasDynamicMetadata(namespace, key)
}

// KeepHeaders implements the same method as documented on host.Stream.
func (s *stream) KeepHeaders(headers [][2]string) {
	s.panics.call()
	s.host.KeepHeaders(headers)
}

// KeptHeaders implements the same method as documented on host.Stream.
func (s *stream) KeptHeaders() [][2]string {
	s.panics.call()
	return s.host.KeptHeaders()
}

// SetDynamicMetadata implements the same method as documented on host.Stream.
func (s *stream) SetDynamicMetadata(namespace, key, value string) {
	s.panics.call()
	s.host.SetDynamicMetadata(namespace, key, value)
}

// DynamicMetadata implements the same method as documented on host.Stream.
func (s *stream) DynamicMetadata(namespace, key string) string {
	s.panics.call()
	return s.host.DynamicMetadata(namespace, key)
}

// SendReply implements the same method as documented on host.Stream.
func (s *stream) SendReply(status int, headers [][2]string, body []byte, details string) {
	s.panics.call()
	s.host.SendReply(status, headers, body, details)
}

// FollowRoutine implements the same method as documented on host.Stream.
func (s *stream) FollowRoutine(routine *host.Routine) {
	s.panics.call()
	s.host.FollowRoutine(routine)
}

// Add implements the same method as documented on host.Stream.
func (s *stream) Add(counter host.Counter, n uint64) {
	s.panics.call()
	s.host.Add(counter, n)
}

// Record implements the same method as documented on host.Stream.
func (s *stream) Record(histogram host.Histogram, value uint64) {
	s.panics.call()
	s.host.Record(histogram, value)
}

// Log implements the same method as documented on host.Stream.
func (s *stream) Log(level host.Level, message string) {
	s.panics.call()
	s.host.Log(level, message)
}

// MetadataKeys implements the same method as documented on host.Metadata.
func (s *stream) MetadataKeys(source host.Source, namespace string) []string {
	s.panics.call()
	return s.host.MetadataKeys(source, namespace)
}

// MetadataText implements the same method as documented on host.Metadata.
func (s *stream) MetadataText(source host.Source, namespace, key string) (string, bool) {
	s.panics.call()
	return s.host.MetadataText(source, namespace, key)
}

// MetadataNumber implements the same method as documented on host.Metadata.
func (s *stream) MetadataNumber(source host.Source, namespace, key string) (float64, bool) {
	s.panics.call()
	return s.host.MetadataNumber(source, namespace, key)
}

// MetadataBool implements the same method as documented on host.Metadata.
func (s *stream) MetadataBool(source host.Source, namespace, key string) (value, ok bool) {
	s.panics.call()
	return s.host.MetadataBool(source, namespace, key)
}

// MetadataList implements the same method as documented on host.Metadata.
func (s *stream) MetadataList(source host.Source, namespace, key string) ([]string, bool) {
	s.panics.call()
	return s.host.MetadataList(source, namespace, key)
}

// Resumer implements the same method as documented on host.Stream.
func (s *stream) Resumer() host.Resumer {
	s.panics.call()
	return resumer{s.host.Resumer(), s.panics}
}

type resumer struct {
	host   host.Resumer
	panics *panics
}

// Resume implements the same method as documented on host.Resumer.
func (r resumer) Resume(f func() host.Action) {
	r.host.Resume(func() host.Action {
		defer r.panics.during(Resumed)()
		return f()
	})
}

// AppendExcerpt implements the same method as documented on host.Metadata.
func (s *stream) AppendExcerpt(to []byte, excerpt *host.Excerpt) []byte {
	s.panics.call()
	return s.host.AppendExcerpt(to, excerpt)
}

// CollectAnswer implements the same method as documented on host.Stream.
func (s *stream) CollectAnswer() {
	s.panics.call()
	s.host.CollectAnswer()
}
