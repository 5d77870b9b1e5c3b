"""States that take their time, on the clock of the account's scale."""

import time

from gateway.errors import AwsError

from .account import behaviour
from .fresh import at

RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html"
ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerState.html"
EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"
AMI = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/creating-an-ami-ebs.html"
ENDPOINT = "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"

# What a call starts: (page, service, operation, path to the ids in its answer, [(state, seconds)]). After the last state
# an object shows the one moto gives it. Durations are those of AWS's guides and of what users see.
STARTS = [
    (ELB, "elbv2", "CreateLoadBalancer", "LoadBalancers.LoadBalancerArn", [("provisioning", 150)]),
    (RDS, "rds", "CreateDBCluster", "DBCluster.DBClusterIdentifier", [("creating", 60), ("backing-up", 40)]),
    (RDS, "rds", "RestoreDBClusterFromSnapshot", "DBCluster.DBClusterIdentifier", [("creating", 120), ("backing-up", 40)]),
    (RDS, "rds", "RestoreDBClusterToPointInTime", "DBCluster.DBClusterIdentifier", [("creating", 120), ("backing-up", 40)]),
    (RDS, "rds", "CreateDBInstance", "DBInstance.DBInstanceIdentifier",
     [("creating", 400), ("configuring-log-exports", 20), ("backing-up", 60)]),
    # For a moment after a change the state is still what it was.
    (RDS, "rds", "ModifyDBCluster", "DBCluster.DBClusterIdentifier", [("available", 10), ("modifying", 40)]),
    (RDS, "rds", "ModifyDBInstance", "DBInstance.DBInstanceIdentifier", [("available", 10), ("modifying", 90)]),
    (RDS, "rds", "RebootDBInstance", "DBInstance.DBInstanceIdentifier", [("rebooting", 60)]),
    (EC2, "ec2", "RunInstances", "Instances.InstanceId", [("pending", 30)]),
    (EC2, "ec2", "TerminateInstances", "TerminatingInstances.InstanceId", [("shutting-down", 45)]),
    (EC2, "ec2", "StopInstances", "StoppingInstances.InstanceId", [("stopping", 45)]),
    (EC2, "ec2", "StartInstances", "StartingInstances.InstanceId", [("pending", 30)]),
    (AMI, "ec2", "CreateImage", "ImageId", [("pending", 240)]),
]

CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


def _balancer(shown, state):
    shown["State"] = {"Code": state}


def _cluster(shown, state):
    shown["Status"] = state


def _database(shown, state):
    shown["DBInstanceStatus"] = state
    if state == "creating":  # API_DBInstance.html: it has no endpoint before it is available
        shown.pop("Endpoint", None)


def _instance(shown, state):
    if state in ("shutting-down", "stopping") or shown["State"]["Name"] == "running":
        shown["State"] = {"Code": CODES[state], "Name": state}


def _image(shown, state):
    shown["State"] = state


# Where a state shows: (page, service, operations, path to the objects, their id, how).
SHOWS = [
    (ELB, "elbv2", ["CreateLoadBalancer", "DescribeLoadBalancers"], "LoadBalancers", "LoadBalancerArn", _balancer),
    (RDS, "rds", ["DescribeDBClusters"], "DBClusters", "DBClusterIdentifier", _cluster),
    (RDS, "rds", ["CreateDBCluster", "ModifyDBCluster"], "DBCluster", "DBClusterIdentifier", _cluster),
    (RDS, "rds", ["DescribeDBInstances"], "DBInstances", "DBInstanceIdentifier", _database),
    (RDS, "rds", ["CreateDBInstance", "ModifyDBInstance"], "DBInstance", "DBInstanceIdentifier", _database),
    (EC2, "ec2", ["DescribeInstances"], "Reservations.Instances", "InstanceId", _instance),
    (AMI, "ec2", ["DescribeImages"], "Images", "ImageId", _image),
]


def start(held, service, key, states):
    """Lets an object go through states from now on."""
    end, line = time.monotonic(), []
    for state, seconds in states:
        end += held.real(seconds)
        line.append((end, state))
    held.of("states")[service, key] = line


def state(held, service, key):
    """The state an object is in, or None when it is in that which moto says."""
    line, now = held.of("states").get((service, key), []), time.monotonic()
    return next((state for end, state in line if now < end), None)


def _starts(page, service, operation, path, states):
    @behaviour(page, service, operation)
    def starts(call, held):
        """It goes through AWS's states, each as long as AWS takes."""
        answer, known = call.next(), held.of("started")
        for key in at(answer, path.split(".")) if held.slow else []:
            if not operation.startswith(("Create", "Restore", "Run")) or (service, key) not in known:
                known[service, key] = True
                start(held, service, key, states)
        return answer


def _shows(page, service, operations, path, member, how):
    @behaviour(page, service, *operations)
    def shows(call, held):
        """Its state is told as far as it has come."""
        answer = call.next()
        for shown in at(answer, path.split(".")):
            if now := state(held, service, shown.get(member)):
                how(shown, now)
        return answer


for _entry in SHOWS:
    _shows(*_entry)
for _entry in STARTS:
    _starts(*_entry)


@behaviour("https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html", "rds", "ModifyDBCluster",
           "DeleteDBCluster", "CreateDBClusterSnapshot")
def cluster_not_now(call, held):
    """A cluster that is not available is not changed: InvalidDBClusterStateFault."""
    key = call.params["DBClusterIdentifier"].lower()
    now = state(held, "rds", key)
    if now not in (None, "available"):
        raise AwsError("InvalidDBClusterStateFault", f"DB cluster {key} is not in available state: it is {now}.")


@behaviour("https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html", "rds", "ModifyDBInstance",
           "RebootDBInstance")
