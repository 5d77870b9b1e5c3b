package bench_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/smithy-go"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// TestQuotasAreToldAndEnforced sets a quota of an account that is not stern otherwise.
func TestQuotasAreToldAndEnforced(t *testing.T) {
	t.Parallel()
	b := bench.Start(t)
	b.Stern(t, bench.Stern{Calm: true, Quotas: map[string]float64{"L-F678F1CE": 2}})
	told, err := servicequotas.NewFromConfig(b.Config()).GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{
		ServiceCode: aws.String("vpc"), QuotaCode: aws.String("L-F678F1CE")})
	if err != nil || aws.ToFloat64(told.Quota.Value) != 2 {
		t.Errorf("it is told as %v, %v", told, err)
	}
	client := ec2.NewFromConfig(b.Config())
	network := &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}
	if _, err := client.CreateVpc(t.Context(), network); err != nil { // beside the default one
		t.Fatal(err)
	}
	var refused smithy.APIError
	if _, err := client.CreateVpc(t.Context(), network); !errors.As(err, &refused) || refused.ErrorCode() != "VpcLimitExceeded" {
		t.Errorf("one more is answered with %v", err)
	}
}
