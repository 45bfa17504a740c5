"""One comment per pull request, against a host on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from alef_audit.diagnostics import UsageError
from alef_audit.posting.actions import PullRequest, pull_request, token
from alef_audit.posting.comments import Posted, marker, post
from tests.hosting import Host, hosting

MARK = "<!-- audit:sticky key=035 -->"


@pytest.fixture
def host() -> Iterator[Host]:
    with hosting() as running:
        yield running


class Waits(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def say(host: Host, body: str, key: str = "035", secret: str = "workflow-token", **rest: object) -> Posted:
    place = PullRequest(host.url, "octo/gateway", 7)
    return post(place, secret, body, key, **rest)  # type: ignore[arg-type]


def bodies(host: Host) -> list[str]:
    return [comment["body"] for comment in host.comments]


def test_the_first_time_it_is_created_then_updated(host: Host) -> None:
    assert say(host, "one") == Posted("created", "https://example.invalid/1")
    assert say(host, "two") == Posted("updated", "https://example.invalid/1")
    assert say(host, "two").outcome == "unchanged"
    assert bodies(host) == [f"{MARK}\ntwo"]


def test_each_key_has_its_own(host: Host) -> None:
    say(host, "one", key="gateway")
    say(host, "two", key="worker")
    assert len(host.comments) == 2
    assert marker("a --> b\n<x>") == "<!-- audit:sticky key=a--bx -->"


def test_it_is_found_behind_hundreds_of_others(host: Host) -> None:
    for number in range(250):
        host.add(f"comment {number}")
    say(host, "one")
    assert say(host, "two").outcome == "updated"
    assert sum("page=" in asked for asked in host.requests) == 6


def test_nothing_is_created_for_a_clean_report(host: Host) -> None:
    assert say(host, "clean", create=False).outcome == "nothing to say"
    assert host.comments == []
    say(host, "one")
    assert say(host, "clean", create=False).outcome == "updated"


@pytest.mark.parametrize("secret", ["workflow-token", "person-token"])
def test_a_comment_of_somebody_else_with_our_mark_is_left_alone(host: Host, secret: str) -> None:
    host.add(f"{MARK}\nall is well", "mallory")
    assert say(host, "one", secret=secret).outcome == "created"
    assert say(host, "two", secret=secret).outcome == "updated"
    assert bodies(host) == [f"{MARK}\nall is well", f"{MARK}\ntwo"]


@pytest.mark.parametrize(
    ("code", "headers", "waited"),
    [
        (429, {"retry-after": "3"}, 3.0),
        (502, {}, 2.0),
        (503, {"retry-after": "100000"}, 60.0),
        (403, {"x-ratelimit-remaining": "0"}, 2.0),
        (403, {"retry-after": "7"}, 7.0),
    ],
)
def test_a_busy_host_is_asked_again(host: Host, code: int, headers: dict[str, str], waited: float) -> None:
    host.failures = [(code, headers, {"message": "slow down"})] * 2
    waits = Waits()
    assert say(host, "one", wait=waits).outcome == "created"
    assert waits[0] == waited
    assert len(waits) == 2


def test_a_host_that_stays_busy_is_an_error(host: Host) -> None:
    host.failures = [(503, {}, {"message": "down"})] * 9
    with pytest.raises(UsageError, match="503"):
        say(host, "one", wait=Waits())


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (401, "GITHUB_TOKEN"),
        (403, "pull-requests: write"),
        (404, "no such repository"),
        (422, "locked"),
        (301, "moved"),
    ],
)
def test_what_the_host_refuses_has_a_remedy(host: Host, code: int, remedy: str) -> None:
    host.failures = [(code, {}, {"message": "no"})]
    with pytest.raises(UsageError) as raised:
        say(host, "one", wait=Waits())
    assert remedy in raised.value.remedy
    assert f"{code} (no)" in raised.value.message


def test_a_wrong_token(host: Host) -> None:
    with pytest.raises(UsageError, match="Bad credentials"):
        say(host, "one", secret="nobody")


def test_a_host_that_is_not_there() -> None:
    waits = Waits()
    with pytest.raises(UsageError, match="cannot reach"):
        post(PullRequest("http://127.0.0.1:9", "octo/gateway", 7), "x", "one", "035", wait=waits)
    assert len(waits) == 4


# --- which pull request


def event(tmp_path: Path, content: object) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return {
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REPOSITORY": "octo/gateway",
        "GITHUB_API_URL": "https://ghe/api/v3/",
    }


@pytest.mark.parametrize(
    ("content", "number", "base"),
    [
        ({"pull_request": {"number": 7, "base": {"sha": "abc"}}}, 7, "abc"),
        ({"number": 8, "pull_request": {}}, 8, ""),
        ({"issue": {"number": 9}}, 9, ""),
        ({"workflow_run": {"pull_requests": [{"number": 10}]}}, 10, ""),
    ],
)
def test_events(content: object, number: int, base: str, tmp_path: Path) -> None:
    assert pull_request(event(tmp_path, content)) == PullRequest("https://ghe/api/v3", "octo/gateway", number, base)


@pytest.mark.parametrize(
    "content", [{}, [], {"pull_request": 5}, {"workflow_run": {"pull_requests": []}}, {"number": -1}]
)
def test_events_without_a_pull_request(content: object, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no pull request"):
        pull_request(event(tmp_path, content))
    assert pull_request(event(tmp_path, content), number=3).number == 3


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UsageError, match="OWNER/NAME"):
        pull_request({}, number=3)
    with pytest.raises(UsageError, match="GITHUB_TOKEN"):
        token({})
    assert token({"GH_TOKEN": "x"}) == "x"
