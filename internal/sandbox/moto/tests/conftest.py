"""One mended moto for the run; each test acts in an account of its own, so tests may run in any order or in parallel."""

import itertools
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import boto3
import pytest
from botocore.config import Config

LAUNCHER = pathlib.Path(__file__).parent.parent
REGION = "us-east-1"
_accounts = itertools.count(100000000000 + os.getpid() * 10000)


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="session")
def endpoint():
    """The URL of a sandbox that lives as long as the run."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(LAUNCHER), "--port", str(port), "--parent", str(os.getpid())]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    for _ in range(300):
        try:
            urllib.request.urlopen(url + "/moto-api/", timeout=5).close()
            break
        except OSError:
            time.sleep(0.1)
    yield url
    process.terminate()
    process.wait()


class Account:
    """An empty AWS account; `aws.ec2` and the like are its boto3 clients."""

    def __init__(self, endpoint, number):
        self.endpoint, self.number, self._clients = endpoint, number, {}
        self.session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                     region_name=REGION)

    def client(self, name):
        if name not in self._clients:
            client = self.session.client(name, endpoint_url=self.endpoint, config=Config(
                retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}))
            client.meta.events.register("before-sign.*", self._sign)
            self._clients[name] = client
        return self._clients[name]

    def _sign(self, request, **_):
        request.headers["x-moto-account-id"] = self.number

    def __getattr__(self, name):
        return self.client(name.replace("_", "-"))


@pytest.fixture
def aws(endpoint):
    """An account of this test alone."""
    return Account(endpoint, str(next(_accounts)))


def refused(code, call, **params):
    """The message of the error that a call must be refused with."""
    from botocore.exceptions import ClientError
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == code, caught.value.response["Error"]
    return caught.value.response["Error"]["Message"]
