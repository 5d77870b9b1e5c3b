package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// judgeGroup looks whether the deployment group and the Auto Scaling group
// belong together.
func (r *Ready) judgeGroup(s *Site) {
	for _, g := range r.group.AutoScalingGroups {
		if aws.ToString(g.Name) == s.Group {
			r.Hookless = !slices.Contains(r.Fleet.Hooks, aws.ToString(g.Hook))
			return
		}
	}
	r.problem("keyedin apply", "the deployment group %s does not have the Auto Scaling group %s", s.Application, s.Group)
}

// judgeFleet looks whether the instances can be deployed to.
func (r *Ready) judgeFleet(w Wish) {
	f := r.Fleet
	if len(f.InService()) == 0 {
		r.problem("keyedin status", "no instance is in service: %s", states(f))
		return
	}
	if f.Refreshing {
		r.problem("keyedin status", "the instances are being replaced; a deployment in between would be lost on some of them")
	}
	reached, ill := 0, []string{}
	for _, i := range f.Instances {
		if i.State != inService {
			continue
		}
		if i.Online {
			reached++
		}
		// Before the first release nothing can answer.
		if i.Target != "healthy" && r.Current != "" {
			ill = append(ill, strings.TrimSuffix(fmt.Sprintf("%s is %s: %s", i.ID, orUnknown(i.Target), i.Why), ": "))
		}
	}
	if len(ill) > 0 && !w.Urgent && !slices.ContainsFunc(r.UnderWay, Deployment.toAll) {
		r.problem("keyedin status shows it; to deploy all the same, such as what mends it: --force",
			"the load balancer does not find every instance well: %s", strings.Join(ill, "; "))
	}
	if w.Command && reached == 0 {
		r.problem("keyedin status; to deploy without the command: --no-before",
			"Systems Manager reaches no instance, and the command before the deployment runs through it")
	}
}

func orUnknown(state string) string {
	if state == "" {
		return "not registered"
	}
	return state
}

func states(f Fleet) string {
	if len(f.Instances) == 0 {
		return "the group is empty"
	}
	var all []string
	for _, i := range f.Instances {
		all = append(all, i.ID+" is "+i.State)
	}
	return strings.Join(all, ", ")
}

// judgeOthers looks for what is going on beside.
func (r *Ready) judgeOthers(w Wish) {
	for _, d := range r.UnderWay {
		if !d.toAll() {
			continue
		}
		r.problem("follow it with keyedin deploy --attach, or end it with keyedin deploy --abort", "%s", d.Sentence())
	}
	if w.Urgent {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(r.Alarms)) {
		r.problem("look at it with keyedin status; if the last release is the cause: keyedin rollback; to deploy all the same, such as what mends it: --force",
			"the alarm %s is on, and would stop the deployment: %s", name, r.Alarms[name])
	}
}

// Sentence says which deployment is under way, and whose it is.
func (d Deployment) Sentence() string {
	text := "deployment " + d.ID
	if d.Version != "" {
		text += " of " + d.Version
	}
	switch {
	case d.By != "":
		text += " by " + d.By
	case d.RollbackOf != "":
		text += ", which takes back " + d.RollbackOf + ","
	case d.Creator != "" && d.Creator != "user":
		text += " (" + d.Creator + ")"
	}
	return text + " is under way since " + d.Created.UTC().Format("15:04:05") + " UTC"
}
