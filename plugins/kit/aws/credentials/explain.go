package credentials

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
)

// explain says of an error of the SDK what is certain to hold no secret. Its own text may repeat lines of a credentials
// file or what a credential process has printed. Of an error that is none of those below it says otherwise.
func explain(err error, otherwise string) error {
	var (
		source    sourceError
		unfit     unfitError
		operation *smithy.OperationError
		profile   config.SharedConfigProfileNotExistError
		syntax    config.SharedConfigLoadError
		session   *ssocreds.InvalidTokenError
		mfa       config.AssumeRoleTokenProviderNotSetError
	)
	kind := kindOf(err)
	switch {
	case errors.As(err, &source):
		return explain(source.cause, otherwise)
	case errors.As(err, &unfit):
		return unfit
	case errors.As(err, &operation) && operation.Service() != "ec2imds":
		name := operation.Service() + " " + operation.Operation()
		if answer := answerOf(err); answer != "" {
			return errors.New(name + " answers " + answer)
		}
		return errors.New(name + " does not answer" + inBrackets(kind))
	case errors.As(err, &profile):
		return errors.New("the shared files have no profile " + profile.Profile)
	case errors.As(err, &mfa):
		return errors.New("the profile's mfa_serial asks for a code, which nobody is there to give")
	case errors.As(err, &session):
		return errors.New("there is no valid session; \"aws sso login\" makes one")
	case kind != "":
		return errors.New(kind)
	case errors.As(err, &syntax):
		return errors.New("file " + syntax.Filename + " is not in the form of the shared files")
	}
	return errors.New(otherwise)
}

func inBrackets(kind string) string {
	if kind == "" {
		return ""
	}
	return " (" + kind + ")"
}

// answerOf is what a server has answered: the error's code if it is one, else the status, "" if it has not answered.
func answerOf(err error) string {
	var (
		api    smithy.APIError
		status interface{ HTTPStatusCode() int }
	)
	switch {
	case errors.As(err, &api) && isCode(api.ErrorCode()) && api.ErrorCode() != "UnknownError": // So the SDK calls one without a code.
		return api.ErrorCode()
	case errors.As(err, &status) && status.HTTPStatusCode() != 0:
		return strconv.Itoa(status.HTTPStatusCode())
	}
	return ""
}

// isCode reports whether a text that a server gives for an error's code looks like one, AccessDenied or Sender.Expired, so
// that the log may show it.
func isCode(text string) bool {
	const longest = 64
	for i := range len(text) {
		if c := text[i]; (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' {
			return false
		}
	}
	return 0 < len(text) && len(text) <= longest
}

// kindOf says what kind of error it is, "" if it is none that is known. No value of a file, an answer or the environment is in it,
// and no port of ours, so that the same failure is always the same text.
func kindOf(err error) string {
	var (
		file        *fs.PathError
		exit        *exec.ExitError
		process     *processcreds.ProviderError
		status      interface{ HTTPStatusCode() int }
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		notTLS      tls.RecordHeaderError
		errno       syscall.Errno
		timeout     net.Error
		syntax      *json.SyntaxError
		answer      *smithy.DeserializationError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &exit):
		return "it ends with " + exit.String()
	case errors.As(err, &process):
		return "it does not print credentials in the form that the AWS SDKs ask for"
	case errors.As(err, &status) && status.HTTPStatusCode() >= 300:
		return "it answers " + strconv.Itoa(status.HTTPStatusCode())
	case errors.As(err, &name):
		return "no such host"
	case errors.As(err, &certificate):
		return "its certificate is not trusted"
	case errors.As(err, &notTLS):
		return "it does not speak TLS"
	case errors.As(err, &file):
		return file.Error()
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.As(err, &syntax), errors.As(err, &answer):
		return "its answer cannot be read"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it hangs up"
	}
	return ""
}
