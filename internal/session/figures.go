package session

import (
	"slices"
	"time"
)

// Namespaces of AWS's metrics.
const (
	ofBalancers = "AWS/ApplicationELB"
	ofMachines  = "AWS/EC2"
	ofDatabases = "AWS/RDS"
)

// figures are what a chart shows, from the outside in: what users see, what
// serves them, what that rests on.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
func (m Metrics) figures(balancer, target string) []figure {
	var all []figure
	add := func(id string, f figure) {
		f.id = id
		all = append(all, f)
	}
	if balancer != "" {
		by := []string{"LoadBalancer", balancer}
		add(requests, figure{name: "requests", unit: Count, summed: true, zeroes: true, namespace: ofBalancers, metric: "RequestCount", stat: "Sum", dimensions: by})
		add("p50", figure{name: "latency p50", unit: Seconds, namespace: ofBalancers, metric: "TargetResponseTime", stat: "p50", dimensions: by})
		add("p95", figure{name: "latency p95", unit: Seconds, namespace: ofBalancers, metric: "TargetResponseTime", stat: "p95", dimensions: by})
		add("app5xx", figure{name: "5xx application", unit: Count, summed: true, zeroes: true, namespace: ofBalancers, metric: "HTTPCode_Target_5XX_Count", stat: "Sum", dimensions: by})
		add("elb5xx", figure{name: "5xx balancer", unit: Count, summed: true, zeroes: true, namespace: ofBalancers, metric: "HTTPCode_ELB_5XX_Count", stat: "Sum", dimensions: by})
	}
	if balancer != "" && target != "" {
		add("healthy", figure{name: "healthy", unit: Count, namespace: ofBalancers, metric: "HealthyHostCount", stat: "Minimum",
			dimensions: []string{"LoadBalancer", balancer, "TargetGroup", target}})
	}
	add("cpu", figure{name: "instance CPU", unit: Percent, namespace: ofMachines, metric: "CPUUtilization", stat: "Average",
		dimensions: []string{"AutoScalingGroupName", m.Group}})
	add("memory", figure{name: "memory (worst)", unit: Percent, namespace: m.Namespace, metric: "mem_used_percent", stat: "Maximum"})
	writer := []string{"DBClusterIdentifier", m.Database, "Role", "WRITER"}
	add("dbcpu", figure{name: "database CPU", unit: Percent, namespace: ofDatabases, metric: "CPUUtilization", stat: "Average", dimensions: writer})
	add("connections", figure{name: "connections", unit: Count, namespace: ofDatabases, metric: "DatabaseConnections", stat: "Average", dimensions: writer})
	if m.Serverless {
		add("acu", figure{name: "database ACU", unit: Count, namespace: ofDatabases, metric: "ServerlessDatabaseCapacity", stat: "Average",
			dimensions: []string{"DBClusterIdentifier", m.Database}})
	}
	return all
}

// requests is the id of the figure that tells since when anything is measured.
const requests = "requests"

// series is a figure with its values, and what they come to.
func (f figure) series(points, asked []Point, c Chart) Series {
	inOrder := func(a, b Point) int { return a.Time.Compare(b.Time) }
	slices.SortFunc(points, inOrder)
	if f.zeroes && len(asked) > 0 {
		points = filled(points, slices.MinFunc(asked, inOrder).Time, c)
	}
	s := Series{Name: f.name, Unit: f.unit, Summed: f.summed, Points: append([]Point{}, points...)}
	for i, p := range points {
		if i == 0 {
			s.Min, s.Max = p.Value, p.Value
		}
		s.Min, s.Max, s.Now = min(s.Min, p.Value), max(s.Max, p.Value), p.Value
		s.Avg += p.Value / float64(len(points))
	}
	return s
}

// filled has a 0 for each whole period since the first request without a value:
// the load balancer reports what happened, and nothing where nothing did.
func filled(points []Point, first time.Time, c Chart) []Point {
	have := map[time.Time]float64{}
	for _, p := range points {
		have[p.Time] = p.Value
	}
	var all []Point
	for at := first; at.Before(c.Until); at = at.Add(c.Period) {
		value, there := have[at]
		if !there && at.Add(c.Period).After(c.Until) {
			break // it is not over yet
		}
		all = append(all, Point{at, value})
	}
	return all
}
