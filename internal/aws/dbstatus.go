package aws

import (
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// dbStatus maps the states of clusters and instances. One that is not known
// here is waited for: AWS adds states, and all but these pass.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html
func dbStatus(state string) (engine.Status, string) {
	switch state {
	case "available", "backing-up", "storage-optimization":
		return engine.Ready, ""
	case "deleting", "delete-precheck":
		return engine.Deleting, "RDS is deleting it"
	case "failed", "insufficient-capacity", "restore-error", "cloning-failed", "migration-failed":
		return engine.Failed, "its state is " + state
	case stopped:
		return engine.Waiting, "it was stopped"
	}
	if strings.HasPrefix(state, "incompatible-") || strings.HasPrefix(state, "inaccessible-") || state == "storage-full" {
		return engine.Waiting, "its state is " + state + ", which RDS's events explain: aws rds describe-events --duration 1440"
	}
	return engine.Pending, "its state is " + state
}

// stopped is the state of clusters and instances that someone stopped. RDS
// starts them again after seven days.
const stopped = "stopped"