def database_not_now(call, held):
    """An instance that is not available is not changed: InvalidDBInstanceState."""
    key = call.params["DBInstanceIdentifier"].lower()
    now = state(held, "rds", key)
    if now not in (None, "available"):
        raise AwsError("InvalidDBInstanceState", f"Database instance is not in available state: it is {now}.")


@behaviour(RDS, "rds", "DescribeDBClusters")
def backing_up(call, held):
    """On demand: the clusters that are there are backing up."""
    seconds, held.cluster_busy = held.cluster_busy, 0
    for key in call.backend().clusters if seconds else []:
        start(held, "rds", key, [("backing-up", seconds)])


ACM = "https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html"
VALIDATION = 300


def validated(call, held, arn):
    """Whether a certificate that moto has issued is issued by now."""
    certificate = call.backend("acm")._certificates.get(arn)
    if certificate is None or certificate.status != "ISSUED":
        return True
    since = held.of("issued").setdefault(arn, time.monotonic())
    return not held.never_validates and (not held.slow or time.monotonic() - since > held.real(VALIDATION))


@behaviour(ACM, "acm", "DescribeCertificate", "ListCertificates")
def validation(call, held):
    """The records of a certificate are looked for every now and then; on demand they are never found."""
    answer = call.next()
    for shown in [answer["Certificate"]] if "Certificate" in answer else answer["CertificateSummaryList"]:
        if not validated(call, held, shown["CertificateArn"]):
            shown["Status"] = "PENDING_VALIDATION"
            shown.pop("IssuedAt", None)
            for option in shown.get("DomainValidationOptions", []):
                option["ValidationStatus"] = "PENDING_VALIDATION"
    return answer


@behaviour("https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html", "elbv2",
           "CreateListener", "ModifyListener")
def unvalidated(call, held):
    """A listener takes no certificate that is not issued: UnsupportedCertificate."""
    for certificate in call.params.get("Certificates", []):
        if not validated(call, held, certificate["CertificateArn"]):
            raise AwsError("UnsupportedCertificate", f"The certificate '{certificate['CertificateArn']}' must have a "
                           "fully-qualified domain name, a supported signature, and a supported key size.")


LIFECYCLE = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html"
LAUNCH, HEALTH = 60, 75


def age(held, key):
    """How long ago an instance of a group was first met, in seconds of AWS's clock."""
    since = held.of("met").setdefault(key, time.monotonic())
    return (time.monotonic() - since) * held.scale


@behaviour(LIFECYCLE, "autoscaling", "DescribeAutoScalingGroups", "DescribeAutoScalingInstances")
def launching(call, held):
    """Instances are Pending for a minute before they are InService."""
    answer = call.next()
    for shown in at(answer, ["AutoScalingGroups", "Instances"]) + answer.get("AutoScalingInstances", []):
        if age(held, shown["InstanceId"]) < LAUNCH and held.slow and shown["LifecycleState"] == "InService":
            shown["LifecycleState"] = "Pending"
    return answer


@behaviour("https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html", "elbv2",
           "DescribeTargetHealth")
def checking(call, held):
    """A target is initial until it has passed its health checks."""
    answer = call.next()
    group = call.backend().target_groups[call.params["TargetGroupArn"]]
    for shown in answer["TargetHealthDescriptions"]:
        since = group.__dict__.get("_mend_registered", {}).get(shown["Target"]["Id"], 0)
        if shown["TargetHealth"]["State"] == "healthy" and held.slow and time.monotonic() - since < held.real(HEALTH):
            shown["TargetHealth"] = {"State": "initial", "Reason": "Elb.InitialHealthChecking",
                                     "Description": "Initial health checks in progress"}
    return answer


@behaviour("https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html", "autoscaling",
           "DescribeInstanceRefreshes")
def refreshing(call, held):
    """A refresh goes on to the next instance when the last one has been launched and has warmed up."""
    steps, name = held.of("steps"), call.params["AutoScalingGroupName"]
    last, answer = steps.get(name, (0, None))
    asked = call.params.get("InstanceRefreshIds")
    early = held.slow and time.monotonic() - last < held.real(LAUNCH + _warm_up(call, name))
    if answer and early and asked == steps.get(f"{name} asked"):
        return answer
    answer = call.next()
    steps[name], steps[f"{name} asked"] = (time.monotonic(), answer), asked
    return answer


def _warm_up(call, name):
    """API_RefreshPreferences.html: the refresh's own, else the group's, else its grace period."""
    group = call.backend().autoscaling_groups.get(name)
    if group is None:
        return 0
    own = (group._mend_refreshes or [{}])[0].get("Preferences", {}).get("InstanceWarmup", -1)
    given = next((w for w in (own, group._mend["DefaultInstanceWarmup"]) if w is not None and w >= 0), None)
    return group._mend["HealthCheckGracePeriod"] if given is None else given


@behaviour("https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_StartInstanceRefresh.html", "autoscaling",
           "StartInstanceRefresh", "CancelInstanceRefresh", "RollbackInstanceRefresh")
def turned(call, held):
    """A refresh that is started, cancelled or turned back shows at once."""
    held.of("steps").clear()


@behaviour("https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html", "ec2", "DescribeSnapshots")
def written(call, held):
    """The snapshot of an image that is being made is written bit by bit."""
    answer, images = call.next(), call.backend().amis
    for shown in answer["Snapshots"]:
        key = next((k for k, i in images.items() if i.ebs_snapshot.id == shown["SnapshotId"]), None)
        line = held.of("states").get(("ec2", key))
        if line and (left := line[-1][0] - time.monotonic()) > 0:
            shown |= {"State": "pending", "Progress": f"{max(0, int(100 - 100 * left / held.real(240)))}%"}
    return answer
