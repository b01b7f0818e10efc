package secrets

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
	"github.com/funcroute/funcroute/plugins/kit/exchange"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// awsSettings set up AWS's stores.
type awsSettings struct {
	Region string `setting:"region"`
	aws.EndpointSettings
	aws.IdentitySettings
	Insecure bool `setting:"insecure"`
}

// awsStores are AWS Secrets Manager and the parameters of AWS Systems Manager, asked with one identity. They are safe for concurrent use.
type awsStores struct {
	services map[string]*awsService // by the scheme of their references
	refresh  time.Duration
}

// awsService is one of the two.
type awsService struct {
	server *exchange.Server
	signer *sigv4.Signer
	caller *aws.Caller
	// action is the header that names what is called, and body makes the body that names the secret.
	action string
	body   func(name string) any
	read   func(body []byte) (*content, error)
}

var ofAWS = newCounters("aws")

// opening is the environment in which a store opens secrets of other stores.
type opening struct {
	keep.Silent
	stores *Stores
}

func (o opening) Secret(reference string) (plugins.Secret, error) {
	return o.stores.Secret(o, reference)
}

func newAWS(given plugins.Settings, refresh time.Duration, environment plugins.Environment) (*awsStores, error) {
	var s awsSettings
	if err := given.Decode(&s); err != nil {
		return nil, err
	}
	if err := errors.Join(aws.CheckRegion(s.Region), s.EndpointSettings.Check(), s.IdentitySettings.Check()); err != nil {
		return nil, err
	}
	callers := aws.NewCallers("secrets")
	if s.Region == "" {
		s.Region = callers.Region(s.SharedProfile())
	}
	if s.Region == "" {
		return nil, fmt.Errorf("setting %q must be there, or AWS_REGION set", "region")
	}
	identity, err := s.Identity(environment, s.Region, s.FIPS)
	if err != nil {
		return nil, err
	}
	made := &awsStores{services: map[string]*awsService{}, refresh: refresh}
	for _, service := range []struct {
		scheme, name string
		awsService
	}{
		{schemeManager, "secretsmanager", awsService{
			action: "secretsmanager.GetSecretValue", body: func(name string) any { return map[string]string{"SecretId": name} }, read: readManager,
		}},
		{schemeParameters, "ssm", awsService{
			action: "AmazonSSM.GetParameter", body: func(name string) any { return map[string]any{"Name": name, "WithDecryption": true} }, read: readParameter,
		}},
	} {
		host, err := s.Host(service.name, s.Region)
		if err != nil {
			return nil, err
		}
		address := s.Endpoint
		if address == "" {
			address = "https://" + host
		}
		added := service.awsService
		if added.server, err = exchange.At(address, "", s.Insecure); err != nil {
			return nil, fmt.Errorf("setting %q must be a URL like https://127.0.0.1:4566: %w", "endpoint", err)
		}
		added.caller = callers.Caller(environment, host, identity)
		added.signer = sigv4.New(sigv4.Operation{Method: http.MethodPost, Host: host, Path: "/", Region: s.Region, Service: service.name})
		made.services[service.scheme] = &added
	}
	return made, nil
}

// awsSource is one secret or parameter.
type awsSource struct {
	service *awsService
	name    string
	refresh time.Duration
}

