package image

import (
	"context"
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	keyedin "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// heard is what a machine has said so far.
type heard struct {
	// progress are its own words for what it does, failed or done how it ended.
	progress     []string
	done, failed bool
	// last are the last lines before it failed.
	last []string
}

// lastLines is how many of them are kept.
const lastLines = 20

// hear reads the console. One that cannot be read yet is empty.
func (b *Bakery) hear(ctx context.Context, machine string) (heard, error) {
	out, err := b.EC2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: aws.String(machine), Latest: aws.Bool(true)})
	if keyedin.Classify(err) == engine.NotFound {
		return heard{}, nil
	}
	if err != nil {
		return heard{}, err
	}
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil {
		return heard{}, err
	}
	return listen(string(raw)), nil
}

var (
	said = regexp.MustCompile(`keyedin: (.+)$`)
	// prefix is what the kernel and cloud-init put before a line, which they write
	// once more.
	prefix = regexp.MustCompile(`^(\[[ 0-9.]+\] )?(cloud-init\[\d+\]: )?`)
	escape = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)
)

// listen makes sense of a console. Each line may be there twice, and other
// things between them.
func listen(console string) heard {
	var h heard
	known := map[string]bool{}
	var lines []string
	for line := range strings.Lines(console) {
		line = prefix.ReplaceAllString(strings.TrimSpace(escape.ReplaceAllString(line, "")), "")
		if line == "" || len(lines) > 0 && lines[len(lines)-1] == line {
			continue
		}
		words := said.FindStringSubmatch(line)
		switch {
		case words == nil:
			lines = append(lines, line)
			continue
		case known[words[1]]:
			continue
		}
		known[words[1]] = true
		lines = append(lines, line)
		switch {
		case words[1] == "image done":
			h.done = true
		case strings.HasPrefix(words[1], "image FAILED"):
			h.failed = true
			h.last = lines[max(0, len(lines)-lastLines):]
			return h
		case !strings.HasPrefix(words[1], "first boot"):
			h.progress = append(h.progress, words[1])
		}
	}
	h.last = lines[max(0, len(lines)-lastLines):]
	return h
}
