"""What AWS refuses and reads beside the usual ways, service by service."""

import json

import pytest
from conftest import refused

AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
NOWHERE = "arn:aws:elasticloadbalancing:us-east-1:123456789012:{}/app/a/0123456789abcdef"


@pytest.fixture
def vpc(aws):
    return aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def subnets(aws, vpc):
    return [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"][
        "SubnetId"] for i, z in enumerate("ab")]


@pytest.fixture
def template(aws):
    image = aws.ssm.get_parameter(Name=AL2023)["Parameter"]["Value"]
    return aws.ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={
        "ImageId": image, "InstanceType": "t3.micro"})["LaunchTemplate"]["LaunchTemplateId"]


@pytest.fixture
def group(aws, template, subnets):
    aws.autoscaling.create_auto_scaling_group(AutoScalingGroupName="web", MinSize=1, MaxSize=2, VPCZoneIdentifier=subnets[0],
                                              LaunchTemplate={"LaunchTemplateId": template, "Version": "1"})
    return "web"


def test_group_of_a_plain_template(aws, group, subnets):
    def instances():
        return aws.autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]

    first = instances()[0]
    assert (first["InstanceType"], first["LaunchTemplate"]["Version"]) == ("t3.micro", "1")
    aws.autoscaling.set_instance_health(InstanceId=first["InstanceId"], HealthStatus="Unhealthy")
    assert instances()[0]["InstanceId"] != first["InstanceId"]
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", VPCZoneIdentifier=subnets[1], MinSize=2)
    zones = {i["AvailabilityZone"] for i in aws.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"]}
    assert zones == {"us-east-1a", "us-east-1b"}


def test_refresh_refusals(aws, group, template):
    start = aws.autoscaling.start_instance_refresh
    newest = {"LaunchTemplate": {"LaunchTemplateId": template, "Version": "$Latest"}}
    for wrong in ({"Preferences": {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 200}},
                  {"Preferences": {"AutoRollback": True}},
                  {"Preferences": {"AutoRollback": True}, "DesiredConfiguration": newest}):
        refused("ValidationError", start, AutoScalingGroupName="web", **wrong)
    refused("ActiveInstanceRefreshNotFound", aws.autoscaling.rollback_instance_refresh, AutoScalingGroupName="web")
    start(AutoScalingGroupName="web", DesiredConfiguration=newest)
    refused("IrreversibleInstanceRefresh", aws.autoscaling.rollback_instance_refresh, AutoScalingGroupName="web")


@pytest.mark.parametrize("rollback,end", [(False, "Failed"), (True, "RollbackSuccessful")])
def test_refresh_fails(aws, group, template, rollback, end):
    own = [i["InstanceId"] for i in aws.autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]]
    image = aws.ec2.create_image(InstanceId=own[0], Name="baked")["ImageId"]
    aws.ec2.create_launch_template_version(LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={"ImageId": image})
    aws.autoscaling.start_instance_refresh(
        AutoScalingGroupName="web", Preferences={"AutoRollback": rollback},
        DesiredConfiguration={"LaunchTemplate": {"LaunchTemplateId": template, "Version": "2"}})
    aws.ec2.deregister_image(ImageId=image)
    for _ in range(4):
        last = aws.autoscaling.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"][0]
    assert last["Status"] == end and image in last["StatusReason"]


def test_policies_that_say_too_little(aws, group):
    put = {"AutoScalingGroupName": "web", "PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    refused("ValidationError", aws.autoscaling.put_scaling_policy, **put)
    refused("ValidationError", aws.autoscaling.put_scaling_policy, **put, TargetTrackingConfiguration={
        "TargetValue": 1, "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"}})
    refused("ValidationError", aws.autoscaling.describe_policies, AutoScalingGroupName="absent")


