"""Service Quotas: the default quotas that an environment may meet."""

from gateway.errors import AwsError
from gateway.registry import mend

# general reference of each service: name and default of each quota code.
QUOTAS = {
    "vpc": {"L-F678F1CE": ("VPCs per Region", 5), "L-A4707A72": ("Internet gateways per Region", 5),
            "L-407747CB": ("Subnets per VPC", 200), "L-E79EC296": ("VPC security groups per Region", 2500),
            "L-FE5A380F": ("NAT gateways per Availability Zone", 5),
            "L-1B52E74A": ("Gateway VPC endpoints per Region", 20),
            "L-0EA8095F": ("Inbound or outbound rules per security group", 60)},
    "ec2": {"L-0263D0A3": ("EC2-VPC Elastic IPs", 5),
            "L-1216C47A": ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5),
            "L-34B43A08": ("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 5)},
    "elasticloadbalancing": {"L-53DA6B97": ("Application Load Balancers per Region", 50),
                             "L-B22855CB": ("Target Groups per Region", 3000)},
    "autoscaling": {"L-CDE20ADC": ("Auto Scaling groups per region", 500)},
    "rds": {"L-952B80B8": ("DB clusters", 40), "L-7B6409FD": ("DB instances", 40),
            "L-48C6BF61": ("DB subnet groups", 50), "L-E4C808A8": ("DB cluster parameter groups", 50)},
    "s3": {"L-DC2B2D3D": ("General purpose buckets", 10000)},
    "iam": {"L-FE177D64": ("Roles per account", 1000), "L-6E65F664": ("Instance profiles per account", 1000)},
    "acm": {"L-F141DD1D": ("ACM certificates", 2500), "L-FB94F0B0": ("Domain names per ACM certificate", 10)},
    "route53": {"L-4EA4796A": ("Hosted zones", 500)},
    "ecr": {"L-CFEB8E8D": ("Registered repositories", 100000)},
}


def _quota(call, service, code):
    name, value = QUOTAS[service][code]
    return {"ServiceCode": service, "ServiceName": service, "QuotaCode": code, "QuotaName": name, "Value": float(value),
            "Unit": "None", "Adjustable": True, "GlobalQuota": service in ("iam", "route53"),
            "QuotaArn": f"arn:aws:servicequotas:{call.region}:{call.account}:{service}/{code}"}


@mend("service-quotas", "GetServiceQuota", "GetAWSDefaultServiceQuota")
def one(call):
    """API_GetServiceQuota.html."""
    service, code = call.params["ServiceCode"], call.params["QuotaCode"]
    if code not in QUOTAS.get(service, {}):
        raise AwsError("NoSuchResourceException", "The request failed because the specified service quota does not exist.")
    return {"Quota": _quota(call, service, code)}


@mend("service-quotas", "ListServiceQuotas", "ListAWSDefaultServiceQuotas")
def every(call):
    """API_ListServiceQuotas.html."""
    service = call.params["ServiceCode"]
    if service not in QUOTAS:
        raise AwsError("NoSuchResourceException", "The request failed because the specified service does not exist.")
    return {"Quotas": [_quota(call, service, code) for code in QUOTAS[service]]}
