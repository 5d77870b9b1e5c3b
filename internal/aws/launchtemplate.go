package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// LaunchTemplate says how each instance of a group is made. AWS never changes a
// version of one, so a change is a new version that becomes the default; running
// instances keep the version they were made from.
type LaunchTemplate struct {
	// Name is 3 to 125 characters, unique in the account and region.
	Name  string `json:"name"`
	Image string `json:"image"`
	// Profile gives the instances their role.
	Profile        engine.Ref[InstanceProfile]           `json:"profile"`
	SecurityGroups engine.Set[engine.Ref[SecurityGroup]] `json:"security-groups"`
	// PublicIP gives each instance a public address, whatever its subnet says.
	PublicIP bool `json:"public-ip"`
	// UserData is run at the first boot, as plain text of at most 16 KB.
	UserData engine.Value[string] `json:"user-data"`
	Disk     Disk                 `json:"disk"`
	Metadata Metadata             `json:"metadata"`
	// Monitoring is true for metrics each minute, which are charged for.
	Monitoring bool `json:"monitoring"`
	// InstanceTags are put on the instances and their disks.
	InstanceTags map[string]string `json:"instance-tags"`
	// Key is the name of a key pair; without one nobody can log in by key.
	Key engine.Value[string] `json:"key,omitzero"`
}

// Disk is the root disk of an instance.
type Disk struct {
	// Device is what the image calls its root disk; RootDevice for Amazon Linux.
	Device string `json:"device"`
	// Size in GiB, at least the image's own.
	Size int `json:"size"`
	// Type is gp3 unless there is a reason.
	Type      string `json:"type"`
	Encrypted bool   `json:"encrypted"`
}

// RootDevice is what Amazon Linux calls its root disk.
const RootDevice = "/dev/xvda"

// Metadata is how an instance may ask for its role's credentials.
type Metadata struct {
	// Tokens is "required" for IMDSv2 only, or "optional".
	Tokens string `json:"tokens"`
	// HopLimit is 2 where containers ask, else 1; at most 64.
	HopLimit int `json:"hop-limit"`
}

// LaunchTemplateVersion is the number of the version that is as declared.
func LaunchTemplateVersion(r engine.Ref[LaunchTemplate]) engine.Value[string] {
	return engine.Attr[string](r, "version")
}

// Kind implements engine.Spec.
func (LaunchTemplate) Kind() string { return "launch-template" }

// Fixed implements engine.Fixer.
func (LaunchTemplate) Fixed() []string { return []string{"name"} }

// Identity implements engine.Identified.
func (LaunchTemplate) Identity() engine.Class { return engine.Tokened }

// Volatile implements engine.Volatile.
func (LaunchTemplate) Volatile() []string { return []string{"version"} }

// Timing implements engine.Timed.
func (LaunchTemplate) Timing() engine.Timing { return engine.Timing{GiveUp: 5 * time.Minute} }
