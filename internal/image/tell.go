package image

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// tell says what is done now.
func (w *build) tell(s step, m Machine, i Image) {
	switch s {
	case launch:
		w.On("Starting a builder: " + w.recipe.Type + ", from " + w.recipe.Base)
	case hearBuilder:
		w.On("The builder " + m.ID + " installs (usually 4 min)")
	case stop:
		w.On("Stopping the builder " + m.ID)
	case freeze:
		w.On("Making an image of it: " + w.name(w.key))
	case awaitImage:
		w.On("Waiting for the image " + i.ID + " (usually 5 min)")
	case try:
		w.On("Trying the image " + i.ID + ": starting a machine of it")
	case hearTest:
		w.On("The machine " + m.ID + " boots (usually 2 min)")
	case discard:
		w.On("Ending " + m.ID + ", which leads nowhere")
	case clear:
		w.On("The image " + i.ID + " is good. Removing what is no longer needed")
	}
}

// tellProgress says how much of an image is written. That it cannot be told is
// no reason to stop.
func (w *build) tellProgress(ctx context.Context, i Image) {
	if len(i.Snapshots) == 0 {
		return
	}
	out, err := w.EC2.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: i.Snapshots})
	if err != nil {
		return
	}
	least := 100
	for _, s := range out.Snapshots {
		if n, err := strconv.Atoi(strings.TrimSuffix(aws.ToString(s.Progress), "%")); err == nil {
			least = min(least, n)
		}
	}
	if line := fmt.Sprintf("  %s: %d %% written", i.ID, least); len(out.Snapshots) > 0 && !w.lines[line] {
		w.lines[line] = true
		w.On(line)
	}
}
