package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// format is what else an image depends on; it is raised when that changes.
const format = 1

// Key is the same for recipes that make the same image. How it is tried, and on
// what, makes no difference.
func (r Recipe) Key() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s", format, r.Base, r.Bake))
	return hex.EncodeToString(sum[:])[:12]
}

// madeBy reports whether a build's key is that of a recipe, or of a repetition.
func madeBy(build, recipe string) bool {
	return build == recipe || strings.HasPrefix(build, recipe+"-")
}

// buildKey is the key of the next build of a recipe: the recipe's own, and for one
// that there is a good image of already, one that counts.
func buildKey(recipe string, images []Image) string {
	good := map[string]bool{}
	for _, i := range images {
		if i.Good {
			good[i.Recipe] = true
		}
	}
	key := recipe
	for n := 2; good[key]; n++ {
		key = fmt.Sprintf("%s-%d", recipe, n)
	}
	return key
}

// name is the image's, unique in the account and region.
func (b *Bakery) name(key string) string { return b.Project + "-" + key }
