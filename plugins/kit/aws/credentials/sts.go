package credentials

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// load reads the environment and the shared files as the AWS SDKs do, with STS where we want it. Nothing of the SDK's own
// gets into a log. Unlike the SDK we take white space off the ends of what comes from a secret or from a file.
func (s STS) load(ctx context.Context, clock *clock, with ...func(*config.LoadOptions) error) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), config.WithHTTPClient(oneOff()), config.WithCredentialsCacheOptions(untilTheyExpire),
		config.WithEndpointCredentialOptions(askContainer),
		config.WithWebIdentityRoleCredentialOptions(func(o *stscreds.WebIdentityRoleOptions) { s.exchange(o, clock) }),
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) { s.assume(o, clock) }),
	}
	if s.FIPS {
		options = append(options, config.WithUseFIPSEndpoint(aws.FIPSEndpointStateEnabled))
	}
	return config.LoadDefaultConfig(ctx, append(options, with...)...)
}

// askContainer prepares the client of the container's endpoint, which does not know of our HTTP client otherwise.
func askContainer(o *endpointcreds.Options) {
	o.HTTPClient = oneOff()
	o.AuthorizationToken = strings.TrimSpace(o.AuthorizationToken)
	if given := o.AuthorizationTokenProvider; given != nil {
		o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
			token, err := given.GetToken()
			return strings.TrimSpace(token), err
		})
	}
}

// exchange prepares the exchange of a web identity that the environment or a profile names.
func (s STS) exchange(o *stscreds.WebIdentityRoleOptions, clock *clock) {
	o.RoleARN = strings.TrimSpace(o.RoleARN)
	if file, ok := o.TokenRetriever.(stscreds.IdentityTokenFile); ok {
		o.TokenRetriever = tokenFile(file)
	}
	if client, ok := o.Client.(*sts.Client); ok {
		o.Client = s.ours(client, clock)
	}
}

// assume prepares the assuming of a role that a profile names.
func (s STS) assume(o *stscreds.AssumeRoleOptions, clock *clock) {
	if client, ok := o.Client.(*sts.Client); ok {
		o.Client = s.ours(client, clock)
	}
}

// ours returns a client that asks STS where we want it, with credentials that are fit for it, and tells the clock what time it is
// there. An option of the SDK's configuration would not reach the clients that it makes for profiles and web identities
// (aws-sdk-go-v2/config: resolveServiceOptions and resolveInterceptors come after resolveCredentials).
func (s STS) ours(client *sts.Client, clock *clock) *sts.Client {
	return sts.New(client.Options(), func(o *sts.Options) {
		o.Interceptors.AfterTransmit = append(o.Interceptors.AfterTransmit, clock)
		if o.Credentials != nil {
			o.Credentials = fitted{o.Credentials}
		}
		if s.Endpoint != "" {
			o.BaseEndpoint = aws.String(s.Endpoint)
			o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateDisabled // It would be refused together with an endpoint.
			o.EndpointOptions.UseDualStackEndpoint = aws.DualStackEndpointStateDisabled
		}
	})
}

// untilTheyExpire has the SDK say when credentials really expire. For a container's it says five minutes less, so that
// those with less to live would count as expired; a [Provider] renews ahead of time by itself.
func untilTheyExpire(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 0 }

// client returns a client of STS.
func (s STS) client(ctx context.Context, clock *clock, provider aws.CredentialsProvider) (*sts.Client, error) {
	loaded, err := s.load(ctx, clock, config.WithRegion(s.Region), config.WithCredentialsProvider(provider))
	if err != nil {
		return nil, err
	}
	return s.ours(sts.NewFromConfig(loaded), clock), nil
}

// assume fetches the credentials of a role, for which it needs those of base.
func assume(base *Provider, role Role, at STS) Fetch {
	return func(ctx context.Context) (Credentials, error) {
		identity, err := base.Retrieve(ctx)
		if err != nil {
			return Credentials{}, fmt.Errorf("%s needed first: %w", base.subject, err)
		}
		ctx, cancel := keep.InTime(ctx)
		defer cancel()
		clock := &clock{}
		client, err := at.client(ctx, clock, sdk.NewStaticCredentialsProvider(
			identity.AccessKeyID, identity.SecretAccessKey, identity.SessionToken))
		if err != nil {
			return Credentials{}, explain(err, unasked)
		}
		found, err := stscreds.NewAssumeRoleProvider(client, role.ARN, role.options).Retrieve(ctx)
		if err != nil {
			var api smithy.APIError
			if errors.As(err, &api) && isRejection(api.ErrorCode()) {
				base.Rejected(keep.Silent{})
			}
			return Credentials{}, explain(err, unanswered)
		}
		return fit(taken(found, clock))
	}
}

// unasked is what is said of an error before STS was asked.
const unasked = "STS cannot be asked; see AWS_CA_BUNDLE, AWS_PROFILE and the shared files"

// unanswered is what is said of an answer that is no error.
const unanswered = "the answer of STS has no credentials in it"

func (r Role) options(o *stscreds.AssumeRoleOptions) {
	o.RoleSessionName, o.Duration = r.SessionName, r.Duration
	if r.ExternalID != "" {
		o.ExternalID = aws.String(r.ExternalID)
	}
	for tag := range strings.Lines(r.Tags) {
		name, value, _ := strings.Cut(strings.TrimSuffix(tag, "\n"), "=")
		o.Tags = append(o.Tags, types.Tag{Key: aws.String(name), Value: aws.String(value)})
	}
}

// webIdentity exchanges a token for a role's credentials. The file is read each time, for whoever puts the token there
// replaces it before it expires.
func webIdentity(s Source, at STS) Fetch {
	return func(ctx context.Context) (Credentials, error) {
		ctx, cancel := keep.InTime(ctx)
		defer cancel()
		clock := &clock{}
		client, err := at.client(ctx, clock, aws.AnonymousCredentials{})
		if err != nil {
			return Credentials{}, explain(err, unasked)
		}
		found, err := stscreds.NewWebIdentityRoleProvider(client, s.TokenRole.ARN, tokenFile(s.TokenFile),
			func(o *stscreds.WebIdentityRoleOptions) {
				o.RoleSessionName, o.Duration = s.TokenRole.SessionName, s.TokenRole.Duration
			}).Retrieve(ctx)
		if err != nil {
			return Credentials{}, explain(err, unanswered)
		}
		return taken(found, clock), nil
	}
}

// tokenFile is the path of a file with a token. Each exchange reads the file anew, because somebody replaces the token before it
// expires.
type tokenFile string

var _ stscreds.IdentityTokenRetriever = tokenFile("")

func (f tokenFile) GetIdentityToken() ([]byte, error) {
	token, err := readSmall(string(f))
	return []byte(strings.TrimSpace(string(token))), err
}

// taken are credentials of the SDK, with their end by our clock.
func taken(found aws.Credentials, clock *clock) Credentials {
	c := Credentials{
		AccessKeyID:     found.AccessKeyID,
		SecretAccessKey: found.SecretAccessKey,
		SessionToken:    found.SessionToken,
	}
	if found.CanExpire {
		c.Expires = clock.ours(found.Expires).Round(time.Second)
	}
	return c
}

// isRejection reports whether an error of AWS says that the credentials are not, or no longer, valid. STS and the Lambda
// API have different names for the same.
func isRejection(code string) bool {
	switch code {
	case "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
		"InvalidAccessKeyId", "InvalidToken":
		return true
	}
	return false
}
