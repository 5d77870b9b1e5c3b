package main

import (
	"bytes"
	"io"
	"os"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

var interruptSignal os.Signal = syscall.SIGINT

const (
	privateBucket = "keyedin-private"
	stateKey      = "infrastructure/production.json"
)

// s3 is another client than the one of the command.
func (p *place) s3() *s3.Client {
	return s3.NewFromConfig(p.Config(), func(o *s3.Options) { o.UsePathStyle = true })
}

// makeBucket makes the private bucket as someone else would.
func (p *place) makeBucket() {
	p.t.Helper()
	if _, err := p.s3().CreateBucket(p.t.Context(), &s3.CreateBucketInput{Bucket: aws.String(privateBucket)}); err != nil {
		p.t.Fatal(err)
	}
}

// putState writes what is to be taken for the state.
func (p *place) putState(body []byte) {
	p.t.Helper()
	if _, err := p.s3().PutObject(p.t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(privateBucket), Key: aws.String(stateKey), Body: bytes.NewReader(body),
	}); err != nil {
		p.t.Fatal(err)
	}
}

// stored is the object of the state, byte by byte.
func (p *place) stored() string {
	p.t.Helper()
	return p.version(stateKey, "")
}

// version is one version of an object in the private bucket; "" is the newest.
func (p *place) version(key, id string) string {
	p.t.Helper()
	in := &s3.GetObjectInput{Bucket: aws.String(privateBucket), Key: aws.String(key)}
	if id != "" {
		in.VersionId = aws.String(id)
	}
	out, err := p.s3().GetObject(p.t.Context(), in)
	if err != nil {
		p.t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(body)
}

// A state that cannot be read is refused in words by every command, and left
// as it is, with AWS.
func TestBrokenState(t *testing.T) {
	t.Parallel()
	good, err := state.Encode(state.New("keyedin", "production", "111122223333", "us-east-1"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body  []byte
		words []string
	}{
		"truncated":          {good[:len(good)/2], []string{"is broken", "truncated", "left untouched", "keyedin apply"}},
		"empty":              {nil, []string{"is broken", "it is empty", "left untouched"}},
		"garbage":            {[]byte("<html>hello</html>"), []string{"is broken", "left untouched"}},
		"no state":           {[]byte(`{"a": 1}`), []string{"not written by keyedin", "left untouched"}},
		"edited":             {bytes.Replace(good, []byte("111122223333"), []byte("444455556666"), 1), []string{"checksum", "left untouched"}},
		"newer":              {[]byte(`{"format":"keyedin-state","version":99,"checksum":""}`), []string{"format 99", "newer keyedin", "left untouched"}},
		"of another account": {good, []string{"is of account 111122223333", "this would be account "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := arrive(t)
			p.makeBucket()
			p.putState(c.body)
			before := p.World(t).Names()
			for _, command := range [][]string{
				{"plan"}, {"plan", "--json"}, {"apply", "--yes"}, {"status"}, {"destroy", "--yes", "--environment", "production", "--lift-protection"},
			} {
				p.run(command...).says(t, 1, append(c.words, privateBucket)...)
			}
			if name != "of another account" { // whose history may well be read
				p.run("history").says(t, 1, c.words...)
			}
			if p.stored() != string(c.body) {
				t.Errorf("it was changed to:\n%s", p.stored())
			}
			if after := p.World(t).Names(); len(after) != len(before) {
				t.Errorf("the account was changed: %v", after)
			}
			p.run("unlock").prints(t, "is not locked")
		})
	}
}