def test_groups_of_codedeploy(aws):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
        "Service": "codedeploy.amazonaws.com"}}]}
    role = aws.iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    aws.codedeploy.create_application(applicationName="app")
    new = {"applicationName": "app", "deploymentGroupName": "g", "serviceRoleArn": role}
    for code, more in [("DeploymentConfigDoesNotExistException", {"deploymentConfigName": "CodeDeployDefault.Never"}),
                       ("InvalidTriggerConfigException", {"triggerConfigurations": [
                           {"triggerName": "t", "triggerTargetArn": "arn:aws:sns:us-east-1:1:a", "triggerEvents": []}]}),
                       ("InvalidAutoRollbackConfigException", {"autoRollbackConfiguration": {
                           "enabled": True, "events": ["DEPLOYMENT_STOP_ON_ALARM"]}})]:
        refused(code, aws.codedeploy.create_deployment_group, **new, **more)
    aws.codedeploy.create_deployment_group(**new, tags=[{"Key": "a", "Value": "b"}])
    aws.codedeploy.update_deployment_group(applicationName="app", currentDeploymentGroupName="g", newDeploymentGroupName="h")
    assert aws.codedeploy.list_deployment_groups(applicationName="app")["deploymentGroups"] == ["h"]
    found = aws.codedeploy.batch_get_deployment_groups(applicationName="app", deploymentGroupNames=["h", "g"])
    assert [g["deploymentGroupName"] for g in found["deploymentGroupsInfo"]] == ["h"]
    arn = f"arn:aws:codedeploy:us-east-1:{aws.number}:deploymentgroup:app/"
    assert aws.codedeploy.list_tags_for_resource(ResourceArn=arn + "h")["Tags"]
    refused("DeploymentGroupDoesNotExistException", aws.codedeploy.list_tags_for_resource, ResourceArn=arn + "g")
    refused("DeploymentGroupNameRequiredException", aws.codedeploy.create_deployment, applicationName="app")
    refused("DeploymentGroupNameRequiredException", aws.codedeploy.list_deployments, applicationName="app")
    refused("DeploymentDoesNotExistException", aws.codedeploy.get_deployment, deploymentId="d-1")
    assert aws.codedeploy.batch_get_deployments(deploymentIds=["d-1"])["deploymentsInfo"] == []
    aws.codedeploy.delete_application(applicationName="app")
    refused("ApplicationDoesNotExistException", aws.codedeploy.list_deployment_groups, applicationName="app")


