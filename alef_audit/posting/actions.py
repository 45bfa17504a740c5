"""Which pull request a run of GitHub Actions is about, read from its environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from alef_audit import json_text
from alef_audit.diagnostics import UsageError

_API = "https://api.github.com"


class PullRequest(msgspec.Struct, frozen=True):
    """Where to comment: address of the API, `owner/name`, number; `base` is its base commit, "" if unknown."""

    api: str
    repository: str
    number: int
    base: str = ""


def pull_request(
    environment: Mapping[str, str], repository: str | None = None, number: int | None = None, api: str | None = None
) -> PullRequest:
    """What was typed, else what the environment says. Raises UsageError that names what is missing."""
    event = _event(environment)
    request = event.get("pull_request") if isinstance(event.get("pull_request"), dict) else {}
    found = number or _number(event)
    named = repository or environment.get("GITHUB_REPOSITORY", "")
    if not named or named.count("/") != 1:
        raise UsageError("no repository to comment in", "Give --repository OWNER/NAME, or run in GitHub Actions")
    if not found:
        raise UsageError(
            "no pull request to comment on",
            "Give --pull-request NUMBER, or run on an event of a pull request (workflow_run of a fork names none)",
        )
    base: Any = request.get("base") if isinstance(request, dict) else None
    commit = base.get("sha", "") if isinstance(base, dict) else ""
    return PullRequest((api or environment.get("GITHUB_API_URL") or _API).rstrip("/"), named, found, str(commit))


def token(environment: Mapping[str, str]) -> str:
    """The token to comment with. Raises UsageError."""
    found = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""
    if not found:
        raise UsageError("no token", "Set GITHUB_TOKEN; in a workflow: env: { GITHUB_TOKEN: ${{ github.token }} }")
    return found


def _event(environment: Mapping[str, str]) -> dict[str, Any]:
    path = environment.get("GITHUB_EVENT_PATH", "")
    if not path:
        return {}
    try:
        event = json_text.decode(Path(path).read_bytes(), object)
    except (OSError, json_text.NotJson):
        return {}
    return event if isinstance(event, dict) else {}


def _number(event: Mapping[str, Any]) -> int:
    """The number in an event of a pull request, a comment on one, or a workflow that ran for one."""
    run = event.get("workflow_run")
    listed = run.get("pull_requests") if isinstance(run, dict) else None
    first = listed[0] if isinstance(listed, list) and listed else None
    for place in (event.get("pull_request"), first, event.get("issue"), event):
        number = place.get("number") if isinstance(place, dict) else None
        if isinstance(number, int) and number > 0:
            return number
    return 0
