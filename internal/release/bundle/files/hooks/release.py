#!/usr/bin/env python3
"""What the shell cannot do well: the application's environment.

  release.py describe             the release's name, then its images, a line each
  release.py environment FILE     renders the environment for Docker Compose
  release.py password FILE        puts today's password of the database into it,
                                  and makes FILE.changed, if it is another
  release.py tail FILE            the end of what is read, without FILE's values
  release.py run ARGUMENT...      runs a container of the application's image

No value is ever printed, nor an argument of a command, nor readable by anyone
but root. Amazon Linux 2023 has Python 3.9.
"""
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATABASE_CA = "/etc/keyedin/database-ca.pem"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def fail(text):
    sys.exit("keyedin: " + text)


def release():
    with open(os.path.join(HERE, "release.json"), encoding="utf-8") as f:
        return json.load(f)


def images():
    registry = os.environ["KEYEDIN_REGISTRY"]
    return [f"{registry}/{i['repository']}@{i['digest']}" for i in release()["images"]]


def aws(*arguments):
    """The answer of the AWS CLI, which goes through all pages by itself."""
    region = os.environ["KEYEDIN_REGION"]
    command = ["aws", *arguments, "--region", region, "--output", "json", "--no-cli-pager"]
    patient = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "8"}
    done = subprocess.run(command, env={**os.environ, **patient}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, check=False)
    if done.returncode:
        fail(f"aws {arguments[0]} {arguments[1]} failed with exit code {done.returncode}")
    return json.loads(done.stdout)


def database():
    """Where the database is, and who the application is to it. Its password is
    in Secrets Manager, where RDS changes it every seven days.
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html"""
    secret = aws("secretsmanager", "get-secret-value", "--secret-id", os.environ["KEYEDIN_DATABASE_SECRET"])
    user = json.loads(secret["SecretString"])
    return {"DB_USERNAME": user["username"], "DB_PASSWORD": user["password"]}


def defaults():
    """What Laravel needs to know of the environment, by Laravel's own names."""
    e = os.environ
    return {
        "APP_ENV": e["KEYEDIN_ENVIRONMENT"],
        "APP_URL": "https://" + e["KEYEDIN_DOMAIN"],
        "AWS_BUCKET": e["KEYEDIN_PUBLIC_BUCKET"],
        "AWS_DEFAULT_REGION": e["KEYEDIN_REGION"],
        "DB_CONNECTION": "mysql",
        "DB_DATABASE": re.sub(r"[^A-Za-z0-9_]", "_", e["KEYEDIN_PROJECT"]),
        "DB_HOST": e["KEYEDIN_DATABASE_HOST"],
        "DB_PORT": "3306",
        "DB_READ_HOST": e["KEYEDIN_DATABASE_READER"],
        "KEYEDIN_RELEASE": release()["version"],
        "LOG_CHANNEL": "stderr",
        "MYSQL_ATTR_SSL_CA": DATABASE_CA,
    }


def parameters():
    """The team's own variables, which win."""
    path = os.environ["KEYEDIN_PARAMETERS"]
    found = aws("ssm", "get-parameters-by-path", "--path", path, "--with-decryption")
    values = {}
    for parameter in found["Parameters"]:
        name = parameter["Name"][len(path) + 1:]
        if NAME.fullmatch(name):
            values[name] = parameter["Value"]
        else:
            print(f"keyedin: {parameter['Name']} is no name of a variable: left out", file=sys.stderr)
    return values


def environment():
    own = parameters()
    values = {**defaults(), **own}
    if not {"DB_USERNAME", "DB_PASSWORD"} <= own.keys():
        values.update({name: value for name, value in database().items() if name not in own})
    return values


ESCAPED = re.compile(r'([\\"$])')
LINE = re.compile(r'^([A-Za-z0-9_]+)="((?:[^"\\]|\\.)*)"$', re.M | re.S)


def text(values):
    """A file as Docker Compose reads it: in double quotes all but three
    characters are what they are, line breaks too.
    https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/"""
    return "".join('%s="%s"\n' % (name, ESCAPED.sub(r"\\\1", values[name])) for name in sorted(values))


