package credentials

import (
	"context"
	"errors"
	"io/fs"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
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
		const nowhere = "the environment, the shared files or the container's endpoint do not give any"
		clock := &clock{}
		loaded, err := at.load(ctx, clock, config.WithDefaultRegion(at.Region), config.WithSharedConfigProfile(profile))
		if err != nil {
			return Credentials{}, explain(err, nowhere)
		}
		found, err := loaded.Credentials.Retrieve(ctx)
		if err != nil {
			return Credentials{}, explain(err, nowhere)
		}
		return taken(found, clock), nil
	}
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

// explain says of an error of the SDK what is certain to hold no secret. Its own text may repeat lines of a credentials
// file or what a credential process has printed. Of an error that is none of those below it says otherwise.
func explain(err error, otherwise string) error {
	var (
		api       smithy.APIError
		operation *smithy.OperationError
		profile   config.SharedConfigProfileNotExistError
		file      *fs.PathError
	)
	switch {
	case errors.As(err, &operation) && errors.As(err, &api):
		return errors.New(operation.Service() + " " + operation.Operation() + " answers " + api.ErrorCode())
	case errors.As(err, &profile):
		return errors.New("the shared files have no profile " + profile.Profile)
	case errors.As(err, &file):
		return errors.New(file.Error())
	case errors.As(err, &operation) && operation.Service() == "ec2imds":
		return errors.New("none in the environment and the shared files, and no instance metadata service answers")
	case errors.As(err, &operation):
		return errors.New(operation.Service() + " " + operation.Operation() + " does not answer")
	}
	return errors.New(otherwise)
}
