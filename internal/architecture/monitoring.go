package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// namespace is what the environment's own metrics are filed under; start.sh
// sends memory and disk of the instances there.
func (e environment) namespace() string { return e.config.Name + "/" + e.config.Environment }

// watchRefs are the alarms that others act on.
type watchRefs struct {
	// errors goes off when the application fails too often.
	errors engine.Ref[aws.Alarm]
}

// dimensions say which thing's metric an alarm looks at.
type dimensions = map[string]engine.Value[string]

// monitoring is an alarm for each thing that a person should be woken for: the
// application or the load balancer fails, instances are not well, the database
// or a disk is near its end.
func monitoring(e environment, lb balancerRefs, db engine.Ref[aws.DBCluster], mail engine.Ref[aws.Topic]) watchRefs {
	e.Module("monitoring")
	balancer := dimensions{"LoadBalancer": aws.LoadBalancerLabel(lb.balancer)}
	target := dimensions{"LoadBalancer": aws.LoadBalancerLabel(lb.balancer), "TargetGroup": aws.TargetGroupLabel(lb.target)}
	cluster := dimensions{"DBClusterIdentifier": engine.Known(e.databaseName())}
	w := watcher{e, mail}

	watch := watchRefs{errors: w.alarm("application-errors", "The application answers 10 requests a minute and more with 5xx",
		above("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", 9, target), lasting(3, 5))}
	w.alarm("load-balancer-errors", "The load balancer itself answers 10 requests a minute and more with 5xx: no instance can take them",
		above("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", 9, balancer), lasting(3, 5))
	w.alarm("unhealthy-hosts", "An instance has failed its health check for 5 minutes",
		above("AWS/ApplicationELB", "UnHealthyHostCount", "Minimum", 0, target), lasting(5, 5))
	w.alarm("application-disk", "The fullest disk of an instance is over 85 % full",
		above(e.namespace(), "disk_used_percent", "Maximum", 85, nil), lasting(5, 5))
	w.alarm("database-cpu", "The database has used over 80 % of its CPU for 15 minutes",
		above("AWS/RDS", "CPUUtilization", "Average", 80, cluster), lasting(15, 15))
	w.alarm("database-memory", "The database has under 128 MiB of memory left",
		below("AWS/RDS", "FreeableMemory", "Minimum", 128<<20, cluster), lasting(15, 15))
	return watch
}

// watcher adds alarms that write to a topic.
type watcher struct {
	environment
	mail engine.Ref[aws.Topic]
}

// rule is part of an alarm.
type rule func(*aws.Alarm)

func (w watcher) alarm(name, description string, rules ...rule) engine.Ref[aws.Alarm] {
	tell := engine.Set[engine.Ref[aws.Topic]]{w.mail}
	a := aws.Alarm{
		Name: w.name(name), Description: description, Actions: tell, OKActions: tell,
		// No requests are no errors, and a database that is not there yet is not full.
		Missing: "notBreaching",
	}
	for _, rule := range rules {
		rule(&a)
	}
	return engine.Add(w.Stack, name, a)
}

func above(namespace, metric, statistic string, threshold float64, of dimensions) rule {
	return func(a *aws.Alarm) {
		a.Namespace, a.Metric, a.Statistic, a.Dimensions = namespace, metric, statistic, of
		a.Threshold, a.Comparison = threshold, "GreaterThanThreshold"
	}
}

func below(namespace, metric, statistic string, threshold float64, of dimensions) rule {
	return func(a *aws.Alarm) {
		above(namespace, metric, statistic, threshold, of)(a)
		a.Comparison = "LessThanThreshold"
	}
}

// lasting is how many of the last minutes must be bad.
func lasting(bad, minutes int) rule {
	return func(a *aws.Alarm) { a.Period, a.Datapoints, a.Periods = 60, bad, minutes }
}
