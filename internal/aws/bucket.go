package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

// Bucket is an S3 bucket with its settings. It is encrypted with S3's own keys,
// which AWS does for every bucket and cannot be switched off.
type Bucket struct {
	// Name is unique in all of AWS: 3 to 63 lower-case letters, digits, hyphens and
	// periods.
	Name string `json:"name"`
	// Versioned keeps what is overwritten and deleted. It cannot be undone, only
	// suspended.
	Versioned bool `json:"versioned"`
	// PublicRead lets anyone read objects by their name, and nothing else.
	PublicRead bool `json:"public-read"`
	// TLSOnly refuses requests that are not encrypted on their way.
	TLSOnly bool `json:"tls-only"`
	// Ownership is BucketOwnerEnforced: there are no access control lists.
	Ownership string                    `json:"ownership"`
	Lifecycle engine.Set[LifecycleRule] `json:"lifecycle"`
	// CORS lets web pages of other origins read objects.
	CORS CORS `json:"cors,omitzero"`
	// Keep says that the bucket is never deleted; a tag on it says so too.
	Keep bool `json:"keep"`
	// Statements are those of the bucket's policy that none of the above accounts
	// for. They are always wanted empty.
	Statements engine.Set[string] `json:"other-statements"`
}

// LifecycleRule takes objects away by age, in days; 0 is never.
type LifecycleRule struct {
	// Prefix of the keys it is for; "" is all of them.
	Prefix string `json:"prefix"`
	// NoncurrentDays is for versions that were overwritten or deleted.
	NoncurrentDays int `json:"noncurrent-days,omitzero"`
	// NewerVersions is how many noncurrent versions stay in spite of their age, at
	// most 100; it needs NoncurrentDays.
	NewerVersions int `json:"newer-versions,omitzero"`
	// ExpireDays is for objects themselves.
	ExpireDays int `json:"expire-days,omitzero"`
	// AbortDays is for uploads that were begun and not completed.
	AbortDays int `json:"abort-days,omitzero"`
}

// CORS is who may read objects from a web page of another origin.
type CORS struct {
	// Origins are such as https://example.com.
	Origins engine.Set[string] `json:"origins"`
}

// OwnerEnforced is the Ownership of every bucket we make.
const OwnerEnforced = "BucketOwnerEnforced"

// Kind implements engine.Spec.
func (Bucket) Kind() string { return "bucket" }

// Fixed implements engine.Fixer.
func (Bucket) Fixed() []string { return []string{"name"} }

// Loses implements engine.Precious.
func (Bucket) Loses() string { return "every file in it, with all old versions" }

// Effect implements engine.Affecting.
func (Bucket) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("public-read"):
		return engine.Effect{Level: engine.Degraded, Text: "who may read the files changes at once"}
	case changed.Has("lifecycle"):
		return engine.Effect{Level: engine.NoEffect, Text: "what is older than a rule allows goes within a day or two"}
	}
	return engine.Effect{}
}

// BucketARN is the ARN of the bucket; that of its objects is BucketARN + "/*".
func BucketARN(r engine.Ref[Bucket]) engine.Value[string] { return engine.Attr[string](r, "arn") }

// BucketDomain is the DNS name that serves the bucket's objects over https.
func BucketDomain(r engine.Ref[Bucket]) engine.Value[string] {
	return engine.Attr[string](r, "domain")
}
