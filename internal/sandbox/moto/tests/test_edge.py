"""Zones, records and certificates behave as the API references of Route 53 and ACM say."""

import pytest
from conftest import refused


@pytest.fixture
def zone(aws):
    return aws.route53.create_hosted_zone(Name="Example.com", CallerReference="r1")["HostedZone"]["Id"].split("/")[-1]


def change(aws, zone, action, name, kind="A", values=("192.0.2.1",), ttl=300, **more):
    record = {"Name": name, "Type": kind} | (more or {"TTL": ttl, "ResourceRecords": [{"Value": v} for v in values]})
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": record}]}}


def records(aws, zone):
    return {(r["Name"], r["Type"]): r for r in aws.route53.list_resource_record_sets(HostedZoneId=zone)[
        "ResourceRecordSets"]}


def test_zone_references(aws, zone):
    refused("HostedZoneAlreadyExists", aws.route53.create_hosted_zone, Name="other.com", CallerReference="r1")
    found = aws.route53.get_hosted_zone(Id=zone)
    assert found["HostedZone"]["Name"] == "example.com." and len(found["DelegationSet"]["NameServers"]) == 4
    assert set(records(aws, zone)) == {("example.com.", "NS"), ("example.com.", "SOA")}


def test_records(aws, zone):
    call = aws.route53.change_resource_record_sets
    call(**change(aws, zone, "CREATE", "*.Example.com"))
    assert ("\\052.example.com.", "A") in records(aws, zone)
    refused("InvalidChangeBatch", call, **change(aws, zone, "CREATE", "*.example.com"))
    refused("InvalidChangeBatch", call, **change(aws, zone, "DELETE", "*.example.com", values=["192.0.2.9"]))
    refused("InvalidChangeBatch", call, **change(aws, zone, "DELETE", "absent.example.com"))
    refused("HostedZoneNotEmpty", aws.route53.delete_hosted_zone, Id=zone)
    both = change(aws, zone, "UPSERT", "new.example.com")
    both["ChangeBatch"]["Changes"] += change(aws, zone, "DELETE", "absent.example.com")["ChangeBatch"]["Changes"]
    refused("InvalidChangeBatch", call, **both)
    assert ("new.example.com.", "A") not in records(aws, zone)
    call(**change(aws, zone, "UPSERT", "example.com", AliasTarget={
        "HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": "lb.us-east-1.elb.amazonaws.com", "EvaluateTargetHealth": False}))
    alias = records(aws, zone)["example.com.", "A"]
    assert alias["AliasTarget"]["DNSName"] == "lb.us-east-1.elb.amazonaws.com." and "TTL" not in alias
    call(**change(aws, zone, "DELETE", "*.example.com"))
    call(**change(aws, zone, "DELETE", "example.com", AliasTarget=alias["AliasTarget"]))
    aws.route53.delete_hosted_zone(Id=zone)
    refused("NoSuchHostedZone", aws.route53.get_hosted_zone, Id=zone)


def test_certificate_is_issued_by_its_records(aws, zone):
    ask = {"DomainName": "example.com", "SubjectAlternativeNames": ["www.example.com"], "ValidationMethod": "DNS",
           "IdempotencyToken": "t"}
    arn = aws.acm.request_certificate(**ask)["CertificateArn"]
    assert aws.acm.request_certificate(**ask)["CertificateArn"] == arn

    def certificate():
        return aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]

    found = certificate()
    assert found["Status"] == "PENDING_VALIDATION"
    assert found["SubjectAlternativeNames"] == ["example.com", "www.example.com"]
    needed = [o["ResourceRecord"] for o in found["DomainValidationOptions"]]
    assert len({r["Name"] for r in needed}) == 2 and all(r["Value"].endswith(".") for r in needed)
    for record in needed[:1]:
        aws.route53.change_resource_record_sets(**change(aws, zone, "CREATE", record["Name"], "CNAME", [record["Value"]]))
    assert certificate()["Status"] == "PENDING_VALIDATION"
    for record in needed[1:]:
        aws.route53.change_resource_record_sets(**change(aws, zone, "CREATE", record["Name"], "CNAME", [record["Value"]]))
    found = certificate()
    assert found["Status"] == "ISSUED" and {o["ValidationStatus"] for o in found["DomainValidationOptions"]} == {"SUCCESS"}
    listed, = aws.acm.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]
    assert listed["CertificateArn"] == arn


def test_certificate_in_use_stays(aws, zone):
    arn = aws.acm.request_certificate(DomainName="example.com", ValidationMethod="DNS")["CertificateArn"]
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"][
        "SubnetId"] for i, z in enumerate("ab")]
    balancer = aws.elbv2.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    listen = {"LoadBalancerArn": balancer, "Protocol": "HTTPS", "Port": 443, "Certificates": [{"CertificateArn": arn}],
              "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]}
    refused("UnsupportedCertificate", aws.elbv2.create_listener, **listen)
    for option in aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]:
        record = option["ResourceRecord"]
        aws.route53.change_resource_record_sets(**change(aws, zone, "CREATE", record["Name"], "CNAME", [record["Value"]]))
    assert aws.elbv2.create_listener(**listen)["Listeners"][0]["SslPolicy"]
    refused("ResourceInUseException", aws.acm.delete_certificate, CertificateArn=arn)
    aws.elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    aws.acm.delete_certificate(CertificateArn=arn)
