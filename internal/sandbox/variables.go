package sandbox

import (
	"errors"
	"os"
	"slices"
	"strings"
)

// Variables lead every AWS client (SDK or CLI) to the sandbox and nowhere else. An empty value stands for a variable
// that must not be set. The region is left alone.
//
// Source: "Configuration and credential file settings", "Environment variables", AWS SDKs and Tools Reference Guide.
func (s Status) Variables() map[string]string {
	v := map[string]string{
		"AWS_ENDPOINT_URL":            s.URL,
		"AWS_ACCESS_KEY_ID":           "AKIAIOSFODNN7EXAMPLE", // AWS's own example; the sandbox takes any
		"AWS_SECRET_ACCESS_KEY":       "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull, // may hold endpoints of single services
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	}
	for _, name := range unwanted {
		v[name] = ""
	}
	for _, set := range os.Environ() {
		// AWS_ENDPOINT_URL_S3 and the like win over the general one.
		if name, _, _ := strings.Cut(set, "="); strings.HasPrefix(name, "AWS_ENDPOINT_URL_") {
			v[name] = ""
		}
	}
	return v
}

// unwanted are other ways to an identity or to another endpoint.
var unwanted = [...]string{
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_CREDENTIAL_EXPIRATION",
}

// Env are the variables with a value as NAME=VALUE, sorted, for a child process or to be shown to a person.
func (s Status) Env() []string {
	var env []string
	for name, value := range s.Variables() {
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	slices.Sort(env)
	return env
}

// Enter sets the variables in this process; clients that are made afterwards work on the sandbox.
func (s Status) Enter() error {
	var errs []error
	for name, value := range s.Variables() {
		if value == "" {
			errs = append(errs, os.Unsetenv(name))
		} else {
			errs = append(errs, os.Setenv(name, value))
		}
	}
	return errors.Join(errs...)
}
