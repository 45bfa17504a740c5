"""What a pull request can make of the comment: nothing but text, on the pull request that the workflow names."""

import json
from pathlib import Path

import pytest

from tests.cli.test_compare_command import CALLING, PROJECT
from tests.hosting import Host, hosting
from tests.repositories import commit, repository
from tests.rows import attack as row
from tests.test_survival import Ran, run

TOKEN = "workflow-token"


def posted(root: Path, host: Host, monkeypatch: pytest.MonkeyPatch, *options: str) -> Ran:
    """The change of the last commit, as a comment."""
    for name, value in {
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_REPOSITORY": "octo/gateway",
        "GITHUB_API_URL": host.url,
        "GITHUB_EVENT_PATH": str(root.parent / "event.json"),
    }.items():
        monkeypatch.setenv(name, value)
    event = {
        "pull_request": {
            "number": 7,
            "title": "$(touch ran) `touch ran` ${{ github.token }}",
            "head": {"ref": "x;touch${IFS}ran", "label": "--output=ran"},
        }
    }
    (root.parent / "event.json").write_text(json.dumps(event), encoding="utf-8")
    report = root.parent / "report.json"
    assert run("compare", "HEAD~1", "--path", root, "--format=json", "--output", report).code == 1
    return run("comment", report, *options)


def changed(tmp_path: Path, name: str = "service.py") -> Path:
    root = repository(tmp_path / "tree", PROJECT)
    app = PROJECT["app.py"].replace("from service", f"from {name.removesuffix('.py')}")
    commit(root, {name: CALLING, "app.py": app})
    return root


@row(
    "the mark of the comment in a comment of somebody else, to have it overwritten or to stop the true one",
    "only a comment that the token's owner wrote is touched",
)
def test_a_forged_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hosting() as host:
        forged = host.add("<!-- audit:sticky key=035 -->\nnothing to see", login="attacker")
        ran = posted(changed(tmp_path), host, monkeypatch)
        assert ran.code == 0, ran.err
        assert forged["body"].endswith("nothing to see")
        assert len(host.comments) == 2


@row("the title or the branch of the pull request as a script; the token in what is printed", "neither is ever used")
@pytest.mark.parametrize("failure", [None, 401, 403, 500])
def test_scripts_and_the_token(failure: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.chdir(tmp_path)
    with hosting() as host:
        if failure:
            host.failures = [(failure, {}, {"message": f"no {TOKEN} \x1b[31m"})] * 9
        ran = posted(changed(tmp_path), host, monkeypatch)
        assert ran.code == (2 if failure else 0)
        assert TOKEN not in "".join(comment["body"] for comment in host.comments)
        assert TOKEN not in ran.everything
        assert "\x1b" not in ran.everything
        assert not list(tmp_path.rglob("ran"))


@row("a `.env`, `.netrc` or configuration in the tree that names another host to send the token to", "not read")
def test_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hosting() as host, hosting() as evil:
        root = changed(tmp_path)
        (root / ".env").write_text(f"GITHUB_API_URL={evil.url}\n", encoding="utf-8")
        (root / ".netrc").write_text("machine 127.0.0.1 login a password b\n", encoding="utf-8")
        monkeypatch.chdir(root)
        assert posted(root, host, monkeypatch).code == 0
        assert (evil.requests, len(host.comments)) == ([], 1)
