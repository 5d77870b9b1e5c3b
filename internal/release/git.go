package release

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
)

// Revision is the commit that a folder is at, and whether there are changes that
// it does not have; "" where it is not in a git repository, or git is missing.
func Revision(ctx context.Context, folder string) (commit string, dirty bool) {
	git := func(args ...string) (string, bool) {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", folder}, args...)...).Output()
		return string(bytes.TrimSpace(out)), err == nil
	}
	commit, ok := git("rev-parse", "--verify", "HEAD")
	if !ok {
		return "", false
	}
	changes, ok := git("status", "--porcelain", "--untracked-files=no")
	return strings.ToLower(commit), ok && changes != ""
}
