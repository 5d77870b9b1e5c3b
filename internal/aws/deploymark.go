package aws

// DeployMark is the tag of an Auto Scaling group that is being deployed to. It
// is there while a client of keyedin sees to a deployment, and stays when that
// client is killed. Its value names the processes suspended for the deployment.
const DeployMark = "keyedin:deploying"
