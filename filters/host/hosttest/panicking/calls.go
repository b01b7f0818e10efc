package panicking

import "github.com/funcroute/funcroute/filters/host"

func (s *stream) RequestHeaders() host.Headers {
	s.panics.call()
	return s.host.RequestHeaders()
}

func (s *stream) AnswerHeaders() host.Headers {
	s.panics.call()
	return s.host.AnswerHeaders()
}

func (s *stream) RequestBody() []byte {
	s.panics.call()
	return s.host.RequestBody()
}

func (s *stream) SetRequestBody(body []byte) {
	s.panics.call()
	s.host.SetRequestBody(body)
}

func (s *stream) AnswerBody() []byte {
	s.panics.call()
	return s.host.AnswerBody()
}

func (s *stream) SetAnswerBody(body []byte) {
	s.panics.call()
	s.host.SetAnswerBody(body)
}

func (s *stream) RouteConfig() any {
	s.panics.call()
	return s.host.RouteConfig()
}

func (s *stream) RouteError() error {
	s.panics.call()
	return s.host.RouteError()
}

func (s *stream) ChooseRouteAgain() {
	s.panics.call()
	s.host.ChooseRouteAgain()
}

func (s *stream) FromUpstream() bool {
	s.panics.call()
	return s.host.FromUpstream()
}

func (s *stream) Upstream() bool {
	s.panics.call()
	return s.host.Upstream()
}

func (s *stream) ClusterName() string {
	s.panics.call()
	return s.host.ClusterName()
}

func (s *stream) RouteName() string {
	s.panics.call()
	return s.host.RouteName()
}

func (s *stream) SourceAddress() string {
	s.panics.call()
	return s.host.SourceAddress()
}

func (s *stream) Protocol() string {
	s.panics.call()
	return s.host.Protocol()
}

func (s *stream) RequestID() string {
	s.panics.call()
	return s.host.RequestID()
}

func (s *stream) PeerCertificateDigest() string {
	s.panics.call()
	return s.host.PeerCertificateDigest()
}

func (s *stream) HasDynamicMetadata(namespace, key string) bool {
	s.panics.call()
	return s.host.HasDynamicMetadata(namespace, key)
}

func (s *stream) KeepHeaders(headers [][2]string) {
	s.panics.call()
	s.host.KeepHeaders(headers)
}

func (s *stream) KeptHeaders() [][2]string {
	s.panics.call()
	return s.host.KeptHeaders()
}

func (s *stream) SetDynamicMetadata(namespace, key, value string) {
	s.panics.call()
	s.host.SetDynamicMetadata(namespace, key, value)
}

func (s *stream) DynamicMetadata(namespace, key string) string {
	s.panics.call()
	return s.host.DynamicMetadata(namespace, key)
}

func (s *stream) SendReply(status int, headers [][2]string, body []byte, details string) {
	s.panics.call()
	s.host.SendReply(status, headers, body, details)
}

func (s *stream) FollowRoutine(routine *host.Routine) {
	s.panics.call()
	s.host.FollowRoutine(routine)
}

func (s *stream) Add(counter host.Counter, n uint64) {
	s.panics.call()
	s.host.Add(counter, n)
}

func (s *stream) Record(histogram host.Histogram, value uint64) {
	s.panics.call()
	s.host.Record(histogram, value)
}

func (s *stream) Log(level host.Level, message string) {
	s.panics.call()
	s.host.Log(level, message)
}

func (s *stream) MetadataKeys(source host.Source, namespace string) []string {
	s.panics.call()
	return s.host.MetadataKeys(source, namespace)
}

func (s *stream) MetadataText(source host.Source, namespace, key string) (string, bool) {
	s.panics.call()
	return s.host.MetadataText(source, namespace, key)
}

func (s *stream) MetadataNumber(source host.Source, namespace, key string) (float64, bool) {
	s.panics.call()
	return s.host.MetadataNumber(source, namespace, key)
}

func (s *stream) MetadataBool(source host.Source, namespace, key string) (value, ok bool) {
	s.panics.call()
	return s.host.MetadataBool(source, namespace, key)
}

func (s *stream) MetadataList(source host.Source, namespace, key string) ([]string, bool) {
	s.panics.call()
	return s.host.MetadataList(source, namespace, key)
}

func (s *stream) Resumer() host.Resumer {
	s.panics.call()
	return resumer{s.host.Resumer(), s.panics}
}

type resumer struct {
	host   host.Resumer
	panics *panics
}

func (r resumer) Resume(f func() host.Action) {
	r.host.Resume(func() host.Action {
		defer r.panics.during(Resumed)()
		return f()
	})
}

func (s *stream) AppendExcerpt(to []byte, excerpt *host.Excerpt) []byte {
	s.panics.call()
	return s.host.AppendExcerpt(to, excerpt)
}

func (s *stream) CollectAnswer() {
	s.panics.call()
	s.host.CollectAnswer()
}
