#!/usr/bin/env bash
# What the action does: audit once, keep the report, annotate, summarise, comment; the exit code is that of the audit.
set -uo pipefail

audit=("${AUDIT:-$RUNNER_TEMP/alef-audit/bin/audit}")
read -r -a more <<<"${ARGUMENTS:-}"
asked=(scan "$FOLDER" --pattern="$PATTERN" --fail-on="$FAIL_ON" "${more[@]}")
if [ -n "${BASE:-}" ]; then
  asked+=(--since="$BASE" --suppressions-from="$BASE")
fi

"${audit[@]}" "${asked[@]}" --format=json --output="$REPORT"
code=$?
if [ "$code" -gt 1 ] && [ "$code" -ne 4 ]; then
  exit "$code"
fi

prefix=$(cd "$FOLDER" && git rev-parse --show-prefix 2>/dev/null || true)
"${audit[@]}" show "$REPORT" --format=github --prefix="$prefix"
"${audit[@]}" show "$REPORT" --format=markdown --prefix="$prefix" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
if [ "$COMMENT" = true ]; then
  "${audit[@]}" comment "$REPORT" --key="$PATTERN" --prefix="$prefix" || exit
fi
exit "$code"
