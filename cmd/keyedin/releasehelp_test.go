package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// built is an image of a few layers for a CPU architecture.
func built(t *testing.T, arch string) v1.Image {
	t.Helper()
	image, err := random.Image(2000, 3)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", arch
	if image, err = mutate.ConfigFile(image, config); err != nil {
		t.Fatal(err)
	}
	return image
}

// saves writes images into the place's folder as docker save does, and returns
// the digest of the last.
func (p *place) saves(names ...string) string {
	p.t.Helper()
	digest := ""
	for _, file := range names {
		image := built(p.t, "amd64")
		if err := tarball.WriteToFile(p.file(file), name.MustParseReference("app:dev"), image); err != nil {
			p.t.Fatal(err)
		}
		digest = digestOf(p.t, image)
	}
	return digest
}

// lays writes images into a folder in the OCI layout.
func (p *place) lays(folder string, images ...v1.Image) {
	p.t.Helper()
	path, err := layout.Write(filepath.Join(p.dir, folder), emptyIndex())
	for _, image := range images {
		if err == nil {
			err = path.AppendImage(image)
		}
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func digestOf(t *testing.T, image interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	h, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

// inECR are the tags of the images in a repository, by digest.
func (p *place) inECR(repository string) map[string][]string {
	p.t.Helper()
	out, err := ecr.NewFromConfig(p.Config()).DescribeImages(p.t.Context(), &ecr.DescribeImagesInput{RepositoryName: aws.String(repository)})
	if err != nil {
		p.t.Fatal(err)
	}
	images := map[string][]string{}
	for _, i := range out.ImageDetails {
		images[aws.ToString(i.ImageDigest)] = i.ImageTags
	}
	return images
}

// keys are what the private bucket has under releases/, without what is
// deleted.
func (p *place) keys() []string {
	p.t.Helper()
	out, err := s3.NewFromConfig(p.Config()).ListObjectsV2(p.t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(private), Prefix: aws.String("releases/")})
	if err != nil {
		p.t.Fatal(err)
	}
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, aws.ToString(o.Key))
	}
	slices.Sort(keys)
	return keys
}

// body is an object of the private bucket.
func (p *place) body(key string) []byte {
	p.t.Helper()
	out, err := s3.NewFromConfig(p.Config()).GetObject(p.t.Context(), &s3.GetObjectInput{Bucket: aws.String(private), Key: aws.String(key)})
	if err != nil {
		p.t.Fatalf("%s: %v", key, err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return body
}

// whole checks that a release is there: archive and record say the same, and its
// images are in ECR under its version.
func (p *place) whole(version string) bundle.Release {
	p.t.Helper()
	r, err := bundle.Read(p.body("releases/" + version + "/bundle.zip"))
	if err != nil {
		p.t.Fatal(err)
	}
	var record bundle.Release
	if err := json.Unmarshal(p.body("releases/"+version+"/release.json"), &record); err != nil {
		p.t.Fatal(err)
	}
	if a, b := must(json.Marshal(r)), must(json.Marshal(record)); string(a) != string(b) {
		p.t.Errorf("the archive is of %s, and the record of %s", a, b)
	}
	for _, i := range r.Images {
		if tags := p.inECR(i.Repository)[i.Digest]; !slices.Contains(tags, version) {
			p.t.Errorf("%s@%s has the tags %v", i.Repository, i.Digest, tags)
		}
	}
	return r
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func emptyIndex() v1.ImageIndex { return empty.Index }

// token is what docker login takes of ECR.
func (p *place) token() authn.Authenticator {
	p.t.Helper()
	out, err := ecr.NewFromConfig(p.Config()).GetAuthorizationToken(p.t.Context(), &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	return authn.FromConfig(authn.AuthConfig{Auth: aws.ToString(out.AuthorizationData[0].AuthorizationToken)})
}

func gitPath(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	return path
}

// besideARM is an index of an image and of one for ARM.
func besideARM(t *testing.T, amd v1.Image) v1.ImageIndex {
	t.Helper()
	return mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: built(t, "arm64"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}}},
		mutate.IndexAddendum{Add: amd, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})
}
