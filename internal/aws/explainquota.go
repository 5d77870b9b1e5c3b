package aws

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
)

// QuotaReached: the account has as many of something as it may.
type QuotaReached struct {
	why
	// Name is what AWS calls the quota; Service and Code are what to ask for it by,
	// and Code is empty when it is not known here.
	Name, Service, Code string
	Region              string
}

func (e *QuotaReached) isGlobal() bool { return false }

func (e *QuotaReached) words() string {
	if e.Code == "" {
		return fmt.Sprintf("a quota of the account is reached (%s: %s).\nAsk for more: https://console.aws.amazon.com/servicequotas/home/services/%s/quotas", e.code, e.message, e.Service)
	}
	return fmt.Sprintf("the account's quota %q is reached (%s).\nSee it: aws service-quotas get-service-quota --service-code %s --quota-code %s --region %s\n"+
		"Ask for more: aws service-quotas request-service-quota-increase --service-code %s --quota-code %s --region %s --desired-value NUMBER; or delete what is no longer needed",
		e.Name, e.code, e.Service, e.Code, e.Region, e.Service, e.Code, e.Region)
}

func (e *QuotaReached) Error() string { return e.with(e.words()) }

// quotas are the names under which Service Quotas knows what errors complain
// of, by "service code of the SDK:error code".
// https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
var quotas = map[string]QuotaReached{
	"EC2:VpcLimitExceeded":                           {Name: "VPCs per Region", Service: "vpc", Code: "L-F678F1CE"},
	"EC2:InternetGatewayLimitExceeded":               {Name: "Internet gateways per Region", Service: "vpc", Code: "L-A4707A72"},
	"EC2:SubnetLimitExceeded":                        {Name: "Subnets per VPC", Service: "vpc", Code: "L-407747CB"},
	"EC2:NatGatewayLimitExceeded":                    {Name: "NAT gateways per Availability Zone", Service: "vpc", Code: "L-FE5A380F"},
	"EC2:VpcEndpointLimitExceeded":                   {Name: "Gateway VPC endpoints per Region", Service: "vpc", Code: "L-1B52E74A"},
	"EC2:SecurityGroupLimitExceeded":                 {Name: "VPC security groups per Region", Service: "vpc", Code: "L-E79EC296"},
	"EC2:AddressLimitExceeded":                       {Name: "EC2-VPC Elastic IPs", Service: "ec2", Code: "L-0263D0A3"},
	"EC2:VcpuLimitExceeded":                          {Name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", Service: "ec2", Code: "L-1216C47A"},
	"EC2:MaxSpotInstanceCountExceeded":               {Name: "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", Service: "ec2", Code: "L-34B43A08"},
	"Elastic Load Balancing v2:TooManyLoadBalancers": {Name: "Application Load Balancers per Region", Service: "elasticloadbalancing", Code: "L-53DA6B97"},
	"Elastic Load Balancing v2:TooManyTargetGroups":  {Name: "Target Groups per Region", Service: "elasticloadbalancing", Code: "L-B22855CB"},
	"Auto Scaling:LimitExceeded":                     {Name: "Auto Scaling groups per Region", Service: "autoscaling", Code: "L-CDE20ADC"},
	"ACM:LimitExceededException":                     {Name: "ACM certificates", Service: "acm", Code: "L-F141DD1D"},
	"IAM:LimitExceeded":                              {Name: "Roles per account", Service: "iam", Code: "L-FE177D64"},
	"RDS:DBClusterQuotaExceededFault":                {Name: "DB clusters", Service: "rds", Code: "L-952B80B8"},
	"RDS:InstanceQuotaExceeded":                      {Name: "DB instances", Service: "rds", Code: "L-7B6409FD"},
	"RDS:DBSubnetGroupQuotaExceeded":                 {Name: "DB subnet groups", Service: "rds", Code: "L-48C6BF61"},
	"RDS:DBParameterGroupQuotaExceeded":              {Name: "DB cluster parameter groups", Service: "rds", Code: "L-E4C808A8"},
	"S3:TooManyBuckets":                              {Name: "General purpose buckets", Service: "s3", Code: "L-DC2B2D3D"},
}

func (c *Clients) quota(w why) error {
	e := QuotaReached{}
	var call *smithy.OperationError
	if errors.As(w.Err, &call) {
		known, ok := quotas[call.Service()+":"+w.code]
		if ok {
			e = known
		} else {
			e.Service = servicePrefix(call.Service())
		}
	}
	e.why, e.Region = w, c.region()
	return &e
}
