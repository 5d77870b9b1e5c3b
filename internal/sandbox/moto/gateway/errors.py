"""The one exception the gateway and the mends raise: an error as AWS would answer it."""


class AwsError(Exception):
    """An answer of AWS that is an error: its exact code, its message, its HTTP status."""

    def __init__(self, code, message, status=400, **fields):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.fields = code, message, status, fields
