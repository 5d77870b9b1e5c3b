"""Runs the sandbox's moto for the tests of one test binary: each account has its own bucket names, an account can be
crowded with foreign objects, and the process ends when its standard input does. It can be forked, at any moment: the
fork has all that there is by then, on a port of its own, and goes its own way. Usage: serve.py DIR PORT, where DIR holds
the launcher."""

import gc
import io
import json
import os
import runpy
import socket
import sys
import threading
import time
import traceback


def end_with_stdin():
    while os.read(0, 4096):
        pass
    os._exit(0)


gateways, forks = [], []


def fork(request, url, headers):
    """Answers with the port of a copy of this process. The caller holds the gateway's lock: no other call is half done."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    forks[:] = [pid for pid in forks if os.waitpid(pid, os.WNOHANG) == (0, 0)]
    gc.freeze()  # the collector would write to pages that are shared
    pid = os.fork()
    if pid == 0:
        go_on(listener)
    forks.append(pid)
    port = listener.getsockname()[1]
    listener.close()
    return 200, {}, json.dumps({"port": port})


def go_on(listener):
    """Serves what this fork has. It has none of its parent's threads, and must not hold its connections open."""
    from werkzeug.serving import make_server

    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for fd in map(int, os.listdir("/dev/fd")):
            if fd > 2 and fd not in (listener.fileno(), nothing):
                try:
                    os.dup2(nothing, fd)  # not closed: the parent's objects think that the number is theirs
                except OSError:
                    pass  # the listing's own
        forks.clear()
        freeze()
        threading.Thread(target=end_with_stdin, daemon=True).start()
        gateways[0].lock = threading.RLock()
        host, port = listener.getsockname()
        make_server(host, port, gateways[0], threaded=True, fd=listener.fileno()).serve_forever()
    finally:
        os._exit(1)


clock = []


def freeze():
    """Stops the clock until the first call: however late it comes, to the client no time has gone by."""
    real, stopped = time.monotonic, time.monotonic()
    clock.clear()

    def now():
        return real() - clock[0] if clock else stopped

    def thaw():
        if not clock:
            clock.append(real() - stopped)

    time.monotonic, gateways[0].thaw = now, thaw


def end(request, url, headers):
    os._exit(0)


class NoNames(dict):
    """A register of bucket names that stays empty: names are unique in an account, not in the world."""

    def __setitem__(self, key, value):
        pass


def crowd(request, url, headers):
    """Makes count objects of other people, of sixteen kinds, with tags and names much like ours."""
    from moto.backends import get_backend

    account, count = request.args["account"], int(request.args["count"])

    def backend(service, region="us-east-1"):
        return get_backend(service)[account][region]

    ec2, elb, logs, sns = backend("ec2"), backend("elbv2"), backend("logs"), backend("sns")
    iam, dns, s3 = backend("iam", "aws"), backend("route53", "aws"), backend("s3", "aws")
    tags = {"project": "keyedin", "environment": "staging", "managed-by": "keyedin"}
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    alarm = dict(namespace="AWS/EC2", metric_name="CPUUtilization", comparison_operator="GreaterThanThreshold",
                 evaluation_periods=1, period=60, threshold=1.0, statistic="Average", description="", dimensions=[],
                 alarm_actions=[])
    vpc = ec2.create_vpc("10.0.0.0/16").id
    zone = dns.create_hosted_zone("example.org.", False, "crowd").id
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    network = [  # fewer of these: moto looks through all tags of EC2 for those of each object
        lambda n: ec2.create_vpc("10.0.0.0/16", tags=pairs),
        lambda n: ec2.create_subnet(vpc, f"10.0.{n // 38 // 16}.{n // 38 % 16 * 16}/28", tags={"subnet": tags}),
        lambda n: ec2.create_security_group(f"keyedin-staging-{n}", "crowd", vpc, tags=tags),
        lambda n: ec2.create_route_table(vpc, tags=pairs),
        lambda n: ec2.create_internet_gateway(tags=pairs),
    ]
    make = network + 3 * [
        lambda n: logs.create_log_group(f"/keyedin/staging/{n}", tags),
        lambda n: iam.create_role(f"keyedin-staging-{n}", trust, "/keyedin/staging/", None, "", pairs, "3600"),
        lambda n: iam.create_instance_profile(f"keyedin-staging-{n}", "/keyedin/staging/", [], pairs),
        lambda n: sns.create_topic(f"keyedin-staging-{n}", {}, tags),
        lambda n: backend("cloudwatch").put_metric_alarm(f"keyedin-staging-{n}", **alarm),
        lambda n: backend("ecr").create_repository(f"keyedin/staging-{n}", None, None, None, "MUTABLE", pairs),
        lambda n: backend("acm").request_certificate(f"staging-{n}.keyedin.app", str(n), [], pairs),
        lambda n: dns.create_hosted_zone("keyedin.app." if n < 300 else f"zone-{n}.example.org.", False, f"crowd-{n}"),
        lambda n: dns.change_resource_record_sets(zone, [{"Action": "UPSERT", "ResourceRecordSet": {
            "Name": f"r{n}.example.org.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "203.0.113.1"}]}}]),
        lambda n: elb.create_target_group(f"keyedin-staging-{n}", protocol="HTTP", port="80", vpc_id=vpc,
                                          target_type="instance", tags=pairs),
        lambda n: s3.create_bucket(f"keyedin-staging-{account}-{n}", "us-east-1"),
    ]
    for n in range(count):
        make[n % len(make)](n)
    return 200, {}, ""


def inside(request, url, headers):
    """Runs the program in the body, which has the account's models as backend(service), and answers what it says."""
    from moto.backends import get_backend

    said = io.StringIO()

    def backend(service, region="us-east-1"):
        return get_backend(service)[request.args["account"]][region]

    try:
        exec(request.get_data(as_text=True), {"backend": backend, "say": lambda *words: print(*words, file=said)})
    except Exception:
        return 400, {}, traceback.format_exc()
    return 200, {}, said.getvalue()


def main():
    directory, port = sys.argv[1:]
    threading.Thread(target=end_with_stdin, daemon=True).start()

    from moto.moto_api._internal import urls
    from moto.s3.models import s3_backends

    s3_backends.bucket_accounts = NoNames()
    for function in (crowd, fork, end, inside):
        urls.url_paths["{0}/moto-api/bench/" + function.__name__ + "$"] = function

    sys.argv = [directory, "--host", "127.0.0.1", "--port", port]
    sys.path.insert(0, directory)
    from gateway import app

    class Kept(app.Gateway):
        def __init__(self, *given):
            super().__init__(*given)
            self.thaw = lambda: None
            gateways.append(self)

        def __call__(self, environ, start_response):
            if not environ["PATH_INFO"].startswith("/moto-api"):
                self.thaw()
            return super().__call__(environ, start_response)

    app.Gateway = Kept
    runpy.run_path(directory, run_name="__main__")


main()
