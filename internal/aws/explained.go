package aws

import (
	"errors"
	"fmt"
	"strings"
)

// why is what all explained errors have in common.
type why struct {
	// Err is the error as it came.
	Err error
	// during is the object it came up with; code and message are AWS's.
	during, code, message string
}

// explained is an error that Explain made.
type explained interface {
	error
	// words are the error without the object it came up with.
	words() string
	// isGlobal reports whether the cause has nothing to do with one object.
	isGlobal() bool
}

// Unwrap returns the error as it came.
func (w why) Unwrap() error { return w.Err }

func (w why) isGlobal() bool { return true }

func (w why) with(words string) string {
	if w.during == "" {
		return words
	}
	return w.during + ": " + words
}

// alike is one explanation for several objects.
type alike struct {
	explained
	during []string
}

// joinAlike adds where e came up once more to what was said first.
func joinAlike(first error, e explained, where string) error {
	a, ok := errors.AsType[*alike](first)
	if !ok {
		a = &alike{explained: e}
		if was := during(first); was != "" {
			a.during = append(a.during, was)
		}
	}
	if where != "" {
		a.during = append(a.during, where)
	}
	return a
}

// namedAlike is how many objects are named for one explanation.
const namedAlike = 4

func (a *alike) Error() string {
	named := a.during
	if n := len(named) - namedAlike; n > 0 {
		named = append(named[:namedAlike:namedAlike], fmt.Sprintf("and %d more", n))
	}
	return why{during: strings.Join(named, ", ")}.with(a.words())
}

func (a *alike) Unwrap() error { return a.explained }

// NoProfile: the credentials profile is in none of the AWS configuration files.
type NoProfile struct {
	why
	Profile string
	// Files are those that were looked through, if the SDK says so.
	Files []string
}

func (e *NoProfile) words() string {
	files := "~/.aws/config or ~/.aws/credentials"
	if len(e.Files) > 0 {
		files = strings.Join(e.Files, " or ")
	}
	return fmt.Sprintf("there is no AWS profile %q in %s.\nMake it: aws configure sso --profile %s; or set profile in keyedin.yaml to one of: aws configure list-profiles",
		e.Profile, files, e.Profile)
}

func (e *NoProfile) Error() string { return e.words() }

// NoCredentials: there is nothing to sign a call with.
type NoCredentials struct{ why }

func (e *NoCredentials) words() string {
	return "there are no AWS credentials: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor a profile that gives any.\n" +
		"Log in: aws configure sso; or name a profile in keyedin.yaml or AWS_PROFILE. What the AWS CLI would use: aws configure list"
}

func (e *NoCredentials) Error() string { return e.words() }

// SessionExpired: the credentials were good once.
type SessionExpired struct{ why }

func (e *SessionExpired) words() string {
	return "the AWS session has expired. What was done is recorded.\nLog in again: aws sso login, with --profile if keyedin.yaml names one; or get new temporary keys; then type the command again"
}

func (e *SessionExpired) Error() string { return e.words() }

// BadCredentials: AWS does not know the keys, or their signature is wrong.
type BadCredentials struct{ why }

func (e *BadCredentials) words() string {
	return fmt.Sprintf("AWS does not accept the credentials (%s: %s).\nSee whose they are: aws sts get-caller-identity; "+
		"a wrong clock on this machine, or a region that is not enabled in the account, looks the same", e.code, e.message)
}

func (e *BadCredentials) Error() string { return e.words() }

// NoRegion: neither the config nor the environment names a region.
type NoRegion struct{ why }

func (e *NoRegion) words() string { return "no AWS region is set; set region in keyedin.yaml" }

func (e *NoRegion) Error() string { return e.words() }

// WrongRegion: the account has not enabled the region.
type WrongRegion struct {
	why
	Region string
}

func (e *WrongRegion) words() string {
	return fmt.Sprintf("the account does not use the region %s.\nEnable it: aws account enable-region --region-name %s; or set another region in keyedin.yaml. "+
		"Those enabled: aws account list-regions --region-opt-status-contains ENABLED ENABLED_BY_DEFAULT", e.Region, e.Region)
}

func (e *WrongRegion) Error() string { return e.words() }

// Unreachable: no answer came from AWS.
type Unreachable struct {
	why
	// Host is what was called, if that is known.
	Host, Region string
	// NoSuchHost: the name of the host does not exist, as of a region that does not.
	NoSuchHost bool
	// Cause is what the network said.
	Cause error
}

func (e *Unreachable) words() string {
	host := e.Host
	if host == "" {
		host = "AWS"
	}
	text := host + " cannot be reached"
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	if e.NoSuchHost {
		return fmt.Sprintf("%s.\nAre you online, and is %q a region of AWS? See: aws ec2 describe-regions --all-regions --query 'Regions[].RegionName'", text, e.Region)
	}
	return text + ".\nCheck the network, HTTPS_PROXY, and AWS_ENDPOINT_URL if it is set; then type the command again: it goes on from there"
}

func (e *Unreachable) Error() string { return e.words() }

// Refused: AWS answered with an error that has no better explanation here than
// its own.
type Refused struct {
	why
	// Service, Operation and RequestID are for a question to AWS's support.
	Service, Operation, RequestID string
}

func (e *Refused) isGlobal() bool { return false }

func (e *Refused) words() string {
	text := fmt.Sprintf("%s refused %s: %s (%s", e.Service, e.Operation, e.message, e.code)
	if e.message == "" {
		text = fmt.Sprintf("%s refused %s (%s", e.Service, e.Operation, e.code)
	}
	if e.RequestID != "" {
		text += ", request " + e.RequestID
	}
	return text + ")"
}

func (e *Refused) Error() string { return e.with(e.words()) }
