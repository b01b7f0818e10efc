package credentials

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// links tells of the default chain which of its links have nothing to give and which one is asked. It is made when something
// has gone wrong, for the SDK does not say: it takes the first link that is configured and reports that one's error, or
// that of the instance metadata service, which is the last.
type links struct {
	environment config.EnvConfig
	// passed has a sentence for each link that has nothing to give.
	passed []string
	// asked is the link that is configured, and where it gets credentials from.
	asked string
	// problem is what is wrong with it as far as that is known without asking, "" if nothing is.
	problem string
	// otherwise is what is said of an error that is none of those that are known.
	otherwise string
}

// linksOf follows the order of the SDK (aws-sdk-go-v2/config, resolveCredentialChain). A profile that is given is the first link.
func linksOf(ctx context.Context, profile string) *links {
	l := &links{otherwise: "it gives none"}
	l.environment, _ = config.NewEnvConfig() // What is wrong with it is the error that is to be explained.
	switch {
	case profile != "":
	case l.environment.Credentials.HasKeys():
		l.asked = "environment"
		return l
	case l.environment.WebIdentityTokenFilePath != "":
		l.pass("environment: " + missingKeys())
		l.webIdentity("AWS_WEB_IDENTITY_TOKEN_FILE", l.environment.WebIdentityTokenFilePath, l.environment.RoleARN, "AWS_ROLE_ARN")
		return l
	default:
		l.pass("environment: "+missingKeys(), "web identity: no AWS_WEB_IDENTITY_TOKEN_FILE")
		profile = l.environment.SharedConfigProfile
	}
	named := profile != ""
	if !named {
		profile = config.DefaultSharedConfigProfile
	}
	l.sharedFiles(ctx, profile, named)
	return l
}

func (l *links) pass(sentences ...string) { l.passed = append(l.passed, sentences...) }

// explain says why the chain has no credentials: link by link, and never a value.
func (l *links) explain(err error) error {
	why := l.problem
	if why == "" {
		why = explain(err, l.otherwise).Error()
	}
	return errors.New(strings.Join(append(l.passed, l.asked+": "+why), "; "))
}

// missingKeys says which of the two keys the environment lacks. Older names count as well, as for the SDK.
func missingKeys() string {
	set := func(names ...string) bool {
		for _, name := range names {
			if os.Getenv(name) != "" {
				return true
			}
		}
		return false
	}
	id, secret := set("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"), set("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
	switch {
	case id && !secret:
		return "AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY"
	case secret && !id:
		return "AWS_SECRET_ACCESS_KEY without AWS_ACCESS_KEY_ID"
	}
	return "no AWS_ACCESS_KEY_ID"
}

func (l *links) webIdentity(fileSetting, file, role, roleSetting string) {
	l.asked = "web identity: " + fileSetting + " " + file
	if strings.TrimSpace(role) == "" {
		l.problem = roleSetting + " is not set"
	}
}

// sharedFiles goes on with a profile. One that nobody has named need not exist.
func (l *links) sharedFiles(ctx context.Context, profile string, named bool) {
	files := [2]string{l.environment.SharedConfigFile, l.environment.SharedCredentialsFile}
	if files[0] == "" {
		files[0] = config.DefaultSharedConfigFilename()
	}
	if files[1] == "" {
		files[1] = config.DefaultSharedCredentialsFilename()
	}
	l.asked = "shared files: profile " + profile + " of " + stateOf(files[0]) + " and " + stateOf(files[1])
	shared, err := config.LoadSharedConfigProfile(ctx, profile, func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = files[:1], files[1:]
	})
	var missing config.SharedConfigProfileNotExistError
	switch {
	case err != nil && (named || !errors.As(err, &missing)):
	case err != nil:
		l.afterProfile(&shared)
	default:
		l.profile(&shared, "profile "+profile)
	}
}

