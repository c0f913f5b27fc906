#!/usr/bin/env bash
# Annotations on the standard output, a summary of the job, and SARIF for code scanning. Fails as the lint does.
set -euo pipefail
read -ra paths <<<"${IPSEC_PATHS:-.}"
options=()
[ -z "${IPSEC_PROFILE:-}" ] || options+=(--profile "$IPSEC_PROFILE")
[ -z "${IPSEC_FAIL_LEVEL:-}" ] || options+=(--fail-level "$IPSEC_FAIL_LEVEL")
reports=${RUNNER_TEMP:-/tmp}/ipsec-reports
mkdir -p "$reports"
echo installed=true >>"$GITHUB_OUTPUT"

# Exit codes 0 and 1 are answers; others mean that nothing was judged.
status=0
ipsec policy lint --format github "${options[@]}" "${paths[@]}" || status=$?
[ "$status" -le 1 ] || exit "$status"
ipsec policy lint --format markdown "${options[@]}" "${paths[@]}" >>"$GITHUB_STEP_SUMMARY" || [ $? = 1 ]
ipsec policy lint --format jsonl --output "$reports/findings.jsonl" "${options[@]}" "${paths[@]}" || [ $? = 1 ]
echo "findings=$(grep -c '"code"' "$reports/findings.jsonl" || true)" >>"$GITHUB_OUTPUT"
if [ "${IPSEC_SARIF:-true}" = true ]; then
  ipsec policy lint --format sarif --output "$reports/ipsec.sarif" "${options[@]}" "${paths[@]}" || [ $? = 1 ]
  echo "sarif-file=$reports/ipsec.sarif" >>"$GITHUB_OUTPUT"
fi
exit "$status"
