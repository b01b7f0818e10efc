package credentials

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/funcroute/funcroute/plugins/kit/files"
)

const (
	// recheckFile is how often a credentials file is read anew while it is used. Reading a small file costs less than
	// watching it would, and does not care how it was replaced: Kubernetes renames a link to the folder it stands in.
	recheckFile = 2 * time.Second
	// maxFile bounds what is read of a file.
	maxFile = 1 << 20
)

// The names that the keys have in a credentials file, and that the files have in a folder.
const (
	accessKeyName    = "aws_access_key_id"
	secretKeyName    = "aws_secret_access_key" //nolint:gosec // The name of a key.
	sessionTokenName = "aws_session_token"     //nolint:gosec // The name of a key.
)

// fromFile reads a credentials file, or a folder that has a file per key.
func fromFile(s Source) Fetch {
	return func(ctx context.Context) (Credentials, error) {
		info, err := os.Stat(s.File)
		if err != nil {
			return Credentials{}, explain(err, "")
		}
		read := readProfile
		if info.IsDir() {
			read = readFolder
		}
		found, err := read(ctx, s)
		if err != nil {
			return Credentials{}, err
		}
		if found.AccessKeyID == "" || found.SecretAccessKey == "" {
			return Credentials{}, fmt.Errorf("it must have %s and %s", accessKeyName, secretKeyName)
		}
		found.Recheck = recheckFile
		return found, nil
	}
}

// readProfile reads a file as the AWS SDKs read their shared credentials file.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
func readProfile(ctx context.Context, s Source) (Credentials, error) {
	if _, err := readSmall(s.File); err != nil { // The SDK takes a file that it cannot read for an empty one.
		return Credentials{}, explain(err, "it cannot be read")
	}
	profile := s.Profile
	if profile == "" {
		profile = config.DefaultSharedConfigProfile
	}
	shared, err := config.LoadSharedConfigProfile(ctx, profile, func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = []string{}, []string{s.File}
	})
	var missing config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &missing):
		return Credentials{}, fmt.Errorf("it has no profile [%s]", missing.Profile)
	case err != nil:
		return Credentials{}, explain(err, fmt.Sprintf("it is not a credentials file, in which [%s] has %s and %s", profile, accessKeyName, secretKeyName))
	}
	return Credentials{
		AccessKeyID:     shared.Credentials.AccessKeyID,
		SecretAccessKey: shared.Credentials.SecretAccessKey,
		SessionToken:    shared.Credentials.SessionToken,
	}, nil
}

// readFolder reads a secret of Kubernetes that was mounted with its keys as files.
func readFolder(_ context.Context, s Source) (Credentials, error) {
	if s.Profile != "" {
		return Credentials{}, errors.New("it is a folder, and a folder has no profiles; leave out the setting \"profile\"")
	}
	folder := s.File
	if data := filepath.Join(folder, "..data"); isLink(data) {
		folder = data // Where Kubernetes keeps the files of a version.
	}
	found, _, err := files.Read(files.Limit{Bytes: 4 * maxFile, File: maxFile}, func(set *files.Set) (Credentials, error) {
		return readVersion(set, folder)
	})
	return found, err
}

func isLink(path string) bool {
	_, err := os.Readlink(path)
	return err == nil
}

// readVersion reads the files of a folder. Those that are not there are empty.
func readVersion(set *files.Set, folder string) (Credentials, error) {
	var found Credentials
	for _, file := range []struct {
		name string
		to   *string
	}{{accessKeyName, &found.AccessKeyID}, {secretKeyName, &found.SecretAccessKey}, {sessionTokenName, &found.SessionToken}} {
		content, err := set.Read(filepath.Join(folder, file.name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Credentials{}, explain(err, "it cannot be read")
		}
		*file.to = strings.TrimSpace(string(content))
	}
	return found, nil
}

// readSmall reads a file that is no larger than such files are.
func readSmall(path string) ([]byte, error) { return files.ReadSmall(path, maxFile) }
