#!/usr/bin/env bash
# Judges the assertion files, where there are any. The argument is the format of the report, the second one a file for it.
set -euo pipefail
read -ra paths <<<"${IPSEC_PATHS:-.}"
for given in "${paths[@]}"; do
  if [ -n "$(find "$given" -name '*.ipsectest' -not -path '*/node_modules/*' -print -quit)" ]; then
    exec ipsec policy test --format "${1:-text}" ${2:+--output "$2"} "${paths[@]}"
  fi
done
echo 'no assertion files (*.ipsectest)'