def read(file):
    """The values in a file that text wrote; none where it is not there."""
    try:
        with open(file, encoding="utf-8", newline="") as f:
            return {name: re.sub(r"\\(.)", r"\1", value, flags=re.S) for name, value in LINE.findall(f.read())}
    except FileNotFoundError:
        return {}


def write(file, values):
    """The file is the old one or the new one, whenever this is killed."""
    new = file + ".new"
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as f:
        f.write(text(values))
        f.flush()
        os.fsync(f.fileno())
    os.replace(new, file)


def password(file):
    """Of the environment only what RDS changes by itself, and only where the
    team has not set it: the rest is the next deployment's."""
    have = read(file)
    if not have:
        fail(f"{file} is not there: nothing is deployed yet")
    now = {name: value for name, value in database().items() if have.get(name) != value}
    own = parameters() if now else {}
    now = {name: value for name, value in now.items() if name not in own}
    if now:
        with open(file + ".changed", "w", encoding="utf-8"):
            pass
        write(file, {**have, **now})


# The agent keeps the last 2,048 bytes of what a hook says, and none of them
# when a line of it is longer.
# https://github.com/aws/aws-codedeploy-agent
SHOWN, WIDTH = 1300, 160


SECRET = re.compile(r".*(AUTH|CREDENTIAL|DSN|KEY|PASS|PRIVATE|SALT|SECRET|TOKEN|URL).*")


def secrets(values):
    """What is not to be seen: the values of names like these, line by line too,
    as logs are lines. The longest is first, should one be part of another."""
    found = {}
    for name, value in values.items():
        if SECRET.fullmatch(name) and name not in defaults():
            found.update({part: name for part in [value, *value.splitlines()] if len(part) >= 8})
    return sorted(found.items(), key=lambda item: -len(item[0]))


def tail(file):
    """The end of the logs, small enough for CodeDeploy to show. What an
    application should not have logged is not copied to one place more."""
    log = sys.stdin.buffer.read()[-65536:].decode("utf-8", "replace")
    for value, name in secrets(read(file)):
        log = log.replace(value, f"[{name}]")
    size, shown = 0, []
    for line in reversed([line[:WIDTH] for line in log.splitlines()]):
        size += len(line.encode()) + len("[stdout]\n")
        if size > SHOWN:
            break
        shown.append(line)
    print("\n".join(reversed(shown)))


INIT = "/usr/libexec/docker/docker-init"  # where dockerd looks first
# What would change the docker command instead of the container.
CLIENT = re.compile(r"HOME|PATH|DOCKER_.*|LD_.*|BUILDKIT_.*|.*_proxy|.*_PROXY")


def run(arguments):
    """Becomes `docker run`, so that signals and the exit code are its own. The
    values are in memory alone; one of several lines, for which --env-file has no
    form, comes from this process's own environment."""
    lines, names, client = [], [], dict(os.environ)
    for name, value in environment().items():
        if "\n" not in value and "\r" not in value:
            lines.append(f"{name}={value}\n")
            continue
        if CLIENT.fullmatch(name):
            fail(f"{name} cannot have a line break in it")
        client[name] = value
        names += ["--env", name]
    memory = os.memfd_create("environment", 0)
    os.write(memory, "".join(lines).encode())
    terminal = ["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    # PHP as a container's first process would not hear of an end that is asked for.
    init = ["--init"] if shutil.which("docker-init") or os.path.exists(INIT) else []
    os.execvpe("docker", [
        "docker", "run", "--rm", "--interactive", *terminal, *init, "--log-driver", "none",
        "--security-opt", "no-new-privileges", "--volume", f"{DATABASE_CA}:{DATABASE_CA}:ro",
        "--env-file", f"/proc/self/fd/{memory}", *names, images()[0], *arguments,
    ], client)


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "describe":
        print("\n".join([release()["version"], *images()]))
    elif command == "environment":
        write(arguments[0], environment())
    elif command == "password":
        password(arguments[0])
    elif command == "tail":
        tail(arguments[0])
    elif command == "run":
        run(arguments)
    else:
        fail("no such command: " + command)


main()
