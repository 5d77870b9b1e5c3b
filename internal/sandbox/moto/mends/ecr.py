"""ECR: what moto gets wrong of repositories."""

from gateway.registry import mend


@mend("ecr", "PutImageScanningConfiguration")
def scanning(call):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanningConfiguration.html: scanOnPush is false when
    it is not given."""
    call.params.setdefault("imageScanningConfiguration", {}).setdefault("scanOnPush", False)
    return None
