package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// ServiceLinkedRole lets a service act in this account. There is one for each
// service, and AWS names it.
type ServiceLinkedRole struct {
	// Service is the principal, such as SpotService.
	Service string `json:"service"`
}

// Services whose role has to be there before they are used.
const (
	// SpotService starts spot instances; without its role a group that asks for
	// them only ever reports failed launches.
	SpotService = "spot.amazonaws.com"
	// RDSService runs databases. It makes its role by itself at the first use in an
	// account, does not wait for it, and refuses that first use.
	// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html
	RDSService = "rds.amazonaws.com"
)

// Kind implements engine.Spec.
func (ServiceLinkedRole) Kind() string { return "service-linked-role" }

// Fixed implements engine.Fixer.
func (ServiceLinkedRole) Fixed() []string { return []string{"service"} }

// Keeps implements engine.Kept.
func (ServiceLinkedRole) Keeps() string {
	return "it belongs to the account, and whatever else uses the service needs it"
}

// NoTags implements engine.Untagged.
func (ServiceLinkedRole) NoTags() {}

type serviceLinkedRoles struct{ *Clients }

// Read looks under the path that AWS gives a service's role, which is known,
// rather than by its name, which follows no rule. One that is recorded is there:
// AWS does not delete it while its service is in use, and services make it
// again with the next thing that needs it.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
func (d serviceLinkedRoles) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[ServiceLinkedRole], error) {
	var lives []engine.Live[ServiceLinkedRole]
	for _, k := range scope.Of("service-linked-role") {
		service := k.Document.Text("service")
		if k.ID != "" {
			lives = append(lives, serviceLinkedRole(k.Address, k.ID, service))
			continue
		}
		out, err := d.IAM.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("/aws-service-role/" + service + "/")})
		if err != nil {
			return nil, err
		}
		for _, r := range out.Roles {
			lives = append(lives, serviceLinkedRole(k.Address, aws.ToString(r.RoleName), service))
		}
	}
	return lives, nil
}

func serviceLinkedRole(address, name, service string) engine.Live[ServiceLinkedRole] {
	return engine.Live[ServiceLinkedRole]{Address: address, ID: name, Spec: ServiceLinkedRole{Service: service}}
}

// Create's "taken in this account" is found by the engine as what it looked for.
func (d serviceLinkedRoles) Create(ctx context.Context, _ engine.Identity, s ServiceLinkedRole) error {
	_, err := d.IAM.CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(s.Service)})
	return err
}

// Update has nothing it could be asked for.
func (d serviceLinkedRoles) Update(context.Context, engine.Live[ServiceLinkedRole], ServiceLinkedRole, engine.Fields) error {
	return nil
}

// Delete is never asked of a kind that is kept.
func (d serviceLinkedRoles) Delete(_ context.Context, is engine.Live[ServiceLinkedRole]) error {
	return errors.New("the role of " + is.Spec.Service + " is the account's: delete it in the IAM console once nothing there uses the service")
}
