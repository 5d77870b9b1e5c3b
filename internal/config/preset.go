package config

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Options is what a new config says; empty fields have the default.
type Options struct {
	Preset  string // launch: as it runs today; grown: private, more readers, full monitoring
	Runtime string // ec2 or ecs

	Name, Environment, Region, Profile, Account, Domain string
}

// Preset is the text of a new config: what keyedin init writes. Presets are
// launch and grown, runtimes ec2 and ecs; empty means the first of each.
func Preset(name, runtime string) ([]byte, error) {
	return Options{Preset: name, Runtime: runtime}.YAML()
}

// Presets are the names that Preset knows, the default first.
func Presets() []string { return []string{"launch", "grown"} }

// YAML is the text of a new config, with a comment on every value. An option that
// can't be used gives an error; one that would make an invalid file, a *Faults.
func (o Options) YAML() ([]byte, error) {
	c, err := o.config()
	if err != nil {
		return nil, err
	}
	text := []byte(c.text())
	if _, err := Parse("keyedin.yaml", text); err != nil {
		return nil, fmt.Errorf("these options would make a config that is not valid:\n%w", err)
	}
	return text, nil
}

// config is the config that the options ask for.
func (o Options) config() (Config, error) {
	c := Default()
	switch o.Preset {
	case "", "launch":
	case "grown":
		c.Network.NAT = "per-zone"
		c.App.Subnets = "private"
		c.Database.Readers = 2
		c.Monitoring = "full"
	default:
		return c, optionError("preset", o.Preset, Presets())
	}
	switch o.Runtime {
	case "":
	case "ec2", "ecs":
		c.App.Runtime = o.Runtime
	default:
		return c, optionError("runtime", o.Runtime, []string{"ec2", "ecs"})
	}
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&c.Name, o.Name}, {&c.Environment, o.Environment}, {&c.Region, o.Region},
		{&c.Account, o.Account}, {&c.Domain, o.Domain}, {&c.Profile, cmp.Or(o.Profile, o.Name)},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	c.derive()
	return c, nil
}

func optionError(option, value string, choices []string) error {
	hint := ""
	if near := nearest(value, choices); near != "" {
		hint = "; " + didYouMean(near)
	}
	return fmt.Errorf("there is no %s %q: it is %s%s", option, value, listing(choices, "or"), hint)
}

// text writes the config with the comments of the preset.
func (c Config) text() string {
	var b strings.Builder
	line := func(key, value, comment string) {
		given := key + ": " + value
		s := fmt.Sprintf("%-29s # %s", given, comment)
		if len(s) > 80 {
			margin := key[:len(key)-len(strings.TrimLeft(key, " "))]
			s = margin + "# " + comment + "\n" + given
		}
		b.WriteString(s + "\n")
	}
	b.WriteString("# The environment that keyedin builds. Every key has a default.\n" +
		"# For completion in your editor: keyedin schema\n")
	line("name", scalar(c.Name), "the project; the names of all objects begin with it")
	line("environment", scalar(c.Environment), "one running copy of the application")
	line("region", scalar(c.Region), "everything is built here")
	line("profile", scalar(c.Profile), "AWS credentials profile; AWS_* variables win")
	line("account", strconv.Quote(c.Account), "if set, refuse to touch any other account")
	line("domain", scalar(c.Domain), "the apex; www is added to it")
	b.WriteString("\nnetwork:\n")
	line("  cidr", c.Network.CIDR, "cut into 16 subnets, so growing moves none")
	line("  zones", strconv.Itoa(c.Network.Zones), "a public and a private subnet in each: 2 or 3")
	line("  nat", c.Network.NAT, "none | single | per-zone")
	c.appText(&b, line)
	b.WriteString("\ndeploy:\n")
	line("  before", scalar(c.Deploy.Before), `runs once in the new image; "": nothing`)
	b.WriteString("\nci:\n")
	line("  github", strconv.Quote(c.CI.GitHub), "owner/repository that may plan and deploy; empty: none")
	b.WriteString("\ndatabase:\n")
	line("  engine", c.Database.Engine, "aurora-mysql-5.7 is accepted, at AWS's surcharge")
	line("  class", c.Database.Class, "or serverless: {min: 0.5, max: 8}")
	line("  readers", strconv.Itoa(c.Database.Readers), "in other zones than the writer")
	line("  backup-days", strconv.Itoa(c.Database.BackupDays), "1 to 35")
	line("  protect", strconv.FormatBool(c.Database.Protect), "database and load balancer can't be deleted")
	b.WriteString("\nbastion:\n")
	line("  type", c.Bastion.Type, "none: no bastion")
	line("  allow", flow(c.Bastion.Allow), "put your own ranges here; []: only Session Manager")
	b.WriteString("\nstorage:\n")
	line("  public", c.Storage.Public, "files that anyone may read")
	line("  private", c.Storage.Private, "state and releases; made once, never destroyed")
	b.WriteString("\n")
	line("alerts", flow(c.Alerts), "who hears of alarms and failed deployments")
	line("messages", flow(c.Messages), "told when they end, to webhooks and alerts: apply, deploy")
	line("monitoring", c.Monitoring, "basic | full")
	line("tags", "{}", "put on everything, beside our own")
	return b.String()
}

func (c Config) appText(b *strings.Builder, line func(key, value, comment string)) {
	b.WriteString("\napp:\n")
	line("  runtime", c.App.Runtime, "ec2 (CodeDeploy on an Auto Scaling group) | ecs (blue/green)")
	line("  subnets", c.App.Subnets, "public | private (needs nat)")
	line("  repositories", flow(c.App.Repositories), "the application's images in ECR")
	line("  health-check", c.App.HealthCheck, "answers 200 when the application is well")
	line("  image", strconv.Quote(c.App.Image), "AMI; empty: the newest baked one, else Amazon Linux 2023")
	b.WriteString("  instances:\n")
	line("    types", flow(c.App.Instances.Types), "of one CPU architecture; spot takes the cheapest that is free")
	line("    on-demand", strconv.Itoa(c.App.Instances.OnDemand), "the rest is spot")
	line("    min", strconv.Itoa(c.App.Instances.Min), "never fewer instances")
	line("    max", strconv.Itoa(c.App.Instances.Max), "never more instances")
	line("    requests-per-target", strconv.Itoa(c.App.Instances.RequestsPerTarget), "requests a minute for each instance")
}

// flow is a list in one line.
func flow(list []string) string {
	quoted := make([]string, len(list))
	for i, v := range list {
		quoted[i] = scalar(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// scalar is a text as YAML takes it, quoted where it is not plainly a word.
func scalar(s string) string {
	if regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.@/-]*$`).MatchString(s) || regexp.MustCompile(`^[0-9.]+/[0-9]+$`).MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
