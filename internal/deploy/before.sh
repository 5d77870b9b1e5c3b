# Runs a command in the image of a release that is not installed yet, once.
set -eu
. /etc/keyedin/environment
umask 077
did=/var/lib/keyedin/before
mkdir -p "$did"
exec 9>"$did/lock"
if ! flock -w 3000 9; then
  echo "another command is still running on this instance" >&2
  exit 75
fi
# Sent twice, it runs once.
if [ -e "$did/$token" ]; then
  exit "$(cat "$did/$token")"
fi
find "$did" -type f -mtime +30 ! -name lock -delete
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
aws s3 cp --only-show-errors --region "$KEYEDIN_REGION" "$archive" "$work/bundle.zip"
mkdir "$work/release"
if command -v unzip >/dev/null; then
  unzip -q "$work/bundle.zip" -d "$work/release"
else
  python3 -m zipfile -e "$work/bundle.zip" "$work/release"
  chmod -R u+x "$work/release/bin"
fi
code=0
"$work/release/bin/run" sh -c "$command" 9>&- || code=$?
echo "$code" >"$did/$token"
exit "$code"
