"""A whole environment: built, built once more without a second of anything, taken down in the wrong and the right order."""

import json

import pytest
from conftest import refused

AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


def trust(service):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


def network(aws, e):
    e.vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    e.gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=e.gateway, VpcId=e.vpc)
    e.subnets = [aws.ec2.create_subnet(VpcId=e.vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]
                 ["SubnetId"] for i, z in enumerate("abc")]
    e.table = aws.ec2.create_route_table(VpcId=e.vpc, ClientToken="table")["RouteTable"]["RouteTableId"]
    aws.ec2.create_route(RouteTableId=e.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=e.gateway)
    e.associations = [aws.ec2.associate_route_table(RouteTableId=e.table, SubnetId=s)["AssociationId"] for s in e.subnets]
    e.endpoint = aws.ec2.create_vpc_endpoint(VpcId=e.vpc, ServiceName="com.amazonaws.us-east-1.s3", ClientToken="s3",
                                             RouteTableIds=[e.table])["VpcEndpoint"]["VpcEndpointId"]
    e.door, e.app, e.data = [aws.ec2.create_security_group(GroupName=n, Description=n, VpcId=e.vpc)["GroupId"]
                             for n in ("door", "app", "data")]
    for inner, outer, port in ((e.app, e.door, 80), (e.data, e.app, 3306)):
        aws.ec2.authorize_security_group_ingress(GroupId=inner, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": outer}]}])


def permissions(aws, e):
    aws.iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    aws.iam.put_role_policy(RoleName="web", PolicyName="own", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}))
    aws.iam.create_instance_profile(InstanceProfileName="web")
    aws.iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    e.deploy = aws.iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=trust("codedeploy.amazonaws.com"))["Role"][
        "Arn"]


def edge(aws, e):
    e.zone = aws.route53.create_hosted_zone(Name="example.com", CallerReference="one")["HostedZone"]["Id"].split("/")[-1]
    e.certificate = aws.acm.request_certificate(DomainName="example.com", ValidationMethod="DNS")["CertificateArn"]
    option, = aws.acm.describe_certificate(CertificateArn=e.certificate)["Certificate"]["DomainValidationOptions"]
    e.record = {"Name": option["ResourceRecord"]["Name"], "Type": "CNAME", "TTL": 300,
                "ResourceRecords": [{"Value": option["ResourceRecord"]["Value"]}]}
    records(aws, e, "UPSERT", e.record)
    e.balancer = aws.elbv2.create_load_balancer(Name="web", Subnets=e.subnets, SecurityGroups=[e.door])["LoadBalancers"][0]
    e.targets = aws.elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=e.vpc)["TargetGroups"][0][
        "TargetGroupArn"]
    aws.elbv2.create_listener(LoadBalancerArn=e.balancer["LoadBalancerArn"], Protocol="HTTPS", Port=443,
                              Certificates=[{"CertificateArn": e.certificate}], SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
                              DefaultActions=[{"Type": "forward", "TargetGroupArn": e.targets}])
    e.alias = {"Name": "example.com.", "Type": "A", "AliasTarget": {
        "HostedZoneId": e.balancer["CanonicalHostedZoneId"], "DNSName": e.balancer["DNSName"], "EvaluateTargetHealth": True}}
    records(aws, e, "UPSERT", e.alias)


def records(aws, e, action, record):
    aws.route53.change_resource_record_sets(HostedZoneId=e.zone, ChangeBatch={
        "Changes": [{"Action": action, "ResourceRecordSet": record}]})


def compute(aws, e):
    image = aws.ssm.get_parameter(Name=AL2023)["Parameter"]["Value"]
    data = {"ImageId": image, "IamInstanceProfile": {"Name": "web"}, "MetadataOptions": {"HttpTokens": "required"},
            "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": [e.app]}]}
    e.template = aws.ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data, ClientToken="lt")[
        "LaunchTemplate"]["LaunchTemplateId"]
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=2, MaxSize=4, VPCZoneIdentifier=",".join(e.subnets), TargetGroupARNs=[e.targets],
        HealthCheckType="ELB", HealthCheckGracePeriod=300, MixedInstancesPolicy={
            "LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": e.template, "Version": "1"},
                               "Overrides": [{"InstanceType": "t3.small"}, {"InstanceType": "t3a.small"}]},
            "InstancesDistribution": {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 0}})
    aws.codedeploy.create_application(applicationName="web")
    aws.codedeploy.create_deployment_group(applicationName="web", deploymentGroupName="web", serviceRoleArn=e.deploy,
                                           autoScalingGroups=["web"])


def data(aws, e):
    aws.rds.create_db_subnet_group(DBSubnetGroupName="main", DBSubnetGroupDescription="d", SubnetIds=e.subnets)
    aws.rds.create_db_cluster(DBClusterIdentifier="main", Engine="aurora-mysql", MasterUsername="root_user",
                              ManageMasterUserPassword=True, DBSubnetGroupName="main", VpcSecurityGroupIds=[e.data])
    aws.rds.create_db_instance(DBInstanceIdentifier="main-1", DBClusterIdentifier="main", Engine="aurora-mysql",
                               DBInstanceClass="db.t4g.medium")


