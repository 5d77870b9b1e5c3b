package architecture

import (
	_ "embed"
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// The parts of the first-boot script.
var (
	//go:embed boot/log.sh
	bootLog string
	//go:embed boot/environment.sh
	bootEnvironment string
	//go:embed boot/install.sh
	bootInstall string
	//go:embed boot/start.sh
	bootStart string
)

// firstBoot is what an instance runs when it boots for the first time. A baked
// image has everything installed, so that part is left out for one.
func (e environment) firstBoot(logs logRefs, db engine.Ref[aws.DBCluster]) engine.Value[string] {
	text := bootLog + bootEnvironment
	var script []any
	for _, v := range e.variables(logs, db) {
		text += v.name + "='"
		if known, ok := v.value.(string); ok {
			text += known
		} else {
			script = append(script, text, v.value)
			text = ""
		}
		text += "'\n"
	}
	text += "END\n. /etc/keyedin/environment\n\n"
	if !e.facts.ImageIsBaked {
		text += bootInstall + "\n"
	}
	script = append(script, text+bootStart)
	return engine.Format(strings.Repeat("%s", len(script)), script...)
}

// variable is one of the instance's environment; its value holds no quote.
type variable struct {
	name  string
	value any
}

func (e environment) variables(logs logRefs, db engine.Ref[aws.DBCluster]) []variable {
	registry := e.facts.Account + ".dkr.ecr." + e.config.Region + "." + e.domain()
	// A quote would end the value; in a path it can as well be written like this.
	health := strings.ReplaceAll(e.config.App.HealthCheck, "'", "%27")
	return []variable{
		{"KEYEDIN_PROJECT", e.config.Name},
		{"KEYEDIN_ENVIRONMENT", e.config.Environment},
		{"KEYEDIN_DOMAIN", e.config.Domain},
		{"KEYEDIN_REGION", e.config.Region},
		{"KEYEDIN_AWS_DOMAIN", e.domain()},
		{"KEYEDIN_REGISTRY", registry},
		{"KEYEDIN_BUCKET", e.config.Storage.Private},
		{"KEYEDIN_PUBLIC_BUCKET", e.config.Storage.Public},
		{"KEYEDIN_PARAMETERS", e.path()},
		{"KEYEDIN_HEALTH_CHECK", health},
		{"KEYEDIN_LOGS", logs.applicationName},
		{"KEYEDIN_LOGS_SYSTEM", logs.systemName},
		{"KEYEDIN_NAMESPACE", e.namespace()},
		{"KEYEDIN_DATABASE_HOST", aws.DBEndpoint(db)},
		{"KEYEDIN_DATABASE_READER", aws.DBReaderEndpoint(db)},
		{"KEYEDIN_DATABASE_SECRET", aws.DBSecretARN(db)},
	}
}
