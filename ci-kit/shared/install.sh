#!/usr/bin/env bash
# Puts the program into a folder of its own and says on what PATH it is: IPSEC_VERSION is a version or a packed tarball.
set -euo pipefail
version=${IPSEC_VERSION:-latest}
folder=${RUNNER_TEMP:-${CI_PROJECT_DIR:-$PWD}}/ipsec-program
mkdir -p "$folder"
case $version in
  *.tgz) package=$(realpath "$version") ;;
  *) package=ipsec@$version ;;
esac
npm install --silent --no-fund --no-audit --omit=dev --prefix "$folder" "$package"
if [ -n "${GITHUB_PATH:-}" ]; then echo "$folder/node_modules/.bin" >>"$GITHUB_PATH"; fi
"$folder/node_modules/.bin/ipsec" --version
