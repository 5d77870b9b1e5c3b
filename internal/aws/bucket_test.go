package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestBucket(t *testing.T) {
	step := func(b Bucket) enginetest.Step {
		return func(st *engine.Stack) {
			b.Name, b.Ownership = "keyedin-"+st.Environment+"-files", OwnerEnforced
			engine.Add(st, "public", b)
		}
	}
	rules := engine.Set[LifecycleRule]{
		{Prefix: "", NoncurrentDays: 30, NewerVersions: 5, AbortDays: 7}, {Prefix: "tmp/", ExpireDays: 1},
	}
	conform(t,
		step(Bucket{Versioned: true, PublicRead: true, TLSOnly: true, Lifecycle: rules, CORS: CORS{engine.Set[string]{"https://example.com"}}}),
		step(Bucket{Versioned: true, PublicRead: true, TLSOnly: true, Lifecycle: rules, CORS: CORS{engine.Set[string]{"https://example.com", "https://www.example.com"}}}),
		step(Bucket{Versioned: true, PublicRead: false, TLSOnly: true, Lifecycle: rules[1:]}),
		step(Bucket{Versioned: false, PublicRead: false, TLSOnly: false}),
	)
}
