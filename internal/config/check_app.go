package config

import (
	"fmt"
	"strings"
)

func (k *checker) app() {
	k.text("app.runtime", "app.runtime", k.App.Runtime)
	private := k.text("app.subnets", "app.subnets", k.App.Subnets) && k.App.Subnets == "private"
	if private && k.Network.NAT == "none" {
		k.fault("app.subnets network.nat", "app.subnets: private has no way to the internet without a NAT gateway: images could not be pulled",
			"set network.nat to single (cheaper) or per-zone (no zone depends on another)")
	}
	k.texts("app.repositories", k.App.Repositories, func(string, string) {})
	k.text("app.health-check", "app.health-check", k.App.HealthCheck)
	k.text("app.image", "app.image", k.App.Image)
}

func (k *checker) instances() {
	const path = "app.instances."
	in := k.App.Instances
	arch := ""
	k.texts(path+"types", in.Types, func(at, item string) {
		if k.App.Image == "" {
			k.runsLinux(at, item)
		}
		switch a := Arch(item); {
		case arch == "":
			arch = a
		case arch != a:
			k.fault(at, fmt.Sprintf("%s is %s and those before it are %s: one image can't run on both", item, a, arch),
				"keep the types of one CPU architecture")
		}
	})
	least := k.number(path+"min", float64(in.Min))
	most := k.number(path+"max", float64(in.Max))
	base := k.number(path+"on-demand", float64(in.OnDemand))
	k.number(path+"requests-per-target", float64(in.RequestsPerTarget))
	if least && most && in.Min > in.Max {
		k.fault(path+"min "+path+"max", fmt.Sprintf("app.instances.min is %d, more than max, which is %d", in.Min, in.Max), "raise max or lower min")
	}
	if base && most && in.OnDemand > in.Max {
		k.fault(path+"on-demand "+path+"max", fmt.Sprintf("app.instances.on-demand is %d, more than max, which is %d", in.OnDemand, in.Max), "raise max or lower on-demand")
	}
	// One spot pool can run dry; AWS advises many.
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-best-practices.html
	if base && most && len(in.Types) == 1 && in.Max > in.OnDemand {
		k.fault(path+"types", fmt.Sprintf("spot instances need at least two types to fall back on: app.instances.max is %d and on-demand only %d", in.Max, in.OnDemand),
			fmt.Sprintf("add a type of the same size, or set on-demand to %d", in.Max))
	}
}

// Arch is the CPU architecture of an instance type, as EC2 names it: arm64 or
// x86_64. A g after the generation is Graviton; a1 and mac2 are Arm by nature.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
func Arch(instanceType string) string {
	family, _, _ := strings.Cut(instanceType, ".")
	series := strings.TrimLeft(family, "abcdefghijklmnopqrstuvwxyz-")
	options := strings.TrimLeft(series, "0123456789")
	if family == "a1" || strings.HasPrefix(family, "mac2") || strings.Contains(options, "g") {
		return "arm64"
	}
	return "x86_64"
}

// runsLinux refuses the types that can't run Amazon Linux 2023 in this setting.
// https://docs.aws.amazon.com/linux/al2023/ug/system-requirements.html
func (k *checker) runsLinux(path, instanceType string) {
	family, _, _ := strings.Cut(instanceType, ".")
	switch {
	case strings.HasPrefix(family, "mac"):
		k.fault(path, instanceType+" needs a dedicated host and runs macOS", "")
	case family == "a1" || family == "t1" || family == "m1" || family == "m2" || family == "c1":
		k.fault(path, instanceType+" is too old for Amazon Linux 2023", "use a current type such as t3.small")
	}
}
