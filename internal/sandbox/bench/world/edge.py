"""Load balancers, certificates and zones."""

from account import only, without


def load_balancers(a):
    for balancer in a.all("elbv2", "describe_load_balancers", "LoadBalancers"):
        arn, name = balancer["LoadBalancerArn"], balancer["LoadBalancerName"]
        doc = without(balancer, "LoadBalancerArn", "DNSName", "CanonicalHostedZoneId")
        doc["subnets"] = [zone["SubnetId"] for zone in doc.pop("AvailabilityZones")]
        doc["attributes"] = _pairs(a.ask("elbv2", "describe_load_balancer_attributes", "Attributes", LoadBalancerArn=arn))
        dns = balancer["DNSName"]
        a.add("load-balancer", name, doc | {"Tags": _tags(a, arn)}, [arn, arn.partition(":loadbalancer/")[2]])
        a.alias(dns, f"DNS name of load-balancer {name}")
        a.alias(dns.lower(), f"DNS name of load-balancer {name}")
        listeners(a, name, arn)


def listeners(a, balancer, arn):
    for listener in a.all("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
        found = listener["ListenerArn"]
        doc = without(listener, "ListenerArn")
        doc["attributes"] = _pairs(a.ask("elbv2", "describe_listener_attributes", "Attributes", ListenerArn=found))
        doc["certificates"] = a.ask("elbv2", "describe_listener_certificates", "Certificates", ListenerArn=found) \
            if listener.get("Certificates") else []
        doc["rules"] = [without(rule, "RuleArn") for rule in
                        a.ask("elbv2", "describe_rules", "Rules", ListenerArn=found) if not rule["IsDefault"]]
        a.add("listener", f"{balancer} {listener['Port']}", doc | {"Tags": _tags(a, found)}, [found])


def target_groups(a):
    for group in a.all("elbv2", "describe_target_groups", "TargetGroups"):
        arn = group["TargetGroupArn"]
        doc = without(group, "TargetGroupArn")
        doc["attributes"] = _pairs(a.ask("elbv2", "describe_target_group_attributes", "Attributes", TargetGroupArn=arn))
        a.add("target-group", group["TargetGroupName"], doc | {"Tags": _tags(a, arn)}, [arn, arn.rpartition(":")[2]])


def _pairs(attributes):
    return {each["Key"]: each.get("Value") for each in attributes}


def _tags(a, arn):
    return a.ask("elbv2", "describe_tags", "TagDescriptions", ResourceArns=[arn])[0]["Tags"]


def certificates(a):
    for summary in a.all("acm", "list_certificates", "CertificateSummaryList"):
        arn, domain = summary["CertificateArn"], summary["DomainName"]
        certificate = a.ask("acm", "describe_certificate", "Certificate", CertificateArn=arn)
        doc = only(certificate, "DomainName", "SubjectAlternativeNames", "Status", "Type", "KeyAlgorithm", "InUseBy",
                   "DomainValidationOptions", "Options")
        doc["Tags"] = a.ask("acm", "list_tags_for_certificate", "Tags", CertificateArn=arn)
        a.add("certificate", domain, doc, [arn])
        for option in certificate.get("DomainValidationOptions", []):
            record = option.get("ResourceRecord")
            if record:
                for part in ("Name", "Value"):
                    a.alias(record[part].rstrip("."), f"validation {part.lower()} of {option['DomainName']}")


def zones(a):
    for zone in a.all("route53", "list_hosted_zones", "HostedZones"):
        found = zone["Id"].rpartition("/")[2]
        tags = a.ask("route53", "list_tags_for_resource", "ResourceTagSet", ResourceType="hostedzone", ResourceId=found)
        doc = {"Name": zone["Name"], "Config": zone["Config"], "Tags": tags["Tags"]}
        a.add("hosted-zone", zone["Name"], doc, [zone["Id"], found])
        for record in a.all("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"]):
            if record["Name"] != zone["Name"] or record["Type"] not in ("NS", "SOA"):
                a.add("record", f"{record['Name']} {record['Type']}", record | {"zone": zone["Id"]})


READERS = [load_balancers, target_groups, certificates, zones]
