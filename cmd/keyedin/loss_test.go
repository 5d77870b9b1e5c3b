package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// image puts an image into a repository, so that there is something to lose.
func (p *place) image(repository string) {
	p.t.Helper()
	_, err := ecr.NewFromConfig(p.Config()).PutImage(p.t.Context(), &ecr.PutImageInput{
		RepositoryName: aws.String(repository), ImageTag: aws.String("1"),
		ImageManifest: aws.String(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}`),
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// What would lose data wants that said, whatever --yes says.
func TestLose(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.image("keyedin/nginx")
	p.edit(func(config string) string {
		return strings.Replace(config, "[keyedin/backend, keyedin/nginx]", "[keyedin/backend]", 1)
	})
	p.run("plan").prints(t, "repository/keyedin/nginx", "DATA IS LOST", "1 to delete")
	before := any(p.World(t))
	p.run("apply", "--yes").says(t, 1, "repository/keyedin/nginx: ", "DATA IS LOST", "--lose repository/keyedin/nginx", "whatever --yes says")
	p.run("apply", "--yes", "--lose", "repository/keyedin/backend").says(t, 1, "--lose repository/keyedin/nginx")
	p.untouched(before)
	p.must("plan", "--out", "lose.plan")
	p.run("apply", "lose.plan").says(t, 1, "--lose repository/keyedin/nginx")
	p.untouched(before)
	p.must("apply", "--yes", "--lose", "repository/keyedin/nginx")
	if _, there := p.World(t)["repository repository/keyedin/nginx"]; there {
		t.Error("it is there still")
	}
	p.settled()
}

// Destroy wants the name and the protection lifted; the private bucket stays,
// with the history.
func TestDestroy(t *testing.T) {
	t.Parallel()
	p := applied(t)
	if _, err := p.s3().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("keyedin-public"), Key: aws.String("logo.svg"), Body: strings.NewReader("<svg/>"),
	}); err != nil {
		t.Fatal(err)
	}
	before := any(p.World(t))
	p.run("destroy", "--yes").says(t, 1, "--environment production")
	p.run("destroy", "--yes", "--environment", "staging").says(t, 1, "keyedin.yaml describes the environment production, not staging")
	p.run("destroy", "--yes", "--environment", "production").says(t, 1, "database.protect", "--lift-protection")
	p.run("destroy", "--lift-protection").says(t, 1, "nobody is at the terminal", "production")
	p.untouched(before)
	p.run("plan", "--destroy").prints(t, "DATA IS LOST", "to delete")
	r := p.run("destroy", "--yes", "--environment", "production", "--lift-protection")
	r.prints(t, "Nothing of production is left but the private bucket keyedin-private")
	kinds := p.World(t).Kinds()
	if kinds["bucket"] != 1 || kinds["vpc"] != 0 || kinds["db-cluster"] != 0 {
		t.Errorf("left: %v", p.World(t).Names())
	}
	if _, err := p.s3().HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String(privateBucket)}); err != nil {
		t.Errorf("the private bucket: %v", err)
	}
	p.run("history").prints(t, "apply ", "destroy ", "done")
	p.must("destroy", "--yes", "--environment", "production", "--lift-protection")
	p.must("apply", "--yes")
	p.settled()
}
