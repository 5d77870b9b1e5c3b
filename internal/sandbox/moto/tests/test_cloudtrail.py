"""CloudTrail knows who changed what, as API_LookupEvents.html says."""


def test_events_are_found_by_what_they_changed(aws):
    group = aws.ec2.create_security_group(GroupName="a", Description="a")["GroupId"]
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    aws.ec2.describe_security_groups(GroupIds=[group])
    aws.s3.create_bucket(Bucket="keyedin-trail")
    aws.s3.put_object(Bucket="keyedin-trail", Key="a", Body=b"")
    by_name = [{"AttributeKey": "ResourceName", "AttributeValue": group}]
    found = aws.cloudtrail.lookup_events(LookupAttributes=by_name)["Events"]
    assert [(e["EventName"], e["Username"]) for e in found] == [("AuthorizeSecurityGroupIngress", "root")]
    everything = aws.cloudtrail.lookup_events()["Events"]
    assert [e["EventName"] for e in everything] == ["CreateBucket", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup"]
    page = aws.cloudtrail.lookup_events(MaxResults=2)
    rest = aws.cloudtrail.lookup_events(MaxResults=2, NextToken=page["NextToken"])
    assert [e["EventId"] for e in page["Events"] + rest["Events"]] == [e["EventId"] for e in everything]
    assert not aws.cloudtrail.lookup_events(LookupAttributes=by_name, StartTime=everything[0]["EventTime"].timestamp() + 60)["Events"]


def test_the_user_of_a_key_is_named(aws, endpoint):
    import boto3
    aws.iam.create_user(UserName="alice")
    key = aws.iam.create_access_key(UserName="alice")["AccessKey"]
    alice = boto3.client("ec2", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key["AccessKeyId"],
                         aws_secret_access_key=key["SecretAccessKey"])
    alice.create_vpc(CidrBlock="10.0.0.0/16")
    assert aws.cloudtrail.lookup_events()["Events"][0]["Username"] == "alice"