def test_alarm_calls(aws):
    alarm = {"AlarmName": "a", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
             "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    refused("ValidationError", aws.cloudwatch.put_metric_alarm, **{**alarm, "Period": 86400, "EvaluationPeriods": 8})
    refused("ValidationError", aws.cloudwatch.put_metric_alarm, **alarm, AlarmActions=["arn:aws:sns:us-east-1:1:a"])
    refused("ValidationError", aws.cloudwatch.put_metric_alarm, **{k: v for k, v in alarm.items() if k != "MetricName"})
    for name in "abc":
        aws.cloudwatch.put_metric_alarm(**{**alarm, "AlarmName": name})
    first = aws.cloudwatch.describe_alarms(MaxRecords=2)
    rest = aws.cloudwatch.describe_alarms(MaxRecords=2, NextToken=first["NextToken"])
    assert [a["AlarmName"] for a in first["MetricAlarms"] + rest["MetricAlarms"]] == ["a", "b", "c"]
    refused("InvalidParameterCombination", aws.cloudwatch.describe_alarms, AlarmNames=["a"], AlarmNamePrefix="a")
    aws.cloudwatch.disable_alarm_actions(AlarmNames=["a"])
    assert not aws.cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["ActionsEnabled"]
    arn = first["MetricAlarms"][0]["AlarmArn"]
    aws.cloudwatch.delete_alarms(AlarmNames=["a"])
    refused("ResourceNotFoundException", aws.cloudwatch.list_tags_for_resource, ResourceARN=arn)


def test_rules_of_security_groups(aws, vpc):
    key = aws.ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    wide = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "a"}]}
    for code, permission in [
            ("InvalidParameterValue", {**wide, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "ü"}]}),
            ("InvalidParameterValue", {k: v for k, v in wide.items() if k != "ToPort"}),
            ("InvalidPrefixListId.NotFound", {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-00000000"}]})]:
        refused(code, aws.ec2.authorize_security_group_ingress, GroupId=key, IpPermissions=[permission])
    refused("InvalidGroup.NotFound", aws.ec2.authorize_security_group_ingress, GroupId="sg-00000000000000000",
            IpPermissions=[wide])
    made = aws.ec2.authorize_security_group_ingress(GroupId=key, IpPermissions=[wide])["SecurityGroupRules"][0]
    other = {**wide, "FromPort": 443, "ToPort": 443}
    refused("InvalidPermission.Duplicate", aws.ec2.authorize_security_group_ingress, GroupId=key, IpPermissions=[other, wide])
    refused("InvalidPermission.NotFound", aws.ec2.revoke_security_group_ingress, GroupId=key, IpPermissions=[wide, other])

    def rules():
        found = aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])
        return found["SecurityGroupRules"][0].get("Description")

    bare = {**wide, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    aws.ec2.update_security_group_rule_descriptions_ingress(GroupId=key, IpPermissions=[bare])
    assert rules() is None
    refused("InvalidPermission.NotFound", aws.ec2.update_security_group_rule_descriptions_ingress, GroupId=key,
            IpPermissions=[other])
    aws.ec2.modify_security_group_rules(GroupId=key, SecurityGroupRules=[{
        "SecurityGroupRuleId": made["SecurityGroupRuleId"], "SecurityGroupRule": {
            "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": "0.0.0.0/0", "Description": "new"}}])
    assert rules() == "new"


def test_network_refusals(aws, vpc, subnets, template):
    refused("NatGatewayNotFound", aws.ec2.delete_nat_gateway, NatGatewayId="nat-00000000000000000")
    service = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.s3"}
    refused("InvalidRouteTableId.NotFound", aws.ec2.create_vpc_endpoint, **service, RouteTableIds=["rtb-00000000"])
    endpoint = aws.ec2.create_vpc_endpoint(**service)["VpcEndpoint"]["VpcEndpointId"]
    found = aws.ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-endpoint-id", "Values": [endpoint]}])["VpcEndpoints"]
    assert [e["VpcEndpointId"] for e in found] == [endpoint]
    refused("InvalidVpcEndpointId.NotFound", aws.ec2.modify_vpc_endpoint, VpcEndpointId="vpce-00000000000000000")
    refused("MissingParameter", aws.ec2.delete_key_pair)
    refused("InvalidParameterValue", aws.ec2.describe_vpcs, Filters=[{"Name": "vpc-id", "Values": []}])
    run = {"MinCount": 1, "MaxCount": 1, "LaunchTemplate": {"LaunchTemplateId": template}}
    refused("InvalidParameterValue", aws.ec2.run_instances, **{**run, "MinCount": 2})
    refused("InvalidParameterCombination", aws.ec2.run_instances, **run, SubnetId=subnets[0], NetworkInterfaces=[
        {"DeviceIndex": 0}])
    refused("MissingParameter", aws.ec2.run_instances, MinCount=1, MaxCount=1)
    both = {"LaunchTemplateName": "web", "LaunchTemplateId": template}
    refused("InvalidParameterCombination", aws.ec2.describe_launch_template_versions, **both)
    refused("InvalidParameterValue", aws.ec2.describe_launch_template_versions, Versions=["1"])
    shown = aws.ec2.describe_launch_template_versions(Versions=["$Latest", "$Default"])["LaunchTemplateVersions"]
    assert [v["LaunchTemplateId"] for v in shown] == [template]


def test_listeners(aws, vpc, subnets):
    new = {"Name": "web", "Subnets": subnets}
    refused("InvalidSubnet", aws.elbv2.create_load_balancer, **new)
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    refused("ValidationError", aws.elbv2.create_load_balancer, Name="web", Subnets=subnets[:1])
    arn = aws.elbv2.create_load_balancer(**new)["LoadBalancers"][0]["LoadBalancerArn"]
    action = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    https = {"LoadBalancerArn": arn, "Protocol": "HTTPS", "Port": 443, "DefaultActions": action}
    refused("ValidationError", aws.elbv2.create_listener, **https)
    refused("SSLPolicyNotFound", aws.elbv2.create_listener, **https, SslPolicy="none")
    http = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": action}
    listener = aws.elbv2.create_listener(**http)["Listeners"][0]["ListenerArn"]
    refused("TargetGroupNotFound", aws.elbv2.modify_listener, ListenerArn=listener, DefaultActions=[
        {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": NOWHERE.format("targetgroup")}]}}])
    assert aws.elbv2.modify_listener(ListenerArn=listener, Port=81)["Listeners"][0]["Protocol"] == "HTTP"
    refused("InvalidConfigurationRequest", aws.elbv2.modify_listener_attributes, ListenerArn=listener, Attributes=[
        {"Key": "routing.http.response.strict_transport_security.header_value", "Value": "max-age=1"}])
    refused("ListenerNotFound", aws.elbv2.describe_listener_attributes, ListenerArn=NOWHERE.format("listener"))
    refused("ListenerNotFound", aws.elbv2.modify_listener, ListenerArn=NOWHERE.format("listener"), Port=1)


def test_databases(aws, subnets):
    found = aws.rds.describe_db_engine_versions(Engine="aurora-mysql", DefaultOnly=True)["DBEngineVersions"]
    assert [v["DBParameterGroupFamily"] for v in found] == ["aurora-mysql8.0"]
    assert aws.rds.describe_orderable_db_instance_options(Engine="aurora-mysql", DBInstanceClass="db.t4g.medium")[
        "OrderableDBInstanceOptions"][0]["AvailabilityZones"]
    cluster = {"DBClusterIdentifier": "c", "Engine": "aurora-mysql", "MasterUsername": "root_user",
               "ManageMasterUserPassword": True}
    for code, more in [("DBSubnetGroupNotFoundFault", {"DBSubnetGroupName": "absent"}),
                       ("DBClusterParameterGroupNotFound", {"DBClusterParameterGroupName": "absent"}),
                       ("InvalidParameterCombination", {"EngineVersion": "9.0"})]:
        refused(code, aws.rds.create_db_cluster, **cluster, **more)
    aws.rds.create_db_cluster(**cluster)
    one = {"DBInstanceIdentifier": "i", "Engine": "aurora-mysql", "DBInstanceClass": "db.t4g.medium"}
    for code, more in [("InvalidParameterCombination", {}), ("DBClusterNotFoundFault", {"DBClusterIdentifier": "absent"}),
                       ("InvalidParameterCombination", {"DBClusterIdentifier": "c", "DBInstanceClass": "db.t3.small"}),
                       ("InvalidParameterCombination", {"DBClusterIdentifier": "c", "BackupRetentionPeriod": 1})]:
        refused(code, aws.rds.create_db_instance, **{**one, **more})
    for name, call, key in (("DBClusters", aws.rds.describe_db_clusters, "db-cluster-id"),
                            ("DBInstances", aws.rds.describe_db_instances, "db-instance-id")):
        assert call(Filters=[{"Name": key, "Values": ["absent"]}])[name] == []
    refused("InvalidParameterCombination", aws.rds.modify_db_cluster, DBClusterIdentifier="c",
            EngineVersion="5.7.mysql_aurora.2.12.5")
    refused("DBInstanceNotFound", aws.rds.modify_db_instance, DBInstanceIdentifier="absent")
    refused("DBInstanceNotFound", aws.rds.delete_db_instance, DBInstanceIdentifier="absent")
    aws.rds.create_db_cluster_parameter_group(DBClusterParameterGroupName="p", Description="d",
                                              DBParameterGroupFamily="aurora-mysql8.0")
    change = {"DBClusterParameterGroupName": "p", "Parameters": [
        {"ParameterName": "time_zone", "ParameterValue": "UTC", "ApplyMethod": "immediate"}]}
    aws.rds.modify_db_cluster_parameter_group(**change)
    aws.rds.reset_db_cluster_parameter_group(**change)
    assert aws.rds.describe_db_cluster_parameters(DBClusterParameterGroupName="p", Source="user")["Parameters"] == []
    refused("InvalidParameterValue", aws.rds.modify_db_cluster_parameter_group, DBClusterParameterGroupName="p", Parameters=[
        {"ParameterName": "absent", "ParameterValue": "1", "ApplyMethod": "immediate"}])


def test_zones_by_name(aws):
    ids = {n: aws.route53.create_hosted_zone(Name=n, CallerReference=n)["HostedZone"]["Id"]
           for n in ("b.example.com", "example.com", "example.org")}
    found = aws.route53.list_hosted_zones_by_name(DNSName="example.com", MaxItems="2")
    assert [z["Name"] for z in found["HostedZones"]] == ["example.com.", "b.example.com."]
    assert found["IsTruncated"] and found["NextDNSName"] == "example.org."
    listed = aws.route53.list_resource_record_sets(HostedZoneId=ids["example.com"], StartRecordName="example.com",
                                                   StartRecordType="SOA")["ResourceRecordSets"]
    assert [r["Type"] for r in listed] == ["SOA"]
    cname = {"Name": "example.com", "Type": "CNAME", "TTL": 1, "ResourceRecords": [{"Value": "a.example.org"}]}
    for record in (cname, {**cname, "Name": "a.example.org"}):
        message = refused("InvalidChangeBatch", aws.route53.change_resource_record_sets, HostedZoneId=ids["example.com"],
                          ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]})
        assert "not permitted" in message
    refused("NoSuchHostedZone", aws.route53.list_tags_for_resource, ResourceType="hostedzone", ResourceId="Z0")


def test_buckets(aws):
    refused("NoSuchBucket", aws.s3.get_bucket_policy_status, Bucket="absent-0000")
    name = f"b-{aws.number}"
    aws.s3.create_bucket(Bucket=name)
    refused("NoSuchBucketPolicy", aws.s3.get_bucket_policy_status, Bucket=name)
    refused("AccessControlListNotSupported", aws.s3.put_object, Bucket=name, Key="k", Body=b"", ACL="public-read")
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    refused("InvalidArgument", aws.s3.put_bucket_lifecycle_configuration, Bucket=name,
            LifecycleConfiguration={"Rules": [rule, rule]})
    aws.s3.delete_bucket_encryption(Bucket=name)
    assert aws.s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
    refused("InvalidParameter", aws.sns.subscribe, TopicArn=aws.sns.create_topic(Name="t")["TopicArn"], Protocol="email",
            Endpoint="nobody")
