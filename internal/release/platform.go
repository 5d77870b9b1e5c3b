package release

import (
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	ggcr "github.com/google/go-containerregistry/pkg/v1/types"
)

// Platform is what an image has to be for, by EC2's name of an architecture.
func Platform(arch string) v1.Platform {
	if arch == "x86_64" {
		arch = "amd64"
	}
	return v1.Platform{OS: "linux", Architecture: arch}
}

// candidate is an image that a source has.
type candidate struct {
	descriptor v1.Descriptor
	name       string
}

// attests reports what is no image, but says how one was built.
// https://docs.docker.com/build/metadata/attestations/attestation-storage/
func (c candidate) attests() bool {
	p := c.descriptor.Platform
	return c.descriptor.Annotations["vnd.docker.reference.type"] != "" || p != nil && p.OS == "unknown"
}

// choose is the one candidate for a platform. Its error is an OtherPlatform, or
// a BadSource where there are several.
func choose(source string, all []candidate, want v1.Platform) (candidate, error) {
	var has, names []string
	var found []candidate
	for _, c := range all {
		if p := words(c.descriptor.Platform); !slices.Contains(has, p) {
			has = append(has, p)
		}
		same := func(f candidate) bool { return f.descriptor.Digest == c.descriptor.Digest }
		if matches(c.descriptor.Platform, want) && !slices.ContainsFunc(found, same) {
			found, names = append(found, c), append(names, c.name)
		}
	}
	switch {
	case len(all) == 0:
		return candidate{}, &BadSource{source, "it has no image in it"}
	case len(found) == 0:
		return candidate{}, &OtherPlatform{Source: source, Has: has, Want: words(&want)}
	case len(found) > 1:
		return candidate{}, &BadSource{source, fmt.Sprintf("it has %d images for %s (%q); save the one of the release alone", len(found), words(&want), names)}
	}
	return found[0], nil
}

// matches takes no notice of variants: arm64 has only v8 in use.
func matches(has *v1.Platform, want v1.Platform) bool {
	return has != nil && has.OS == want.OS && has.Architecture == want.Architecture
}

func words(p *v1.Platform) string {
	if p == nil || p.Architecture == "" {
		return "an unknown platform"
	}
	return p.OS + "/" + p.Architecture
}

// platformOf is what an image says it is for.
func platformOf(image v1.Image) (*v1.Platform, error) {
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("its config cannot be read: %w", err)
	}
	return &v1.Platform{OS: config.OS, Architecture: config.Architecture}, nil
}

// fits refuses an image for another platform.
func fits(source string, image v1.Image, want v1.Platform) error {
	has, err := platformOf(image)
	if err != nil {
		return &BadSource{source, err.Error()}
	}
	if !matches(has, want) {
		return &OtherPlatform{Source: source, Has: []string{words(has)}, Want: words(&want)}
	}
	return nil
}

// isIndex reports a media type that stands for several images.
func isIndex(mediaType string) bool { return ggcr.MediaType(mediaType).IsIndex() }
