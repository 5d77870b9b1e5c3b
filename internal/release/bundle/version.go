package bundle

import (
	"fmt"
	"regexp"
)

// versionName is what a name in an S3 key, a tag of an image and a file has in
// common: all take these characters.
var versionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// BadVersion reports a name that a release cannot have.
type BadVersion struct{ Version string }

func (e *BadVersion) Error() string {
	return fmt.Sprintf("%q is no name of a release: it has up to 63 letters, digits, dots, dashes and underscores, and begins with a letter or a digit, such as 1.4.0", e.Version)
}

// CheckVersion tells whether a release can have this name; its error is a
// BadVersion.
func CheckVersion(version string) error {
	if !versionName.MatchString(version) {
		return &BadVersion{Version: version}
	}
	return nil
}
