package release

import (
	"fmt"
	"strings"

	infra "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// NoRelease reports a release that is not there; Near is what may have been
// meant.
type NoRelease struct {
	Version string
	Near    []string
}

func (e *NoRelease) Error() string {
	text := fmt.Sprintf("there is no release %q", e.Version)
	if len(e.Near) > 0 {
		text += "; is it " + strings.Join(e.Near, " or ") + "?"
	} else {
		text += ";"
	}
	return text + " `keyedin release list` lists them"
}

// mostNear is how many names are proposed.
const mostNear = 3

// near are those of the versions that begin as another does, for half of it.
func near(version string, all []string) []string {
	var found []string
	word := strings.TrimPrefix(strings.ToLower(version), "v")
	for _, v := range all {
		other := strings.TrimPrefix(strings.ToLower(v), "v")
		same := 0
		for same < min(len(word), len(other)) && word[same] == other[same] {
			same++
		}
		if 2*same >= len(word) && same > 0 && len(found) < mostNear {
			found = append(found, v)
		}
	}
	return found
}

// Differs reports a version that is there with other content.
type Differs struct{ Have, Want bundle.Release }

func (e *Differs) Error() string {
	return fmt.Sprintf("release %s is already there, with other content, and a release never changes:\n  %s\nChoose another version",
		e.Have.Version, strings.Join(difference(e.Have, e.Want), "\n  "))
}

// difference is what two releases differ in, in words.
func difference(have, want bundle.Release) []string {
	var all []string
	images := map[string]string{}
	for _, i := range have.Images {
		images[i.Repository] = i.Digest
	}
	for _, i := range want.Images {
		digest, there := images[i.Repository]
		switch {
		case !there:
			all = append(all, fmt.Sprintf("it has no image of %s", i.Repository))
		case digest != i.Digest:
			all = append(all, fmt.Sprintf("its %s is %s, not %s", i.Repository, short(digest), short(i.Digest)))
		}
		delete(images, i.Repository)
	}
	for _, i := range have.Images {
		if _, left := images[i.Repository]; left {
			all = append(all, fmt.Sprintf("it has an image of %s too", i.Repository))
		}
	}
	if len(all) == 0 && have.Tool != want.Tool {
		all = append(all, fmt.Sprintf("its compose file or scripts are others; it was made by keyedin %s, and this is %s", have.Tool, want.Tool))
	}
	if len(all) == 0 {
		all = append(all, "its compose file is another")
	}
	return all
}

// short is a digest as people compare it.
func short(digest string) string { return digest[:min(len(digest), len("sha256:")+12)] }

// Broken reports an object of the bucket that cannot be read.
type Broken struct {
	Bucket, Key string
	Why         error
}

func (e *Broken) Error() string {
	return fmt.Sprintf("s3://%s/%s is not as it was written: %v.\nThe bucket keeps earlier versions of it", e.Bucket, e.Key, e.Why)
}

func (e *Broken) Unwrap() error { return e.Why }

// BadSource reports an image that cannot be taken from where it was said to be.
type BadSource struct{ Source, Why string }

func (e *BadSource) Error() string { return fmt.Sprintf("%s: %s", e.Source, e.Why) }

// OtherPlatform reports an image that the instances cannot run.
type OtherPlatform struct {
	Source string
	Has    []string
	Want   string
}

func (e *OtherPlatform) Error() string {
	return fmt.Sprintf("%s is for %s, and the instances are %s (app.instances.types).\nBuild it for them: docker build --platform %s ...",
		e.Source, strings.Join(e.Has, " and "), e.Want, e.Want)
}

// NoRepository reports an ECR repository that is not there.
type NoRepository struct{ Repository string }

func (e *NoRepository) Error() string {
	return fmt.Sprintf("ECR has no repository %s in this account and region; `keyedin apply` makes those of app.repositories", e.Repository)
}

// NoImage reports an image that is not in ECR.
type NoImage struct{ Repository, Reference string }

func (e *NoImage) Error() string {
	kind := "tagged "
	if strings.HasPrefix(e.Reference, "sha256:") {
		kind = "with the digest "
	}
	return fmt.Sprintf("%s has no image %s%s in ECR", e.Repository, kind, e.Reference)
}

// TagTaken reports a version that the repository has another image for.
type TagTaken struct{ Repository, Tag, Has, Want string }

func (e *TagTaken) Error() string {
	return fmt.Sprintf("%s:%s is already in ECR and is another image (%s, not %s); tags never move.\nChoose another version, or release what is there: leave --image %s=... out",
		e.Repository, e.Tag, short(e.Has), short(e.Want), e.Repository)
}

// Reserved reports a version whose tag would count as that of an image that was
// deployed, and so keep it from expiring.
type Reserved struct{ Version string }

func (e *Reserved) Error() string {
	return fmt.Sprintf("a release cannot be called %q: tags in ECR that begin with %s are those of images that were deployed.\nChoose another version",
		e.Version, infra.DeployedTag)
}

// Refused reports what the registry does not let us do.
type Refused struct {
	Registry, Doing string
	Why             error
}

func (e *Refused) Error() string { return fmt.Sprintf("%s at %s: %v", e.Doing, e.Registry, e.Why) }

func (e *Refused) Unwrap() error { return e.Why }
