package secrets

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/exchange"
	"github.com/funcroute/funcroute/plugins/kit/files"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// kubernetesSettings set up the API of Kubernetes.
type kubernetesSettings struct {
	Server    string `setting:"server"`
	TokenFile string `setting:"token_file"`
	CAFile    string `setting:"ca_file"`
	Insecure  bool   `setting:"insecure"`
}

// serviceAccountCA is where Kubernetes mounts the certificates of its API for a pod.
const serviceAccountCA = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"

// kubernetes is the API of one cluster. It is safe for concurrent use.
type kubernetes struct {
	server    asker
	tokenFile string
	refresh   time.Duration
}

var ofKubernetes = newCounters("kubernetes")

func newKubernetes(given plugins.Settings, refresh time.Duration) (*kubernetes, error) {
	var s kubernetesSettings
	if err := given.Decode(&s); err != nil {
		return nil, err
	}
	for _, file := range []struct{ name, path string }{{"token_file", s.TokenFile}, {"ca_file", s.CAFile}} {
		if file.path != "" && !filepath.IsAbs(file.path) {
			return nil, fmt.Errorf("setting %q must be an absolute path, not %q", file.name, file.path)
		}
	}
	if s.Server == "" {
		host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
		if host == "" || port == "" {
			return nil, fmt.Errorf("setting %q must be there outside of a pod, like https://kubernetes:6443: there is no KUBERNETES_SERVICE_HOST", "server")
		}
		s.Server = "https://" + net.JoinHostPort(host, port)
		if s.CAFile == "" {
			s.CAFile = serviceAccountCA
		}
	}
	if s.TokenFile == "" {
		s.TokenFile = serviceAccountToken
	}
	server, err := exchange.At(s.Server, s.CAFile, s.Insecure)
	if err != nil {
		return nil, fmt.Errorf("setting %q must be a URL like https://kubernetes:6443: %w", "server", err)
	}
	return &kubernetes{server, s.TokenFile, refresh}, nil
}

// kubernetesSource is one Secret.
type kubernetesSource struct {
	api             *kubernetes
	namespace, name string
}

// kubernetesName is a name of a namespace or a Secret, without what has a meaning in a path.
var kubernetesName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)

func (k *kubernetes) source(path string) (source, error) {
	namespace, name, _ := strings.Cut(path, "/")
	if !kubernetesName.MatchString(namespace) || !kubernetesName.MatchString(name) {
		return nil, errors.New("after kubernetes: must stand the names of a namespace and of a Secret in it, like kubernetes:shop/db#password")
	}
	return kubernetesSource{k, namespace, name}, nil
}

func (kubernetesSource) rejected() {}

func (s kubernetesSource) fetch(ctx context.Context) (keep.Found[*content], error) {
	token, err := files.ReadSmall(s.api.tokenFile, maxFile) // Each time, for it is replaced before it expires.
	if err != nil {
		return keep.Found[*content]{}, err
	}
	bearer := strings.TrimSpace(string(token))
	if !isToken(bearer) {
		return keep.Found[*content]{}, fmt.Errorf("file %s has no token in it", s.api.tokenFile)
	}
	path := "/api/v1/namespaces/" + s.namespace + "/secrets/" + s.name
	header := http.Header{}
	header.Set("Authorization", "Bearer "+bearer)
	header.Set("Accept", "application/json")
	answer, err := s.api.server.Do(ctx, exchange.Request{Method: http.MethodGet, Path: path, Header: header})
	if err != nil {
		return keep.Found[*content]{}, err
	}
	found, err := readKubernetes(answer)
	if err != nil {
		return keep.Found[*content]{}, within(s.api.server.String()+path, err)
	}
	return keep.Found[*content]{Value: found, Recheck: s.api.refresh}, nil
}

// within says of an error which address has caused it, and leaves it one that says that a secret is gone.
func within(address string, err error) error {
	var gone keep.Gone
	if errors.As(err, &gone) {
		return keep.Gone{Cause: fmt.Errorf("%s %w", address, gone.Cause)}
	}
	return fmt.Errorf("%s %w", address, err)
}

// readKubernetes reads an answer of the API. The error repeats nothing of it.
// https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/
func readKubernetes(answer exchange.Answer) (*content, error) {
	var read struct {
		Kind   string            `json:"kind"`
		Reason string            `json:"reason"`
		Data   map[string]string `json:"data"`
	}
	unreadable := json.Unmarshal(answer.Body, &read) != nil
	switch {
	case answer.Status == http.StatusNotFound && read.Reason == "NotFound":
		return nil, keep.Gone{Cause: errors.New("answers 404: there is no such Secret")}
	case answer.Status == http.StatusUnauthorized:
		return nil, errors.New("answers 401: the token is not valid")
	case answer.Status == http.StatusForbidden:
		return nil, errors.New("answers 403: the service account must not get this Secret")
	case answer.Status != http.StatusOK:
		return nil, fmt.Errorf("answers %d", answer.Status)
	case unreadable || read.Kind != "Secret":
		return nil, errors.New("answers with something that is no Secret")
	}
	members := map[string]string{}
	for name, encoded := range read.Data {
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, errors.New("answers with data that is not in base64")
		}
		members[name] = string(decoded)
	}
	found, err := objectContent(members)
	if err != nil {
		return nil, fmt.Errorf("answers with a Secret, but %w", err)
	}
	return found, nil
}
