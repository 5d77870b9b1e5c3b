# Makes an image of this machine: first what install.sh installs, then seal.sh.
# Whoever waits for it reads the console, the last line of which says how it
# ended; a machine that nobody comes for ends itself.
trap ended EXIT
shutdown -P +90
echo "keyedin: installing Docker, the CodeDeploy agent and the CloudWatch agent"