// awsName is a name or an ARN, as wide as both services have them.
var awsName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@:-]+$`)

func (a *awsStores) source(scheme, name string) (source, error) {
	if !awsName.MatchString(name) {
		return nil, fmt.Errorf("after %s: must stand a name or an ARN", scheme)
	}
	return awsSource{a.services[scheme], name, a.refresh}, nil
}

func (awsSource) rejected() {}

func (s awsSource) fetch(ctx context.Context) (keep.Found[*content], error) {
	body, err := json.Marshal(s.service.body(s.name))
	if err != nil {
		return keep.Found[*content]{}, errors.New("its name cannot be written")
	}
	answer, again, err := s.service.ask(ctx, body)
	if again {
		answer, _, err = s.service.ask(ctx, body)
	}
	if err != nil {
		return keep.Found[*content]{}, err
	}
	found, err := s.service.answered(answer)
	if err != nil {
		return keep.Found[*content]{}, within(s.service.server.String(), err)
	}
	return keep.Found[*content]{Value: found, Recheck: s.refresh}, nil
}

// ask calls the service once. It says to do so again where the credentials were refused, or the clock was off, and other ones are there now.
func (s *awsService) ask(ctx context.Context, body []byte) (answer exchange.Answer, again bool, err error) {
	if err := s.caller.Retrieve(ctx); err != nil {
		return exchange.Answer{}, false, fmt.Errorf("AWS credentials cannot be had: %w", err)
	}
	const contentType = "application/x-amz-json-1.1"
	signature, err := s.caller.Sign(s.signer, []sigv4.Header{{Name: "content-type", Value: contentType}, {Name: "x-amz-target", Value: s.action}}, body)
	if err != nil {
		return exchange.Answer{}, false, errors.New("AWS credentials have expired")
	}
	header := http.Header{}
	header.Set("Content-Type", contentType)
	header.Set("X-Amz-Target", s.action)
	header.Set("X-Amz-Date", signature.Date)
	header.Set("Authorization", signature.Authorization)
	if signature.SecurityToken != "" {
		header.Set("X-Amz-Security-Token", signature.SecurityToken)
	}
	answer, err = s.server.Do(ctx, exchange.Request{Method: http.MethodPost, Path: "/", Header: header, Body: body})
	if err != nil || answer.Status == http.StatusOK {
		return answer, false, err
	}
	return answer, s.caller.Reconsider(awsError(answer), answer.Header), nil
}

// answered reads an answer.
func (s *awsService) answered(answer exchange.Answer) (*content, error) {
	if answer.Status != http.StatusOK {
		code := awsError(answer)
		switch code {
		case "":
			return nil, fmt.Errorf("answers %d", answer.Status)
		case "ResourceNotFoundException", "ParameterNotFound":
			return nil, keep.Gone{Cause: errors.New("answers " + code)}
		}
		return nil, errors.New("answers " + code)
	}
	return s.read(answer.Body)
}

// awsError is the type of an error of AWS's, "" if there is none that looks like one.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
func awsError(answer exchange.Answer) string {
	var body struct {
		Type string `json:"__type"`
		Code string `json:"code"`
	}
	_ = json.Unmarshal(answer.Body, &body) // Whatever is no such object names no type.
	for _, name := range []string{answer.Header.Get("X-Amzn-Errortype"), body.Type, body.Code} {
		name = name[strings.LastIndexByte(name, '#')+1:]
		name, _, _ = strings.Cut(name, ":")
		if errorName.MatchString(name) {
			return name
		}
	}
	return ""
}

var errorName = regexp.MustCompile(`^[A-Za-z]{1,64}$`)

// readManager reads the answer to GetSecretValue.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func readManager(body []byte) (*content, error) {
	var read struct{ SecretString, SecretBinary string }
	if json.Unmarshal(body, &read) != nil {
		return nil, errors.New("answers with something that cannot be read")
	}
	text := read.SecretString
	if text == "" {
		binary, err := base64.StdEncoding.DecodeString(read.SecretBinary)
		if err != nil {
			return nil, errors.New("answers with a binary secret that is not in base64")
		}
		text = string(binary)
	}
	return answeredText(text)
}

// readParameter reads the answer to GetParameter.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
func readParameter(body []byte) (*content, error) {
	var read struct{ Parameter struct{ Value string } }
	if json.Unmarshal(body, &read) != nil {
		return nil, errors.New("answers with something that cannot be read")
	}
	return answeredText(read.Parameter.Value)
}

func answeredText(text string) (*content, error) {
	found, err := textContent(text)
	if err != nil {
		return nil, fmt.Errorf("answers, but %w", err)
	}
	return found, nil
}