class Environment:
    """The ids of what was built."""


@pytest.fixture
def env(aws):
    e = Environment()
    for part in (network, permissions, edge, compute, data):
        part(aws, e)
    return e


def test_it_runs(aws, env):
    for _ in range(2):
        aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])
        health = aws.elbv2.describe_target_health(TargetGroupArn=env.targets)["TargetHealthDescriptions"]
    assert [t["TargetHealth"]["State"] for t in health] == ["healthy", "healthy"]
    assert aws.acm.describe_certificate(CertificateArn=env.certificate)["Certificate"]["InUseBy"] == [
        env.balancer["LoadBalancerArn"]]


def test_wrong_order_is_refused(aws, env):
    for code, call, params in [
            ("DependencyViolation", aws.ec2.delete_vpc, {"VpcId": env.vpc}),
            ("DependencyViolation", aws.ec2.delete_subnet, {"SubnetId": env.subnets[0]}),
            ("DependencyViolation", aws.ec2.delete_route_table, {"RouteTableId": env.table}),
            ("DependencyViolation", aws.ec2.detach_internet_gateway, {"InternetGatewayId": env.gateway, "VpcId": env.vpc}),
            ("DependencyViolation", aws.ec2.delete_internet_gateway, {"InternetGatewayId": env.gateway}),
            ("DependencyViolation", aws.ec2.delete_security_group, {"GroupId": env.door}),
            ("DependencyViolation", aws.ec2.delete_security_group, {"GroupId": env.app}),
            ("DependencyViolation", aws.ec2.delete_security_group, {"GroupId": env.data}),
            ("ResourceInUse", aws.elbv2.delete_target_group, {"TargetGroupArn": env.targets}),
            ("ResourceInUseException", aws.acm.delete_certificate, {"CertificateArn": env.certificate}),
            ("HostedZoneNotEmpty", aws.route53.delete_hosted_zone, {"Id": env.zone}),
            ("ResourceInUse", aws.autoscaling.delete_auto_scaling_group, {"AutoScalingGroupName": "web"}),
            ("DeleteConflict", aws.iam.delete_role, {"RoleName": "web"}),
            ("DeleteConflict", aws.iam.delete_instance_profile, {"InstanceProfileName": "web"}),
            ("InvalidDBSubnetGroupStateFault", aws.rds.delete_db_subnet_group, {"DBSubnetGroupName": "main"}),
            ("InvalidDBClusterStateFault", aws.rds.delete_db_cluster, {"DBClusterIdentifier": "main",
                                                                       "SkipFinalSnapshot": True})]:
        refused(code, call, **params)


def test_right_order_leaves_nothing(aws, env):
    aws.codedeploy.delete_deployment_group(applicationName="web", deploymentGroupName="web")
    aws.codedeploy.delete_application(applicationName="web")
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    aws.ec2.delete_launch_template(LaunchTemplateId=env.template)
    aws.elbv2.delete_load_balancer(LoadBalancerArn=env.balancer["LoadBalancerArn"])
    aws.elbv2.delete_target_group(TargetGroupArn=env.targets)
    aws.acm.delete_certificate(CertificateArn=env.certificate)
    for record in (env.alias, env.record):
        records(aws, env, "DELETE", record)
    aws.route53.delete_hosted_zone(Id=env.zone)
    aws.rds.delete_db_instance(DBInstanceIdentifier="main-1")
    aws.rds.delete_db_cluster(DBClusterIdentifier="main", SkipFinalSnapshot=True)
    aws.rds.delete_db_subnet_group(DBSubnetGroupName="main")
    aws.iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="web")
    aws.iam.delete_instance_profile(InstanceProfileName="web")
    aws.iam.delete_role_policy(RoleName="web", PolicyName="own")
    for name in ("web", "deploy"):
        aws.iam.delete_role(RoleName=name)
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[env.endpoint])
    for group in (env.data, env.app, env.door):
        aws.ec2.delete_security_group(GroupId=group)
    for association in env.associations:
        aws.ec2.disassociate_route_table(AssociationId=association)
    aws.ec2.delete_route_table(RouteTableId=env.table)
    for subnet in env.subnets:
        aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.detach_internet_gateway(InternetGatewayId=env.gateway, VpcId=env.vpc)
    aws.ec2.delete_internet_gateway(InternetGatewayId=env.gateway)
    aws.ec2.delete_vpc(VpcId=env.vpc)
    live = [i for r in aws.ec2.describe_instances()["Reservations"] for i in r["Instances"]
            if i["State"]["Name"] != "terminated"]
    assert live == [] and aws.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert aws.secretsmanager.list_secrets()["SecretList"] == []
