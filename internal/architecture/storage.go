package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// releases is where releases are in the private bucket.
const releases = "releases/"

// fileRefs are the two buckets.
type fileRefs struct {
	public, private engine.Ref[aws.Bucket]
}

// storage is a bucket of files that anyone may read, and one of state and
// releases that is never destroyed. Neither takes a request without TLS.
func storage(e environment) fileRefs {
	e.Module("storage")
	var origins engine.Set[string]
	for _, h := range e.hosts() {
		origins = append(origins, "https://"+h.domain)
	}
	cleanup := aws.LifecycleRule{AbortDays: 7, NoncurrentDays: 30}
	return fileRefs{
		public: engine.Add(e.Stack, "public", aws.Bucket{
			Name: e.config.Storage.Public, Versioned: true, PublicRead: true, TLSOnly: true, Ownership: aws.OwnerEnforced,
			Lifecycle: engine.Set[aws.LifecycleRule]{cleanup}, CORS: aws.CORS{Origins: origins},
		}),
		private: engine.Add(e.Stack, "private", e.privateBucket()),
	}
}

func (e environment) privateBucket() aws.Bucket {
	return aws.Bucket{
		Name: e.config.Storage.Private, Versioned: true, TLSOnly: true, Ownership: aws.OwnerEnforced, Keep: true,
		Lifecycle: engine.Set[aws.LifecycleRule]{
			{AbortDays: 7},
			// Old states are for the day that something went wrong; a lock is worth
			// nothing once it is released.
			{Prefix: "infrastructure/", NoncurrentDays: 90, NewerVersions: 100},
			{Prefix: "infrastructure/" + e.config.Environment + ".lock", NoncurrentDays: 1},
			{Prefix: releases, NoncurrentDays: 90},
		},
	}
}

// PrivateBucket is the bucket that state lives in, and its identity: it must be
// there before the rest can be planned.
func PrivateBucket(c config.Config, f aws.Facts) (aws.Bucket, engine.Identity) {
	e := environment{Stack: engine.NewStack(c.Name, c.Environment, c.Tags), config: c, facts: f}
	storage(e)
	doc, _ := e.Document("bucket/private")
	tags := map[string]string{}
	for key, value := range doc["tags"].(map[string]any) {
		tags[key] = value.(string)
	}
	spec := e.privateBucket()
	return spec, engine.Identity{
		Project: c.Name, Environment: c.Environment, Address: "bucket/private", Name: spec.Name, Tags: tags,
	}
}
