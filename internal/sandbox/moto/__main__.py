"""Starts the sandbox's AWS: moto, mended, on one port.

    python3 DIRECTORY --host 127.0.0.1 --port 5000 [--parent PID] [--verbose]

GET /moto-api/ answers 200 once it is ready; GET /moto-api/violations lists the requests AWS's API model does not allow.
"""

import argparse
import logging
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# moto reads these when it is imported.
SETTINGS = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ACM_VALIDATION_WAIT": "0",
    "MOTO_ENABLE_ISO_REGIONS": "false",
    "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(16 << 20),
    "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_EC2_METADATA_DISABLED": "true",
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--parent", type=int, help="end when the process with this id has ended")
    parser.add_argument("--stern", action="store_true", help="be as stern as AWS, in every account")
    parser.add_argument("--verbose", action="store_true", help="say every call on standard error")
    return parser.parse_args()


def end_with(parent):
    """Ends this process when its parent has."""
    while True:
        try:
            os.kill(parent, 0)
        except ProcessLookupError:
            os._exit(0)
        except PermissionError:
            pass
        if parent == _first_parent and os.getppid() != _first_parent:
            os._exit(0)
        time.sleep(0.5)


_first_parent = os.getppid()


def warm(gateway):
    """Loads in the background what the first calls of a user would wait for: models and the catalogue of images."""
    from moto.backends import get_backend

    from gateway import models
    for name in ("ec2", "s3", "sts", "iam", "elbv2", "autoscaling", "rds", "route53", "acm", "codedeploy", "ssm",
                 "cloudwatch", "logs", "ecr", "sns", "resourcegroupstaggingapi"):
        models.service_model(name)
        get_backend(name)
        if name == "ec2":
            with gateway.lock:
                get_backend("ec2")["123456789012"]["us-east-1"].describe_images(owners=["amazon"])


def main():
    options = arguments()
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ.pop("AWS_PROFILE", None)
    os.environ["MOTO_PORT"] = str(options.port)
    if not options.verbose:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
    if options.parent:
        threading.Thread(target=end_with, args=(options.parent,), daemon=True).start()

    import signal

    from werkzeug.serving import WSGIRequestHandler, make_server

    from gateway.app import Gateway
    import mends
    import stern
    from stern import account

    stern.load()
    mends.load()
    if options.stern:
        account.everywhere()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    gateway = Gateway(options.verbose)
    server = make_server(options.host, options.port, gateway, threaded=True)
    threading.Thread(target=warm, args=(gateway,), daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        os._exit(0)


if __name__ == "__main__":
    main()
