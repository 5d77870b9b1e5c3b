package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

const (
	applicationGroup = "/keyedin/production/application"
	systemGroup      = "/keyedin/production/system"
	container        = "ip-10-0-0-5/keyedin-backend-1/0123456789ab"
)

// TestLogs shows what was written, in order, and only what was asked for.
func TestLogs(t *testing.T) {
	t.Parallel()
	p := applied(t)
	if r := p.must("logs"); r.out != "" || !strings.Contains(r.err, "Nothing was logged") {
		t.Errorf("an empty log: %q %q", r.out, r.err)
	}
	p.log(t, applicationGroup, container, "local.ERROR: it's \"broken\" \\ here\nat line 3", "local.INFO: \x1b[2Jfine")
	p.log(t, systemGroup, "i-0123456789abcdef0/boot", "first boot done")
	r := p.must("logs")
	if lines := strings.Split(r.out, "\n"); len(lines) != 4 || !strings.Contains(lines[0], " ip-10-0-0-5/backend  local.ERROR") || lines[1] != "    at line 3" {
		t.Errorf("the log is %q", r.out)
	}
	if strings.Contains(r.out, "\x1b") {
		t.Error("what is in a log reaches the terminal as it is")
	}
	for grep, n := range map[string]int{"ERROR": 1, "local.": 2, `it's "broken" \ here`: 1, "error": 0, `"`: 1} {
		if r := p.must("logs", "--grep", grep, "--json"); strings.Count(r.out, "\n") != n {
			t.Errorf("--grep %s gives %q", grep, r.out)
		}
	}
	r = p.must("logs", "--group", "all", "--json")
	groups := ""
	for line := range strings.Lines(r.out) {
		var e struct{ Time, Group, Stream, Text string }
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Time == "" || e.Stream == "" || e.Text == "" {
			t.Errorf("a line is %q, %v", line, err)
		}
		groups += e.Group + " "
	}
	if groups != "application application system " {
		t.Errorf("the groups are %s", groups)
	}
	if r := p.must("logs", "--limit", "1"); !strings.Contains(r.err, "earliest 1") || strings.Count(r.out, "local.") != 1 {
		t.Errorf("a limit: %q %q", r.out, r.err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--group", "nginx"}, "application, system, database-error"},
		{[]string{"--since", "soon"}, "3h"},
		{[]string{"--since", "1h", "--until", "2h"}, "is not after"},
		{[]string{"-f", "--until", "1m"}, "no end"},
		{[]string{"--limit", "0"}, "at least one"},
		{[]string{"x"}, "no argument"},
	} {
		if r := p.run(append([]string{"logs"}, c.args...)...); r.code != 1 || !strings.Contains(r.err, c.says) {
			t.Errorf("logs %q ended with %d and does not say %q: %s", c.args, r.code, c.says, r.err)
		}
	}
	if r := p.must("__complete", "logs", "--group", ""); !strings.Contains(r.out, "database-slowquery\n") {
		t.Errorf("completion gives %s", r.out)
	}
	p.Violations(t)
}

// TestLogsFollow goes on until Ctrl-C, which is its ordinary end.
func TestLogsFollow(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.log(t, applicationGroup, container, "one")
	r := p.start("logs", "-f", "--group", "application,system")
	r.sees(r.out, "one\n")
	p.log(t, systemGroup, "i-1/boot", "two")
	r.sees(r.out, "two\n")
	p.log(t, applicationGroup, container, "three")
	r.sees(r.out, "three\n")
	r.interrupt("")
	if ended := r.end(); ended.code != 0 || strings.Count(ended.out, "\n") != 3 {
		t.Errorf("it ended with %d: %s %s", ended.code, ended.out, ended.err)
	}
	p.Violations(t)
}

// TestMetrics draws what CloudWatch has, in one call to it.
func TestMetrics(t *testing.T) {
	t.Parallel()
	p := applied(t)
	r := p.must("metrics")
	if !strings.Contains(r.err, "no figures") || strings.Count(r.out, "no data yet") != 10 {
		t.Errorf("before anything was measured: %s %s", r.out, r.err)
	}
	balancers, err := elasticloadbalancingv2.NewFromConfig(p.Config()).DescribeLoadBalancers(t.Context(), &elasticloadbalancingv2.DescribeLoadBalancersInput{})
	if err != nil || len(balancers.LoadBalancers) != 1 {
		t.Fatal(err)
	}
	_, label, _ := strings.Cut(*balancers.LoadBalancers[0].LoadBalancerArn, ":loadbalancer/")
	put := func(namespace, metric string, value float64, ago time.Duration, dimensions ...string) {
		datum := types.MetricDatum{MetricName: &metric, Value: &value, Timestamp: aws.Time(time.Now().Add(-ago))}
		for i := 0; i < len(dimensions); i += 2 {
			datum.Dimensions = append(datum.Dimensions, types.Dimension{Name: &dimensions[i], Value: &dimensions[i+1]})
		}
		in := &cloudwatch.PutMetricDataInput{Namespace: &namespace, MetricData: []types.MetricDatum{datum}}
		if _, err := cloudwatch.NewFromConfig(p.Config()).PutMetricData(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 8 {
		put("AWS/ApplicationELB", "RequestCount", float64(1000*(i+1)), time.Duration(20*(8-i))*time.Minute, "LoadBalancer", label)
	}
	put("AWS/ApplicationELB", "TargetResponseTime", 0.123, 30*time.Minute, "LoadBalancer", label)
	put("AWS/RDS", "CPUUtilization", 42, 30*time.Minute, "DBClusterIdentifier", "keyedin-production", "Role", "WRITER")
	r = p.must("metrics")
	for _, line := range strings.Split(r.out, "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
	if !strings.Contains(r.out, "█") || !strings.Contains(r.out, "42%") || strings.Count(r.out, "123ms") != 8 || !strings.Contains(r.out, "8000") {
		t.Errorf("the chart is\n%s", r.out)
	}
	p.env = append(p.env, "LC_ALL=C")
	if r := p.must("metrics", "--since", "1d"); strings.Trim(r.out, "\n"+printable) != "" {
		t.Errorf("on an ASCII terminal:\n%s", r.out)
	}
	o := p.object(p.must("metrics", "--json"))
	series := o["series"].([]any)[0].(map[string]any)
	if series["name"] != "requests" || series["max"] != 8000.0 || o["period-seconds"] != 360.0 {
		t.Errorf("in JSON it is %v", o)
	}
	for _, c := range [][]string{{"--since", "10s"}, {"--since", "500d"}, {"--since", "soon"}} {
		if r := p.run(append([]string{"metrics"}, c...)...); r.code != 1 || !strings.Contains(r.err, "--since") {
			t.Errorf("metrics %q: %d %s", c, r.code, r.err)
		}
	}
	p.Violations(t)
}

const printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
