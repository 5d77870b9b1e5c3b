package shell

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAnyCommandArrives has a real shell take a command apart, and wants each
// word as it was; and Systems Manager's own marks nowhere.
func TestAnyCommandArrives(t *testing.T) {
	t.Parallel()
	word := rapid.OneOf(
		rapid.StringMatching(`[ -~\n\t]{0,20}`), rapid.StringOf(rapid.SampledFrom([]rune(`'"\{}$!*; é`+"`"))),
		rapid.SampledFrom([]string{"", "-n", "--", "{{", "{{{'{{ssm:x}}", "'", "a'b", "$(id)", "\n"}),
	)
	rapid.Check(t, func(rt *rapid.T) {
		command := rapid.SliceOfN(word, 1, 5).Draw(rt, "command")
		for i := range command {
			command[i] = strings.ReplaceAll(command[i], "\x00", "")
		}
		line := Words(command)
		if strings.Contains(line, "{{") {
			rt.Fatalf("%q is a parameter to Systems Manager", line)
		}
		out, err := exec.Command("/bin/sh", "-c", `printf '%s\000' `+line).Output()
		if got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"); err != nil || strings.Join(got, "\x00") != strings.Join(command, "\x00") {
			rt.Fatalf("%q arrives as %q, %v", command, got, err)
		}
	})
}
