"""VPCs and what is in them. What AWS makes in every account, the default VPC, is left out unless somebody tagged it."""

from account import policy, tag_map, without


def vpcs(a):
    a.strangers = set()
    for vpc in a.all("ec2", "describe_vpcs", "Vpcs"):
        if vpc["IsDefault"] and not tag_map(vpc.get("Tags", [])):
            a.strangers.add(vpc["VpcId"])
            continue
        doc = without(vpc, "VpcId", "DhcpOptionsId", "CidrBlockAssociationSet")
        for name in ("enableDnsHostnames", "enableDnsSupport"):
            answer = a.ask("ec2", "describe_vpc_attribute", VpcId=vpc["VpcId"], Attribute=name)
            doc[name] = answer[name[0].upper() + name[1:]]["Value"]
        a.add("vpc", vpc["CidrBlock"], doc, [vpc["VpcId"]])


def subnets(a):
    for subnet in a.all("ec2", "describe_subnets", "Subnets"):
        if subnet["VpcId"] not in a.strangers:
            doc = without(subnet, "SubnetId", "SubnetArn", "AvailabilityZoneId", "AvailableIpAddressCount")
            a.add("subnet", subnet["CidrBlock"], doc, [subnet["SubnetId"]])


def gateways(a):
    for gateway in a.all("ec2", "describe_internet_gateways", "InternetGateways"):
        if not any(attached["VpcId"] in a.strangers for attached in gateway["Attachments"]):
            a.add("internet-gateway", "untagged", without(gateway, "InternetGatewayId"), [gateway["InternetGatewayId"]])
    for nat in a.all("ec2", "describe_nat_gateways", "NatGateways"):
        if nat["State"] not in ("deleted", "deleting"):
            a.add("nat-gateway", "untagged", without(nat, "NatGatewayId", "NatGatewayAddresses"), [nat["NatGatewayId"]])
    for address in a.all("ec2", "describe_addresses", "Addresses"):
        a.add("elastic-ip", "untagged", {"Tags": address.get("Tags", [])}, [address["AllocationId"]])


def route_tables(a):
    for listed in a.all("ec2", "describe_managed_prefix_lists", "PrefixLists"):
        a.alias(listed["PrefixListId"], f"prefix list {listed['PrefixListName']}")
    for table in a.all("ec2", "describe_route_tables", "RouteTables"):
        if table["VpcId"] in a.strangers:
            continue
        main = any(each.get("Main") for each in table["Associations"])
        doc = {
            "VpcId": table["VpcId"], "Tags": table["Tags"], "main": main,
            "routes": [without(route, "InstanceOwnerId") for route in table["Routes"]],
            "subnets": [each["SubnetId"] for each in table["Associations"] if "SubnetId" in each],
        }
        a.add("route-table", f"{'main' if main else 'untagged'} of {table['VpcId']}", doc, [table["RouteTableId"]])


def endpoints(a):
    for endpoint in a.all("ec2", "describe_vpc_endpoints", "VpcEndpoints"):
        if endpoint["State"].lower() in ("deleted", "deleting"):
            continue
        doc = without(endpoint, "VpcEndpointId", "DnsEntries", "NetworkInterfaceIds")
        doc["PolicyDocument"] = policy(endpoint.get("PolicyDocument"))
        a.add("vpc-endpoint", endpoint["ServiceName"], doc, [endpoint["VpcEndpointId"]])


def security_groups(a):
    tagged = {}
    for rule in a.all("ec2", "describe_security_group_rules", "SecurityGroupRules"):
        if rule.get("Tags"):
            doc = without(rule, "SecurityGroupRuleId", "GroupOwnerId", "GroupId", "SecurityGroupRuleArn", "Description")
            tagged.setdefault(rule["GroupId"], []).append(doc)
    for group in a.all("ec2", "describe_security_groups", "SecurityGroups"):
        if group["VpcId"] in a.strangers:
            continue
        doc = without(group, "GroupId", "SecurityGroupArn")
        for permission in doc["IpPermissions"] + doc["IpPermissionsEgress"]:
            for pair in permission.get("UserIdGroupPairs", []):
                pair.pop("UserId", None)
        doc["tagged rules"] = tagged.get(group["GroupId"], [])
        a.add("security-group", f"{group['GroupName']} of {group['VpcId']}", doc, [group["GroupId"]])


def key_pairs(a):
    for pair in a.all("ec2", "describe_key_pairs", "KeyPairs"):
        # Each place makes a key of its own, so it is not compared.
        a.add("key-pair", pair["KeyName"], without(pair, "KeyPairId", "KeyFingerprint", "PublicKey"), [pair["KeyPairId"]])


READERS = [vpcs, subnets, gateways, route_tables, endpoints, security_groups, key_pairs]
