"""Runs the sandbox's moto for the tests of one test binary: each account has its own bucket names, an account can be
forgotten, and the process ends when its standard input does. Usage: serve.py DIR PORT, where DIR holds the launcher."""

import os
import runpy
import sys
import threading


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


class NoNames(dict):
    """A register of bucket names that stays empty: names are unique in an account, not in the world."""

    def __setitem__(self, key, value):
        pass


def forget(request, url, headers):
    from moto.core.base_backend import BackendDict  # noqa: F401
    import gc

    account = request.args["account"]
    for backends in [o for o in gc.get_objects() if isinstance(o, BackendDict)]:
        backends.pop(account, None)
    return 200, {}, ""


def main():
    directory, port = sys.argv[1:]
    threading.Thread(target=end_with_stdin, daemon=True).start()

    from moto.moto_api._internal import urls
    from moto.s3.models import s3_backends

    s3_backends.bucket_accounts = NoNames()
    urls.url_paths["{0}/moto-api/bench/forget$"] = forget

    if os.path.exists(os.path.join(directory, "__main__.py")):
        sys.argv = [directory, "--host", "127.0.0.1", "--port", port]
        sys.path.insert(0, directory)
        runpy.run_path(directory, run_name="__main__")
    else:
        from moto.server import main as serve

        serve(["-H", "127.0.0.1", "-p", port])


main()
