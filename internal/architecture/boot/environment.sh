
# What this environment is called and where its things are: for this script, for
# the hooks of releases and for people who log in.
put /etc/keyedin/environment <<'END' || true
