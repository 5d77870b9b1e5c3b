package aws

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// meanings maps AWS's error codes, of all services, to what they mean to the
// engine. Codes that mean different things in different calls stand in
// byOperation.
var meanings = map[engine.Meaning][]string{
	engine.NotFound: {
		"InvalidVpcID.NotFound", "InvalidSubnetID.NotFound", "InvalidInternetGatewayID.NotFound", "Gateway.NotAttached",
		"InvalidRouteTableID.NotFound", "InvalidAssociationID.NotFound", "InvalidRoute.NotFound", "InvalidVpcEndpointId.NotFound",
		"InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidKeyPair.NotFound",
		"DBSubnetGroupNotFoundFault", "DBParameterGroupNotFound", "DBClusterNotFoundFault", "DBInstanceNotFound",
		"RepositoryNotFoundException", "NoSuchBucket",
		"InvalidInstanceID.NotFound", "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException",
		"InvalidLaunchTemplateId.VersionNotFound", "InvalidLaunchTemplateName.NotFoundException",
		"NoSuchEntity", "ApplicationDoesNotExistException", "DeploymentGroupDoesNotExistException",
		"LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound", "NoSuchHostedZone",
		"NotFound", "ResourceNotFound", "ResourceNotFoundException",
	},
	engine.NotYet: {
		// Auto Scaling makes its role at the first use in an account.
		// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html
		"ServiceLinkedRoleFailure",
	},
	engine.Conflict: {
		"InvalidSubnet.Conflict", "InvalidGroup.Duplicate", "InvalidPermission.Duplicate", "InvalidKeyPair.Duplicate", "RouteAlreadyExists",
		"DBSubnetGroupAlreadyExists", "DBParameterGroupAlreadyExists", "DBClusterAlreadyExistsFault", "DBInstanceAlreadyExists",
		"DuplicateLoadBalancerName", "DuplicateTargetGroupName", "DuplicateListener", "HostedZoneAlreadyExists",
		"RepositoryAlreadyExistsException", "BucketAlreadyOwnedByYou",
		"AlreadyExists", "InvalidLaunchTemplateName.AlreadyExistsException",
		// A token was used before, for something that is there, or was.
		"IdempotentParameterMismatch", "IdempotentInstanceTerminated",
		"EntityAlreadyExists", "ApplicationAlreadyExistsException", "DeploymentGroupAlreadyExistsException", "ResourceAlreadyExistsException",
	},
	engine.Busy: {
		"DependencyViolation", "InvalidGroup.InUse",
		"InvalidDBSubnetGroupStateFault", "InvalidDBSubnetStateFault", "InvalidDBParameterGroupState", "InvalidDBClusterStateFault", "InvalidDBInstanceState",
		"DBClusterSnapshotAlreadyExistsFault",
		"OperationAborted",
		"ScalingActivityInProgress", "ResourceContention", "InstanceRefreshInProgress", "IncorrectInstanceState",
		"DeleteConflict", "ConcurrentModification", "ConcurrentModificationException", "ConcurrentAccess", "StaleTag", "OperationAbortedException",
	},
	engine.Throttled: {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown", "PriorRequestNotComplete"},
	engine.Denied:    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden"},
	engine.Quota: {
		"DBSubnetGroupQuotaExceeded", "DBSubnetQuotaExceededFault", "DBParameterGroupQuotaExceeded", "DBClusterQuotaExceededFault",
		"InstanceQuotaExceeded", "StorageQuotaExceeded", "SnapshotQuotaExceeded", "TooManyBuckets", "LimitExceededException",
		"VpcLimitExceeded", "InternetGatewayLimitExceeded", "SubnetLimitExceeded", "VpcEndpointLimitExceeded", "SecurityGroupLimitExceeded",
		"RouteTableLimitExceeded", "RulesPerSecurityGroupLimitExceeded", "NatGatewayLimitExceeded", "AddressLimitExceeded",
		"TooManyLoadBalancers", "TooManyTargetGroups", "TooManyListeners", "TooManyHostedZones", "TooManyRecordSets",
		"LimitExceeded", "InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded",
		"ApplicationLimitExceededException", "DeploymentGroupLimitExceededException", "LifecycleHookLimitExceededException",
		"TooManyTargets", "TooManyCertificates", "TargetGroupAssociationLimit", "TooManyUniqueTargetGroupsPerLoadBalancer",
		"TooManyTags", "TooManyTagsException", "TagLimitExceeded", "TagLimitExceededException",
		"TopicLimitExceeded", "SubscriptionLimitExceeded", "LimitExceededFault",
	},
	engine.Expired: {"ExpiredToken", "ExpiredTokenException", "RequestExpired"},
}

// byOperation maps "Operation:Code" to the meaning that a code has in that
// operation alone.
var byOperation = map[string]engine.Meaning{
	// What was made a moment ago is not known everywhere yet.
	// https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
	"CreateSubnet:InvalidVpcID.NotFound": engine.NotYet, "CreateRouteTable:InvalidVpcID.NotFound": engine.NotYet,
	"CreateSecurityGroup:InvalidVpcID.NotFound": engine.NotYet, "ModifyVpcAttribute:InvalidVpcID.NotFound": engine.NotYet,
	"CreateVpcEndpoint:InvalidVpcId.NotFound": engine.NotYet, "CreateVpcEndpoint:InvalidRouteTableId.NotFound": engine.NotYet,
	"AttachInternetGateway:InvalidVpcID.NotFound": engine.NotYet, "AttachInternetGateway:InvalidInternetGatewayID.NotFound": engine.NotYet,
	"CreateRoute:InvalidRouteTableID.NotFound": engine.NotYet, "CreateRoute:InvalidGatewayID.NotFound": engine.NotYet,
	"CreateRoute:InvalidInternetGatewayID.NotFound": engine.NotYet, "ModifySubnetAttribute:InvalidSubnetID.NotFound": engine.NotYet,
	"AssociateRouteTable:InvalidRouteTableID.NotFound": engine.NotYet, "AssociateRouteTable:InvalidSubnetID.NotFound": engine.NotYet,
	"AuthorizeSecurityGroupIngress:InvalidGroup.NotFound": engine.NotYet, "AuthorizeSecurityGroupEgress:InvalidGroup.NotFound": engine.NotYet,
	"CreateTags:InvalidGroup.NotFound":               engine.NotYet,
	"ModifyVpcEndpoint:InvalidRouteTableId.NotFound": engine.NotYet, "ReplaceRoute:InvalidInternetGatewayID.NotFound": engine.NotYet,
	// It is attached already.
	"AttachInternetGateway:Resource.AlreadyAssociated": engine.Conflict,
	// Another association of the subnet is on its way out.
	"AssociateRouteTable:Resource.AlreadyAssociated": engine.Busy,
	// Protection that was just lifted is still seen for a moment.
	"DeleteDBCluster:InvalidParameterCombination": engine.Busy,
	// A parameter group is usable some minutes after it was made.
	"CreateDBCluster:DBClusterParameterGroupNotFound": engine.NotYet,
	"ModifyDBCluster:DBClusterParameterGroupNotFound": engine.NotYet,
	"CreateDBCluster:DBSubnetGroupNotFoundFault":      engine.NotYet,
	"CreateDBInstance:DBClusterNotFoundFault":         engine.NotYet,
	// A new bucket is not known everywhere at once.
	"PutBucketTagging:NoSuchBucket": engine.NotYet, "PutBucketOwnershipControls:NoSuchBucket": engine.NotYet,
	"PutPublicAccessBlock:NoSuchBucket": engine.NotYet, "PutBucketPolicy:NoSuchBucket": engine.NotYet,
	"PutBucketVersioning:NoSuchBucket": engine.NotYet, "PutBucketLifecycleConfiguration:NoSuchBucket": engine.NotYet,
	"PutBucketCors:NoSuchBucket": engine.NotYet,
	// The instance's last profile is still on its way out.
	"AssociateIamInstanceProfile:IncorrectState": engine.Busy, "ReplaceIamInstanceProfileAssociation:IncorrectState": engine.Busy,
	// Protection that was just lifted is still seen for a moment.
	"DeleteLoadBalancer:OperationNotPermitted": engine.Busy,
	// The listener that named it has just gone.
	"DeleteTargetGroup:ResourceInUse": engine.Busy, "DeleteCertificate:ResourceInUseException": engine.Busy,
	"RequestCertificate:RequestInProgressException": engine.Busy, "DeleteCertificate:ConflictException": engine.Busy,
	// What they are made of has been read, and is not known everywhere yet.
	"CreateLoadBalancer:SubnetNotFound": engine.NotYet, "CreateLoadBalancer:InvalidSecurityGroup": engine.NotYet,
	"SetSubnets:SubnetNotFound": engine.NotYet, "SetSecurityGroups:InvalidSecurityGroup": engine.NotYet,
	"CreateListener:LoadBalancerNotFound": engine.NotYet, "CreateListener:TargetGroupNotFound": engine.NotYet,
	"CreateListener:CertificateNotFound": engine.NotYet, "ModifyListener:CertificateNotFound": engine.NotYet,
	"ModifyListener:TargetGroupNotFound": engine.NotYet,
	// So a certificate is called that the load balancer does not see issued yet.
	"CreateListener:UnsupportedCertificate": engine.NotYet, "ModifyListener:UnsupportedCertificate": engine.NotYet,
	"ChangeResourceRecordSets:NoSuchHostedZone": engine.NotYet,
	// RDS has not seen the subnets yet.
	"CreateDBSubnetGroup:InvalidSubnet": engine.NotYet,
	// An activity of the group is not over yet.
	"DeleteAutoScalingGroup:ResourceInUse": engine.Busy,
	// A version that was made a moment ago.
	"ModifyLaunchTemplate:InvalidLaunchTemplateId.VersionNotFound": engine.NotYet,
	// There is one such role in an account.
	"CreateServiceLinkedRole:InvalidInput": engine.Conflict,
	// What an instance is put into has been read: it is not known everywhere yet.
	"RunInstances:InvalidSubnetID.NotFound": engine.NotYet, "RunInstances:InvalidGroup.NotFound": engine.NotYet,
	"RunInstances:InvalidKeyPair.NotFound": engine.NotYet,
	// IAM answers from copies that are seconds behind.
	"PutRolePolicy:NoSuchEntity":            engine.NotYet,
	"AddRoleToInstanceProfile:NoSuchEntity": engine.NotYet,
	// CodeDeploy tries what it is given: a new role it may not take yet, or may not
	// use it to look at the Auto Scaling group and the target group, or to publish.
	"CreateDeploymentGroup:InvalidRoleException":             engine.NotYet,
	"UpdateDeploymentGroup:InvalidRoleException":             engine.NotYet,
	"CreateDeploymentGroup:InvalidTriggerConfigException":    engine.NotYet,
	"UpdateDeploymentGroup:InvalidTriggerConfigException":    engine.NotYet,
	"CreateDeploymentGroup:InvalidAutoScalingGroupException": engine.NotYet,
	"CreateDeploymentGroup:InvalidLoadBalancerInfoException": engine.NotYet,
	// The topic exists with other tags than it is asked for with.
	"CreateTopic:InvalidParameter":                 engine.Conflict,
	"Subscribe:NotFound":                           engine.NotYet,
	"SetTopicAttributes:NotFound":                  engine.NotYet,
	"PutRetentionPolicy:ResourceNotFoundException": engine.NotYet,
}

// Classify tells what an AWS error means. EC2 writes its codes now with ID, now
// with Id, and its documentation not always as it does.
func Classify(err error) engine.Meaning {
	var passes notYet
	if errors.As(err, &passes) {
		return engine.NotYet
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		var call *smithy.OperationError
		if errors.As(err, &call) {
			for key, meaning := range byOperation {
				if strings.EqualFold(key, call.Operation()+":"+api.ErrorCode()) {
					return meaning
				}
			}
		}
		for meaning, codes := range meanings {
			if slices.ContainsFunc(codes, func(code string) bool { return strings.EqualFold(code, api.ErrorCode()) }) {
				return meaning
			}
		}
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return engine.Lost
	}
	var network net.Error
	var sent *smithyhttp.RequestSendError
	if errors.As(err, &network) || errors.As(err, &sent) {
		return engine.Lost
	}
	return engine.Other
}

// Words is what AWS said, without the SDK's wrapping, on one line.
func Words(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorMessage() != "" {
		return api.ErrorMessage()
	}
	return err.Error()
}
