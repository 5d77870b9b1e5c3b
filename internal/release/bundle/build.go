package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

// The files that a bundle has beside the scripts.
const (
	releaseFile = "release.json"
	composeFile = "compose.yaml"
)

// Input is all that a bundle is made from.
type Input struct {
	// Version is the release's name; Images are what it runs, in the order of
	// app.repositories: the first is the application's own, the last answers on
	// port 80.
	Version string
	Images  []Image
	// Compose is the team's own compose file and ComposeName what it is called in
	// errors; without one each image is a service.
	Compose     []byte
	ComposeName string
	// Revision, Created, By and Tool go to the release as they are.
	Revision string
	Created  time.Time
	By, Tool string
}

// BadImage reports an image that no release can run.
type BadImage struct{ Repository, Why string }

func (e *BadImage) Error() string { return fmt.Sprintf("the image of %s %s", e.Repository, e.Why) }

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Build makes the archive, and says what release it is of. Its error may be a
// BadVersion, a BadImage or a BadCompose.
func Build(in Input) ([]byte, Release, error) {
	if err := check(in); err != nil {
		return nil, Release{}, err
	}
	compose, err := in.compose()
	if err != nil {
		return nil, Release{}, err
	}
	files := scripts()
	files[composeFile] = compose
	r := Release{
		Version: in.Version, Images: in.Images, Revision: in.Revision, Content: content(files, in.Images),
		Created: in.Created.UTC().Truncate(time.Second), By: in.By, Tool: in.Tool,
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, Release{}, err
	}
	files[releaseFile] = append(text, '\n')
	archive, err := pack(files)
	return archive, r, err
}

func check(in Input) error {
	if err := CheckVersion(in.Version); err != nil {
		return err
	}
	if len(in.Images) == 0 {
		return &BadImage{Repository: "the application", Why: "is missing"}
	}
	services := map[string]string{}
	for _, image := range in.Images {
		if !digestForm.MatchString(image.Digest) {
			return &BadImage{Repository: image.Repository, Why: fmt.Sprintf("has %q for a digest", image.Digest)}
		}
		name := service(image.Repository)
		if other, taken := services[name]; taken {
			return &BadImage{Repository: image.Repository, Why: "would be the service " + name + ", which that of " + other + " is already"}
		}
		services[name] = image.Repository
	}
	return nil
}

// content is a digest of all that decides how a release runs.
func content(files map[string][]byte, images []Image) string {
	h := sha256.New()
	for _, name := range sorted(files) {
		if name != releaseFile {
			fmt.Fprintf(h, "%s %d\n%s", name, len(files[name]), files[name])
		}
	}
	for _, image := range images {
		fmt.Fprintf(h, "%s@%s\n", image.Repository, image.Digest)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// BadArchive reports an archive that is no bundle, or not as it was made.
type BadArchive struct{ Why string }

func (e *BadArchive) Error() string { return "the archive is no release: " + e.Why }

// Read is the release an archive is of. Its error is a BadArchive, also when a
// file in it is not as it was made.
func Read(archive []byte) (Release, error) {
	files, err := unpack(archive)
	if err != nil {
		return Release{}, &BadArchive{Why: err.Error()}
	}
	var r Release
	read := json.NewDecoder(bytes.NewReader(files[releaseFile]))
	if err := read.Decode(&r); err != nil {
		return Release{}, &BadArchive{Why: releaseFile + ": " + err.Error()}
	}
	if got := content(files, r.Images); got != r.Content {
		return Release{}, &BadArchive{Why: "its files have the digest " + got + ", and " + releaseFile + " says " + r.Content}
	}
	return r, nil
}