// stateOf names a file, and what hinders it from being read.
func stateOf(file string) string {
	opened, err := os.Open(file) //nolint:gosec // Which file is the operator's decision.
	if err == nil {
		_ = opened.Close()
		return file
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return file + " (" + err.Error() + ")"
}

// profile goes on with what a profile says. One that has nothing to say leaves the word to the container.
func (l *links) profile(shared *config.SharedConfig, name string) {
	if shared.RoleARN != "" && shared.WebIdentityTokenFile == "" {
		name += " with role " + shared.RoleARN
	}
	files := l.asked
	switch {
	case shared.Source != nil:
		l.profile(shared.Source, name+", its source_profile "+shared.Source.Profile)
	case shared.Credentials.HasKeys():
		l.asked += ", " + name + ", its keys"
	case shared.CredentialSource == "EcsContainer":
		l.asked += ", " + name + ", its credential_source"
		l.container()
	case shared.CredentialSource == "Ec2InstanceMetadata":
		l.asked += ", " + name + ", its credential_source"
		l.instance(shared)
	case shared.CredentialSource != "":
		l.asked += ", " + name + ", its credential_source " + shared.CredentialSource
	case shared.WebIdentityTokenFile != "":
		l.webIdentity("web_identity_token_file", shared.WebIdentityTokenFile, shared.RoleARN, "role_arn")
		l.asked = files + ", " + name + ", " + l.asked
	case shared.SSOSession != nil || shared.SSOStartURL != "" || shared.SSOAccountID != "":
		l.asked += ", " + name + ", its SSO session"
	case shared.LoginSession != "":
		l.asked += ", " + name + ", its login_session"
	case shared.CredentialProcess != "":
		l.asked += ", " + name + ", its credential_process"
	default:
		l.afterProfile(shared)
	}
}

// afterProfile goes on with what the environment says of a container, and at last with the instance.
func (l *links) afterProfile(shared *config.SharedConfig) {
	l.pass(l.asked + ": no keys")
	l.asked = ""
	if l.environment.ContainerCredentialsRelativePath != "" || l.environment.ContainerCredentialsEndpoint != "" {
		l.container()
		return
	}
	l.pass("container: no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and no AWS_CONTAINER_CREDENTIALS_FULL_URI")
	l.instance(shared)
}

// container asks the endpoint of ECS or of EKS Pod Identity. The path of its address is left out, for on ECS it is what
// proves that the caller may ask.
func (l *links) container() {
	variable, address := "AWS_CONTAINER_CREDENTIALS_FULL_URI", l.environment.ContainerCredentialsEndpoint
	if l.environment.ContainerCredentialsRelativePath != "" {
		variable, address = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "http://169.254.170.2"
	}
	at := hostOf(address)
	l.otherwise = "it cannot be asked; with plain HTTP it must be this machine or an address of ECS or EKS" // So says the SDK.
	l.ask("container: " + variable + " at " + at)
	file := os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
	switch {
	case address == "":
		l.problem = "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"
	case at == "":
		l.problem = "it is not the URL of a host"
	case file != "":
		if _, err := readSmall(file); err != nil {
			l.problem = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: " + explain(err, "it cannot be read").Error()
		}
	}
}

// instance asks the instance metadata service.
func (l *links) instance(shared *config.SharedConfig) {
	address := l.environment.EC2IMDSEndpoint
	if address == "" {
		address = shared.EC2IMDSEndpoint
	}
	mode := l.environment.EC2IMDSEndpointMode
	if mode == imds.EndpointModeStateUnset {
		mode = shared.EC2IMDSEndpointMode
	}
	switch {
	case address != "":
	case mode == imds.EndpointModeStateIPv6:
		address = "http://[fd00:ec2::254]"
	default:
		address = "http://169.254.169.254"
	}
	l.ask("instance metadata: " + hostOf(address))
	if l.environment.EC2IMDSClientEnableState == imds.ClientDisabled {
		l.problem = "switched off by AWS_EC2_METADATA_DISABLED"
	}
}

// ask adds a link to the profile that leads to it, if one does.
func (l *links) ask(link string) {
	if l.asked != "" {
		link = l.asked + ", " + link
	}
	l.asked = link
}

// hostOf leaves of a URL what may be in a log: no user, no path, no query. It is "" for what is no URL.
func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}
