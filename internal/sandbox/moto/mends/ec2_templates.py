"""EC2 launch templates: versions hold what was given, can go, and their numbers are never used again."""

from moto.ec2.exceptions import InvalidLaunchTemplateVersionNotFound
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion

from gateway.errors import AwsError
from gateway.registry import mend


def _create_version(template, data, description):
    template._mend_last = getattr(template, "_mend_last", 0) + 1
    version = LaunchTemplateVersion(template, template._mend_last, data, description)
    template.versions.append(version)
    return version


def _get_version(template, number):
    if str(number).lower() == "$latest":
        return template.versions[-1]
    if str(number).lower() == "$default":
        number = template.default_version_number
    for version in template.versions:
        if str(version.number) == str(number):
            return version
    raise InvalidLaunchTemplateVersionNotFound(template_id=template.id, version=number)


LaunchTemplate.tags = property(lambda template: template.get_tags(), lambda template, tags: None)
LaunchTemplate.create_version = _create_version
LaunchTemplate.get_version = _get_version
LaunchTemplate.default_version = lambda template: _get_version(template, "$Default")


def find(call, params, what="launch template"):
    """The template that params name by id or by name."""
    backend = call.backend("ec2")
    key, name = params.get("LaunchTemplateId"), params.get("LaunchTemplateName")
    if key and name:
        raise AwsError("InvalidParameterCombination", "Launch template id and name may not both be specified.")
    if name:
        key = backend.launch_template_name_to_ids.get(name)
        if key is None:
            raise AwsError("InvalidLaunchTemplateName.NotFoundException",
                           f"The specified launch template, with template name {name}, does not exist.")
    if not key:
        raise AwsError("MissingParameter", f"Either the {what} ID or the {what} name must be specified.")
    if key not in backend.launch_templates:
        raise AwsError("InvalidLaunchTemplateId.NotFound",
                       f"The specified launch template, with template ID {key}, does not exist.")
    return backend.launch_templates[key]


def version_of(call, params):
    """The version that a LaunchTemplateSpecification names."""
    template, number = find(call, params), params.get("Version") or "$Default"
    try:
        return template.get_version(number)
    except InvalidLaunchTemplateVersionNotFound:
        raise _no_version(template, number) from None


def _no_version(template, number):
    return AwsError("InvalidLaunchTemplateId.VersionNotFound", f"Could not find launch template version {number} for "
                    f"template {template.id}.")


def data_of(version):
    """LaunchTemplateData of a version as it was given."""
    return getattr(version, "_mend_data", {})


@mend("ec2", "CreateLaunchTemplate")
def create_template(call):
    """API_CreateLaunchTemplate.html: the template's own tags are not those of its instances."""
    data, own = call.params["LaunchTemplateData"], call.params.pop("TagSpecifications", [])
    if not data:
        raise AwsError("MissingParameter", "The request must contain the parameter LaunchTemplateData")
    _check(data)
    answer = call.next()
    template = find(call, {"LaunchTemplateId": answer["LaunchTemplate"]["LaunchTemplateId"]})
    template.versions[0]._mend_data = data
    for each in own:
        if each["ResourceType"] != "launch-template":
            raise AwsError("InvalidParameterValue", f"'{each['ResourceType']}' is not a valid taggable resource type "
                           "for this operation.")
        template.add_tags({t["Key"]: t["Value"] for t in each["Tags"]})
        answer["LaunchTemplate"]["Tags"] = each["Tags"]
    template.tags = template.get_tags()
    return answer


def _check(data):
    """API_RequestLaunchTemplateData.html: what EC2 looks at when a template is made."""
    if data.get("NetworkInterfaces") and (data.get("SecurityGroupIds") or data.get("SecurityGroups")):
        raise AwsError("InvalidParameterCombination", "Network interfaces and an instance-level security groups may "
                       "not be specified on the same request")
    if data.get("InstanceType") and data.get("InstanceRequirements"):
        raise AwsError("InvalidParameterCombination", "InstanceType and InstanceRequirements may not both be given.")


