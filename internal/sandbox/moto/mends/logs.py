"""CloudWatch Logs: retention in the days AWS allows."""

from gateway.errors import AwsError
from gateway.registry import mend

DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


@mend("logs", "PutRetentionPolicy")
def retention(call):
    """API_PutRetentionPolicy.html: possible values."""
    if call.params["retentionInDays"] not in DAYS:
        raise AwsError("InvalidParameterException", "1 validation error detected: Value at 'retentionInDays' failed to "
                       "satisfy constraint: Member must satisfy enum value set: " + str(list(DAYS)))
