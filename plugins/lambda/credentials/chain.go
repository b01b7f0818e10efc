package credentials

import (
	"context"
	"errors"
	"io/fs"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

// DefaultChain fetches from where the AWS SDKs look by default: environment, shared files and their profile, web
// identity, container, instance metadata. Nothing of it is remembered from one fetch to the next, for the SDK reads its
// files once per configuration. The region is used to reach STS where neither environment nor profile name one.
func DefaultChain(region string) Fetch {
	return func(ctx context.Context) (Credentials, error) {
		loaded, err := config.LoadDefaultConfig(ctx, config.WithDefaultRegion(region))
		if err != nil {
			return Credentials{}, explain(err)
		}
		found, err := loaded.Credentials.Retrieve(ctx)
		if err != nil {
			return Credentials{}, explain(err)
		}
		c := Credentials{
			AccessKeyID:     found.AccessKeyID,
			SecretAccessKey: found.SecretAccessKey,
			SessionToken:    found.SessionToken,
		}
		if found.CanExpire {
			c.Expires = found.Expires
		}
		return c, nil
	}
}

// DefaultRegion is the region that the AWS SDKs would take: AWS_REGION, AWS_DEFAULT_REGION, that of the shared
// configuration's profile. It is "" if none says one. It reads files but asks no server.
func DefaultRegion(ctx context.Context) string {
	environment, err := config.NewEnvConfig()
	if err != nil {
		return ""
	}
	if environment.Region != "" {
		return environment.Region
	}
	profile := environment.SharedConfigProfile
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
// file or what a credential process has printed.
func explain(err error) error {
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
	return errors.New("the environment, the shared files or the container's endpoint do not give any")
}
