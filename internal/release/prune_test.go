package release

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// What stays keeps all of its images, and what is needed or new stays.
func TestOldAndUnused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []bundle.Release
		for n := range rapid.IntRange(0, 12).Draw(t, "releases") {
			r := bundle.Release{Version: fmt.Sprint(n)}
			for _, repository := range []string{"a", "b"} {
				r.Images = append(r.Images, bundle.Image{Repository: repository, Digest: rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "digest")})
			}
			all = append(all, r)
		}
		keep := rapid.IntRange(0, 12).Draw(t, "keep")
		needed := rapid.SliceOf(rapid.StringMatching(`1?[0-9]`)).Draw(t, "needed")
		old := Old(all, keep, needed...)
		unused := Unused(all, old)
		gone := func(version string) bool {
			return slices.ContainsFunc(old, func(r bundle.Release) bool { return r.Version == version })
		}
		used := map[bundle.Image]bool{}
		for n, r := range all {
			if gone(r.Version) != (n >= keep && !slices.Contains(needed, r.Version)) {
				t.Fatalf("%s is gone: %v", r.Version, gone(r.Version))
			}
			for _, i := range r.Images {
				used[i] = used[i] || !gone(r.Version)
			}
		}
		seen := map[bundle.Image]bool{}
		for _, i := range unused {
			if used[i] || seen[i] {
				t.Fatalf("%v is used, or there twice", i)
			}
			seen[i] = true
		}
		for i, still := range used {
			if !still && !seen[i] {
				t.Fatalf("%v stays without a release", i)
			}
		}
	})
}
