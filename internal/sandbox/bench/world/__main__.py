"""Says what is in an AWS account on the sandbox, seen with boto3. One request a line on standard input:
{"endpoint": URL, "account": TWELVE DIGITS}; one answer a line: {"world": {...}} or {"error": TEXT}."""

import json
import os
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
for name in [n for n in os.environ if n.startswith("AWS_")]:
    del os.environ[name]

import compute
import data
import edge
import network
import rest
from account import Account

READERS = network.READERS + compute.READERS + edge.READERS + data.READERS + rest.READERS


def main():
    clients = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            account = Account(request["endpoint"], request["account"], clients)
            for reader in READERS:
                reader(account)
            answer = {"world": account.world()}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


main()
