"""One comment per pull request, found again by a mark that nobody sees and updated in place (GitHub's REST API)."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import httpx
import msgspec

from alef_audit.diagnostics import UsageError
from alef_audit.posting.actions import PullRequest

Outcome = Literal["created", "updated", "unchanged", "nothing to say"]
_TRIES: Final = 5
_LONGEST_WAIT: Final = 60.0  # seconds
_PAGE: Final = 100
_MOST_PAGES: Final = 50
_ACCEPT: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_BUSY: Final = frozenset((429, 500, 502, 503, 504))


class Posted(msgspec.Struct, frozen=True):
    outcome: Outcome
    url: str = ""


def marker(key: str) -> str:
    """The first line of the comment; `key` tells the comments of several jobs apart."""
    safe = "".join(character for character in key if character.isalnum() or character in "-_.")
    return f"<!-- audit:sticky key={safe} -->"


def post(
    place: PullRequest,
    token: str,
    body: str,
    key: str,
    *,
    create: bool = True,
    wait: Callable[[float], None] = time.sleep,
) -> Posted:
    """Create the comment, or bring it up to date; without `create` only the latter.

    Only a comment that this token wrote is touched.  Raises UsageError for what the host refuses, with a remedy.
    """
    text = f"{marker(key)}\n{body}"
    headers = {**_ACCEPT, "Authorization": f"Bearer {token}", "User-Agent": "alef-audit"}
    with httpx.Client(base_url=place.api, headers=headers, timeout=30.0, follow_redirects=False) as client:
        host = _Host(client, place, wait)
        known = next((one for one in host.comments() if _is_ours(one, key, host.login())), None)
        if known is None:
            if not create:
                return Posted("nothing to say")
            made = host.ask("POST", f"/repos/{place.repository}/issues/{place.number}/comments", {"body": text})
            return Posted("created", str(made.get("html_url", "")))
        if known.get("body") == text:
            return Posted("unchanged", str(known.get("html_url", "")))
        done = host.ask("PATCH", f"/repos/{place.repository}/issues/comments/{known['id']}", {"body": text})
        return Posted("updated", str(done.get("html_url", "")))


def _is_ours(comment: dict[str, Any], key: str, login: str) -> bool:
    """Whether the mark is ours and so is the comment: anybody can write the mark."""
    body, user = comment.get("body"), comment.get("user")
    if not isinstance(body, str) or not body.startswith(marker(key)) or not isinstance(user, dict):
        return False
    return user.get("login") == login if login else user.get("type") == "Bot"


class _Host:
    """Asks the API, and asks again when it is busy."""

    __slots__ = ("_client", "_login", "_place", "_wait")

    def __init__(self, client: httpx.Client, place: PullRequest, wait: Callable[[float], None]) -> None:
        self._client, self._place, self._wait = client, place, wait
        self._login: str | None = None

    def comments(self) -> Iterator[dict[str, Any]]:
        """All comments of the pull request, oldest first."""
        path = f"/repos/{self._place.repository}/issues/{self._place.number}/comments"
        for page in range(1, _MOST_PAGES + 1):
            found = self._json(self._send("GET", path, params={"per_page": _PAGE, "page": page}))
            if not isinstance(found, list):
                raise UsageError("the host answered with something that is no list of comments", _CHECK)
            yield from (one for one in found if isinstance(one, dict))
            if len(found) < _PAGE:
                return

    def login(self) -> str:
        """Who the token belongs to; "" for the token of a workflow, which may not ask."""
        if self._login is None:
            answer = self._send("GET", "/user", refused=(401, 403, 404))
            found = self._json(answer) if answer.status_code == httpx.codes.OK else {}
            self._login = str(found.get("login", "")) if isinstance(found, dict) else ""
        return self._login

    def ask(self, method: str, path: str, body: dict[str, str]) -> dict[str, Any]:
        found = self._json(self._send(method, path, json=body))
        return found if isinstance(found, dict) else {}

    def _send(self, method: str, path: str, refused: tuple[int, ...] = (), **rest: Any) -> httpx.Response:
        """The answer, an error for everything but success and the codes `refused`."""
        for attempt in range(1, _TRIES + 1):
            try:
                answer = self._client.request(method, path, **rest)
            except httpx.HTTPError as error:
                if attempt == _TRIES:
                    raise UsageError(f"cannot reach {self._place.api}: {error}", _CHECK) from None
                self._wait(_pause(None, attempt))
                continue
            if answer.is_success or (answer.status_code in refused and not _is_limited(answer)):
                return answer
            if attempt == _TRIES or not (answer.status_code in _BUSY or _is_limited(answer)):
                raise _refusal(answer, self._place)
            self._wait(_pause(answer, attempt))
        raise AssertionError

    def _json(self, answer: httpx.Response) -> object:
        try:
            found: object = answer.json()
        except ValueError:
            raise UsageError("the host answered with something that is no JSON", _CHECK) from None
        return found


_CHECK: Final = "Check --api-url, the network and the token, then try again"


def _is_limited(answer: httpx.Response) -> bool:
    """GitHub's rate limits come with 403 or 429."""
    limited = answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    return answer.status_code in (403, 429) and limited


def _pause(answer: httpx.Response | None, attempt: int) -> float:
    """Seconds to wait: what the host asks for, else twice as long each time."""
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    return min(_LONGEST_WAIT, float(asked) if asked.isdecimal() else 2.0**attempt)


def _refusal(answer: httpx.Response, place: PullRequest) -> UsageError:
    code, where = answer.status_code, f"{place.repository}#{place.number}"
    remedies = {
        401: "The token is not valid, or over: set GITHUB_TOKEN anew",
        403: "The token may not comment: give the job `permissions: pull-requests: write`. On a pull request of a fork "
        "the token only reads: use two workflows, as the README shows",
        404: "There is no such repository or pull request, or the token may not see it",
        422: "The host does not take the text: the conversation is locked, or the text too long",
    }
    moved = "The repository has moved: give its new name" if answer.is_redirect else ""
    return UsageError(
        f"cannot comment on {where}: the host says {code}{_said(answer)}", remedies.get(code, moved or _CHECK)
    )


def _said(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    token = answer.request.headers.get("authorization", "").removeprefix("Bearer ")
    return f" ({message.replace(token, '…')})" if isinstance(message, str) and message and token else ""