@mend("ec2", "CreateLaunchTemplateVersion")
def create_version(call):
    """API_CreateLaunchTemplateVersion.html: what is not given is taken from SourceVersion, if one is named."""
    template, data = find(call, call.params), call.params["LaunchTemplateData"]
    source = call.params.pop("SourceVersion", None)
    if source:
        data = {**data_of(version_of(call, {"LaunchTemplateId": template.id, "Version": source})), **data}
    _check(data)
    version = template.create_version({}, call.params.get("VersionDescription", ""))
    version._mend_data = data
    return {"LaunchTemplateVersion": _shown(call, version)}


def _shown(call, version):
    template = version.template
    shown = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": version.number,
             "CreateTime": version.create_time, "CreatedBy": f"arn:aws:iam::{call.account}:root",
             "DefaultVersion": template.is_default(version), "LaunchTemplateData": data_of(version)}
    return shown | ({"VersionDescription": version.description} if version.description else {})


@mend("ec2", "DescribeLaunchTemplateVersions")
def versions(call):
    """API_DescribeLaunchTemplateVersions.html: newest first; a number that is not there is left out of a range."""
    p, wanted = call.params, call.params.get("Versions")
    if not p.get("LaunchTemplateId") and not p.get("LaunchTemplateName"):
        if not wanted or set(wanted) - {"$Latest", "$Default"}:
            raise AwsError("InvalidParameterValue", "Without a launch template only $Latest and $Default can be asked.")
        found = [t.get_version(w) for t in call.backend().launch_templates.values() for w in wanted]
        return {"LaunchTemplateVersions": [_shown(call, v) for v in dict.fromkeys(found)]}
    template = find(call, p)
    if wanted:
        found = [version_of(call, {"LaunchTemplateId": template.id, "Version": w}) for w in wanted]
    else:
        low, high = int(p.get("MinVersion", 0)), int(p.get("MaxVersion", 1 << 60))
        found = [v for v in reversed(template.versions) if low <= v.number <= high]
    start = int(p.get("NextToken") or 0)
    end = start + int(p.get("MaxResults") or 200)
    answer = {"LaunchTemplateVersions": [_shown(call, v) for v in list(dict.fromkeys(found))[start:end]]}
    return answer | ({"NextToken": str(end)} if end < len(found) else {})


@mend("ec2", "DeleteLaunchTemplateVersions")
def delete_versions(call):
    """API_DeleteLaunchTemplateVersions.html: the default version stays; each number has its own outcome."""
    template, gone, kept = find(call, call.params), [], []
    for number in call.params["Versions"]:
        version = next((v for v in template.versions if str(v.number) == str(number)), None)
        entry = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name,
                 "VersionNumber": int(number) if str(number).isdigit() else 0}
        if version is None:
            kept.append(entry | {"ResponseError": {"Code": "launchTemplateVersionDoesNotExist", "Message":
                                                   _no_version(template, number).message}})
        elif template.is_default(version):
            kept.append(entry | {"ResponseError": {"Code": "unexpectedError", "Message":
                                                   "The default version of a launch template cannot be deleted."}})
        else:
            template.versions.remove(version)
            gone.append(entry)
    return {"SuccessfullyDeletedLaunchTemplateVersions": gone, "UnsuccessfullyDeletedLaunchTemplateVersions": kept}


@mend("ec2", "DescribeLaunchTemplates", "DeleteLaunchTemplate", "ModifyLaunchTemplate")
def known_templates(call):
    """API_DescribeLaunchTemplates.html: ids and names that are not there are errors."""
    p = call.params
    if call.operation != "DescribeLaunchTemplates":
        template = find(call, p)
        if "DefaultVersion" in p or "SetDefaultVersion" in p:
            version_of(call, {"LaunchTemplateId": template.id, "Version": p.get("DefaultVersion")})
        return None
    for key in p.get("LaunchTemplateIds", []):
        find(call, {"LaunchTemplateId": key})
    for name in p.get("LaunchTemplateNames", []):
        find(call, {"LaunchTemplateName": name})
