package architecture

import (
	"cmp"
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// environment is what every module declares from and into.
type environment struct {
	*engine.Stack
	config config.Config
	facts  aws.Facts
}

// The longest physical names that AWS takes, where 63 is too long; the rest
// takes more than is good to read.
const (
	balancerName = 32 // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
	longName     = 63 // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
)

// name is a physical name of at most 63 characters: that of the environment,
// and what the object is in it.
func (e environment) name(role ...string) string { return e.short(longName, role...) }

// short is a name of at most limit characters.
func (e environment) short(limit int, role ...string) string {
	return config.Physical(limit, append([]string{e.config.Name, e.config.Environment}, role...)...)
}

// title is what consoles call an instance: its tag Name, which the config may
// have given to everything.
func (e environment) title(role string) string {
	return cmp.Or(e.config.Tags["Name"], e.name(role))
}

// path is where the environment keeps what has paths for names: its log groups
// and its parameters.
func (e environment) path(parts ...string) string {
	return "/" + strings.Join(append([]string{e.config.Name, e.config.Environment}, parts...), "/")
}

// arn is the ARN of something in this account and region.
func (e environment) arn(service, resource string) engine.Value[string] {
	return engine.Known(strings.Join([]string{"arn", e.facts.Partition, service, e.facts.Region, e.facts.Account, resource}, ":"))
}

// domain is what the names of AWS's services end in.
// https://docs.aws.amazon.com/general/latest/gr/rande.html
func (e environment) domain() string {
	if e.facts.Partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// zones are the letters that tell the zones apart in addresses; which zone a
// letter is, Facts says.
func (e environment) zones() []string {
	return strings.Split("abcdefgh", "")[:e.config.Network.Zones]
}

// instanceTags are put on instances that a group launches, and on their disks.
// They have no address, as they come and go without us.
func (e environment) instanceTags(role string) map[string]string {
	tags := map[string]string{}
	for key, value := range e.Tags {
		tags[key] = value
	}
	tags["Name"] = e.title(role)
	tags[engine.TagProject] = e.config.Name
	tags[engine.TagEnvironment] = e.config.Environment
	tags[engine.TagManagedBy] = engine.ManagedBy
	return tags
}
