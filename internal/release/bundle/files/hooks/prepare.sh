#!/bin/bash
# AfterInstall: all that can fail and needs no container to be stopped.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
alone 120

authorities
say "rendering the environment of $version"
release environment "$environment"
compose config --quiet

clean
for image in "${images[@]}"; do
  pulled "$image"
done
say "$version is ready to start"
