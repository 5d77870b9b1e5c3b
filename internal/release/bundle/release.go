// Package bundle knows what is in the archive that CodeDeploy brings to an
// instance: the hooks, the compose file with the images by digest, and what the
// release is. It makes the archive, byte for byte the same from the same
// release. It knows neither where archives are kept nor how they are deployed,
// and calls no AWS.
package bundle

import "time"

// Release is what a release is, for good: it is release.json in the archive,
// and beside it in the bucket.
type Release struct {
	// Version is its name, such as 1.4.0 or 2026-11-26-1.
	Version string `json:"version"`
	// Images are what it runs, in the order of app.repositories.
	Images []Image `json:"images"`
	// Revision is the git commit of the application it was made from, if known.
	Revision string `json:"revision,omitempty"`
	// Content is a digest of all that decides how it runs: images, compose file
	// and hooks, and neither time nor who.
	Content string `json:"content"`
	// Created is when, By is who made it, Tool is the version of keyedin.
	Created time.Time `json:"created"`
	By      string    `json:"by"`
	Tool    string    `json:"tool"`
}

// Image is one image of a release.
type Image struct {
	// Repository is its ECR repository, such as keyedin/backend.
	Repository string `json:"repository"`
	// Digest is that of its manifest: sha256: and 64 hexadecimal digits.
	Digest string `json:"digest"`
	// Size is that of its layers, in bytes, as they are stored.
	Size int64 `json:"size"`
}
