package architecture

import (
	_ "embed"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// The parts of the scripts of an image, beside those of the first boot.
var (
	//go:embed boot/bake.sh
	bootBake string
	//go:embed boot/seal.sh
	bootSeal string
	//go:embed boot/try.sh
	bootTry string
)

// ImageScripts are what makes an image out of Amazon Linux, and what tries it:
// the first boot of an instance and a look at what came of it. Both are user
// data. On the console their progress is in lines that begin with "keyedin: ",
// the last of which is "keyedin: image done", or has "FAILED" in it.
func ImageScripts(c config.Config, partition string) (bake, try string) {
	e := environment{Stack: engine.NewStack(c.Name, c.Environment, nil), config: c, facts: aws.Facts{
		Account: noAccount, Partition: partition, Region: c.Region, ImageIsBaked: true,
	}}
	bake = bootLog + bootEnded + "KEYEDIN_REGION='" + c.Region + "'\nKEYEDIN_AWS_DOMAIN='" + e.domain() + "'\n" +
		bootBake + bootInstall + "\n" + bootSeal
	return bake, bootLog + bootEnded + tryBegin + e.written(e.triedVariables()) + bootStart + bootTry
}

// noAccount stands for the account in the test of an image, which talks to none.
const noAccount = "000000000000"

// bootEnded says that a script failed, whatever it ended by.
const bootEnded = `ended() {
  local status=$?
  [ "$status" = 0 ] || echo "keyedin: image FAILED with exit code $status"
}

`

// tryBegin comes before the first boot, whose failure is one of the image.
const tryBegin = `trap ended EXIT
shutdown -P +30
echo "keyedin: booting for the first time"
`

// triedVariables are an instance's, without what only a built environment has.
func (e environment) triedVariables() []variable {
	var all []variable
	for _, v := range e.variables(logRefs{applicationName: e.path("application"), systemName: e.path("system")}, engine.Ref[aws.DBCluster]{}) {
		if _, known := v.value.(string); !known {
			v.value = "none"
		}
		all = append(all, v)
	}
	return all
}

// written is the part of a script that writes variables which are all known.
func (e environment) written(all []variable) string {
	text := bootEnvironment
	for _, v := range all {
		text += v.name + "='" + v.value.(string) + "'\n"
	}
	return text + "END\n. /etc/keyedin/environment\n\n"
}
