package credentials

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// From returns what fetches the credentials of a source:
//
//   - of a file in the form of the AWS SDKs' shared credentials, or of a folder with one file per key, named as the keys
//     are in such a file;
//   - of a web identity's token, exchanged for those of a role;
//   - else from where the AWS SDKs look by default: environment, shared files and their profile, web identity, container,
//     instance metadata.
//
// Nothing is remembered from one fetch to the next, for the SDK reads its files once per configuration.
func From(source Source, at STS) Fetch {
	switch {
	case source.File != "":
		return fromFile(source)
	case source.TokenFile != "":
		return webIdentity(source, at)
	}
	return fromChain(source.Profile, at)
}

// fromChain asks the default chain. A profile is the only place it then looks, as with the SDKs. The region is used to
// reach STS where neither environment nor profile name one.
func fromChain(profile string, at STS) Fetch {
	return func(ctx context.Context) (Credentials, error) {
		ctx, cancel := keep.InTime(ctx)
		defer cancel()
		found, err := askChain(ctx, profile, at)
		if err != nil {
			// What ends because its time is over, such as a process, often says something else.
			return Credentials{}, linksOf(ctx, profile).explain(errors.Join(ctx.Err(), err))
		}
		return found, nil
	}
}

func askChain(ctx context.Context, profile string, at STS) (Credentials, error) {
	clock := &clock{}
	loaded, err := at.load(ctx, clock, config.WithDefaultRegion(at.Region), config.WithSharedConfigProfile(profile))
	if err != nil {
		return Credentials{}, err
	}
	found, err := loaded.Credentials.Retrieve(ctx)
	if err != nil {
		return Credentials{}, err
	}
	return fit(taken(found, clock))
}

// DefaultRegion is the region that the AWS SDKs would take: AWS_REGION, AWS_DEFAULT_REGION, that of the shared
// configuration's profile, which the environment names if it is "". It is "" if none says one. It reads files but asks no
// server.
func DefaultRegion(ctx context.Context, profile string) string {
	environment, err := config.NewEnvConfig()
	if err != nil {
		return ""
	}
	if environment.Region != "" {
		return environment.Region
	}
	if profile == "" {
		profile = environment.SharedConfigProfile
	}
	if profile == "" {
		profile = config.DefaultSharedConfigProfile
	}
	shared, err := config.LoadSharedConfigProfile(ctx, profile, func(o *config.LoadSharedConfigOptions) {
		if environment.SharedConfigFile != "" {
			o.ConfigFiles = []string{environment.SharedConfigFile}
		}
		if environment.SharedCredentialsFile != "" {
			o.CredentialsFiles = []string{environment.SharedCredentialsFile}
		}
	})
	if err != nil {
		return ""
	}
	return shared.Region
}
