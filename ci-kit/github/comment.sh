#!/usr/bin/env bash
# One comment on the pull request that says which packets change treatment; the next run replaces it.
set -euo pipefail
marker='<!-- ipsec semantic diff -->'
body=$(mktemp)
trap 'rm -f "$body"' EXIT
{
  echo "$marker"
  ipsec policy diff --format markdown "$IPSEC_BASE"
} >"$body"
cat "$body" >>"$GITHUB_STEP_SUMMARY"
comments=repos/$GITHUB_REPOSITORY/issues/$IPSEC_PULL_REQUEST/comments
known=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$marker\")) | .id" | head -n 1)
if [ -n "$known" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known" --field "body=@$body" >/dev/null
else
  gh api --method POST "$comments" --field "body=@$body" >/dev/null
fi
