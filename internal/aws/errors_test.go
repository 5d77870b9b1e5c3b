package aws

import (
	"testing"

	"github.com/aws/smithy-go"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

func TestCodesMeanWhatTheyDoInTheirCall(t *testing.T) {
	for _, test := range []struct {
		operation, code string
		want            engine.Meaning
	}{
		{"CreateVpcEndpoint", "InvalidRouteTableId.NotFound", engine.NotYet},
		{"CreateVpcEndpoint", "InvalidRouteTableID.NotFound", engine.NotYet},
		{"CreateSubnet", "InvalidVpcId.NotFound", engine.NotYet},
		{"DeleteSubnet", "InvalidSubnetID.NotFound", engine.NotFound},
		{"DeleteSubnet", "InvalidSubnetId.NotFound", engine.NotFound},
		{"DeleteSubnet", "DependencyViolation", engine.Busy},
		{"CreateListener", "UnsupportedCertificate", engine.NotYet},
		{"CreateAutoScalingGroup", "ServiceLinkedRoleFailure", engine.NotYet},
		{"CreateDBSubnetGroup", "InvalidSubnet", engine.NotYet},
		{"CreateLoadBalancer", "InvalidSubnet", engine.Other},
		{"DeleteAutoScalingGroup", "ResourceInUse", engine.Busy},
		{"CreateLoadBalancer", "TooManyLoadBalancers", engine.Quota},
		{"CreateVpc", "NoSuchCode", engine.Other},
	} {
		err := &smithy.OperationError{OperationName: test.operation, Err: &smithy.GenericAPIError{Code: test.code}}
		if got := Classify(err); got != test.want {
			t.Errorf("%s: %s means %v, want %v", test.operation, test.code, got, test.want)
		}
	}
}
