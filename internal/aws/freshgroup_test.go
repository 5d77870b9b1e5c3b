package aws

import (
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// A new group is listed before all of EC2 knows it. That its first rule could
// not be shut must not count as shut.
func TestRevokeInAGroupThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	b := bench.Start(t)
	b.Add(proxy.Rule{
		Name: "fresh", Operation: "ec2:RevokeSecurityGroupEgress", Times: 2,
		Error: &proxy.Error{Code: groupUnknown, Message: "The security group 'sg-0' does not exist"},
	})
	w := &worked{lived{NewClients(b.Config()), t}, b, func(st *engine.Stack) {
		vpc := engine.Add(st, "main", VPC{CIDR: "10.0.0.0/16"})
		engine.Add(st, "door", SecurityGroup{Name: "door", VPC: vpc, Description: "door"})
	}, state.New("sample", "test", "123456789012", "us-east-1")}
	start := time.Now()
	w.apply()
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("it took %v: the refusal was taken for a success", took)
	}
	if d := w.differences(); len(d) > 0 {
		t.Errorf("there is still to do: %v", d)
	}
}
