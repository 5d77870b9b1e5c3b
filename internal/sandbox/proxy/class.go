package proxy

import "strings"

// readPrefixes start the names of operations that change nothing, in all services.
var readPrefixes = []string{
	"BatchCheck", "BatchDescribe", "BatchGet", "Check", "Decode", "Describe", "Detect", "Discover", "Estimate", "Filter", "Get",
	"Head", "List", "Lookup", "Preview", "Query", "Scan", "Search", "Select", "Simulate", "Test", "Validate", "Verify",
}

// readExceptions change nothing though their names do not say so: they hand out sessions, keys or ciphertext, or run a
// query.
var readExceptions = map[string]bool{
	"sts:AssumeRole": true, "sts:AssumeRoleWithSAML": true, "sts:AssumeRoleWithWebIdentity": true, "sts:AssumeRoot": true, ":AssumeRoleWithSAML": true, ":AssumeRoleWithWebIdentity": true,
	"kms:Decrypt": true, "kms:DeriveSharedSecret": true, "kms:Encrypt": true, "kms:GenerateDataKey": true,
	"kms:GenerateDataKeyPair": true, "kms:GenerateDataKeyPairWithoutPlaintext": true,
	"kms:GenerateDataKeyWithoutPlaintext": true, "kms:GenerateMac": true, "kms:GenerateRandom": true, "kms:ReEncrypt": true,
	"kms:Sign": true, "logs:StartLiveTail": true, "logs:StartQuery": true, "logs:StopQuery": true, "s3:CreateSession": true,
	"iam:GenerateCredentialReport": true, "iam:GenerateServiceLastAccessedDetails": true,
	"iam:GenerateOrganizationsAccessReport": true, "signin:CreateOAuth2Token": true, "sso-oauth:CreateToken": true,
}

// changeExceptions change something though their names start like reads.
var changeExceptions = map[string]bool{
	"sns:VerifySMSSandboxPhoneNumber": true, // moves the number to the verified ones
}

func classOf(service, name string) Class {
	full := service + ":" + name
	if readExceptions[full] {
		return Read
	}
	if changeExceptions[full] {
		return Change
	}
	for _, prefix := range readPrefixes {
		if rest, found := strings.CutPrefix(name, prefix); found && (rest == "" || rest[0] < 'a' || rest[0] > 'z') {
			return Read
		}
	}
	return Change
}
