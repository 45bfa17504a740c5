"""What the configuration and comments say of functions: entry points, boundaries, executors; and what fits nothing."""

from pathlib import Path

import pytest

from alef_audit.auditing.report import AuditReport
from alef_audit.config import BoundaryRow, Config, LevelRow, NotRootRow, RootRow
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PROGRAM = """\
import time
from fastapi import FastAPI

app = FastAPI()

class Store:
    def read(self):
        time.sleep(1)

def in_pool(job):
    job()

def job():
    time.sleep(2)

def unreached():
    time.sleep(3)

@app.get("/")
async def handler():
    Store().read()
    in_pool(job)
"""


def report_on(folder: Path, source: str = PROGRAM, **settings: object) -> AuditReport:
    (folder / "web").mkdir(exist_ok=True)
    (folder / "web" / "service.py").write_text(source, encoding="utf-8")
    config = Config(**settings)  # type: ignore[arg-type]
    request = request_for(folder, config=config, include_discharged=True, config_file="alef-audit.toml")
    return audit(request, lambda *_: None)


def fates(report: AuditReport) -> dict[int, str]:
    """What became of the blocking calls, by line."""
    return {finding.sink.line: finding.verdict for finding in report.findings}


def test_without_configuration(tmp_path: Path) -> None:
    report = report_on(tmp_path)
    assert fates(report) == {8: "exposed", 14: "exposed"}
    assert report.diagnostics == ()


@pytest.mark.parametrize("name", ["web.service.unreached", "*.unreached", "*.un?eached", "web.*reached"])
def test_a_root_by_its_qualified_name(name: str, tmp_path: Path) -> None:
    report = report_on(tmp_path, roots=(RootRow(name, "message", why="frames"),))
    assert fates(report)[17] == "exposed"
    assert ("unreached", "message", "frames") in {(root.function, root.kind, root.why) for root in report.roots}


@pytest.mark.parametrize("row", [NotRootRow("*.handler"), NotRootRow(path="web/**")])
def test_what_is_no_root(row: NotRootRow, tmp_path: Path) -> None:
    # an awaited coroutine again, as any that nothing else reaches
    assert "request" not in {root.kind for root in report_on(tmp_path, not_roots=(row,)).roots}


@pytest.mark.parametrize(
    ("kind", "fate"),
    [("offloaded", "discharged"), ("offload.process", "discharged"), ("yield", "mitigated"), ("startup-only", None)],
)
def test_boundaries(kind: str, fate: str | None, tmp_path: Path) -> None:
    report = report_on(tmp_path, boundaries=(BoundaryRow("*.Store.read", kind),))  # type: ignore[arg-type]
    assert fates(report).get(8) == fate
    assert fates(report)[14] == "exposed"


@pytest.mark.parametrize("name", ["in_pool", "web.service.in_pool", "*.in_pool"])
def test_executors_as_written_or_by_qualified_name(name: str, tmp_path: Path) -> None:
    report = report_on(tmp_path, executors=(name,))
    assert fates(report)[14] == "discharged"
    assert report.diagnostics == ()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"roots": (RootRow("unreachd", "tick"),)},
            "roots[0].function = 'unreachd' matches nothing; the nearest is 'web.service.unreached'",
        ),
        (
            {"boundaries": (BoundaryRow("Store.read", "offloaded"),)},
            "boundaries[0].function = 'Store.read' matches nothing; the nearest is 'web.service.Store.read'",
        ),
        (
            {"not_roots": (NotRootRow("*.handler", path="src/**"),)},
            "not-roots[0].function = '*.handler' matches nothing below 'src/**'; the nearest is 'web.service.handler'",
        ),
        ({"executors": ("in_pol",)}, "executors[0] = 'in_pol' matches nothing; the nearest is 'in_pool'"),
        ({"levels": (LevelRow("off", path="scripts/**"),)}, "levels[0].path = 'scripts/**' matches no audited file"),
        (
            {"roots": (RootRow("zzzzzzzzzzzz", "tick"),)},
            "roots[0].function = 'zzzzzzzzzzzz' matches nothing; audit graph prints the names",
        ),
    ],
)
def test_what_fits_nothing_is_told(settings: dict[str, object], said: str, tmp_path: Path) -> None:
    (remark,) = report_on(tmp_path, **settings).diagnostics  # type: ignore[arg-type]
    assert (remark.path, remark.line, remark.kind, remark.message) == ("alef-audit.toml", 0, "configuration", said)


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("audit: hot[mesage]", "unknown kind in audit: hot[mesage]; did you mean message?"),
        ("audit: hot message", "audit: hot message counts as attempt; write audit: hot[message]"),
        ("audit: offloaded[035] x", "audit: offloaded takes nothing in brackets"),
    ],
)
def test_comments_at_a_function_that_are_wrong(comment: str, said: str, tmp_path: Path) -> None:
    source = PROGRAM.replace("def unreached():", f"def unreached():  # {comment}")
    (remark,) = report_on(tmp_path, source).diagnostics
    assert (remark.path, remark.line) == ("web/service.py", 16)
    assert remark.message.startswith(said)


@pytest.mark.parametrize("word", ["hot", "startup-only", "offloaded"])
def test_comments_where_nothing_is(word: str, tmp_path: Path) -> None:
    source = PROGRAM.replace("import time\n", f"import time  # audit: {word}\n")
    (remark,) = report_on(tmp_path, source).diagnostics
    assert remark.message.startswith(f"audit: {word} has no effect: no function")


def test_what_runs_at_start_up_makes_nothing_below_it_hot(tmp_path: Path) -> None:
    source = (
        PROGRAM
        + "\nasync def warm():  # audit: startup-only\n    await inner()\n\nasync def inner():\n    time.sleep(4)\n"
    )
    assert 28 not in fates(report_on(tmp_path, source))
    assert 28 in fates(report_on(tmp_path, source.replace("  # audit: startup-only", "")))


def test_comments_in_followed_packages_are_not_for_us(tmp_path: Path) -> None:
    package = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages" / "acme"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import time\ndef nap():\n    time.sleep(1)  # audit: ignore[035] theirs\n")
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("")
    source = PROGRAM.replace("import time\n", "import acme, time\n").replace("    in_pool(job)", "    acme.nap()")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "service.py").write_text(source, encoding="utf-8")
    report = audit(request_for(tmp_path, follow=()), lambda *_: None)
    assert ("acme", "open") in {(finding.dependency, finding.status) for finding in report.findings}
    muted = source.replace("    acme.nap()", "    acme.nap()  # audit: ignore[035] ours")
    (tmp_path / "web" / "service.py").write_text(muted, encoding="utf-8")
    report = audit(request_for(tmp_path, follow=()), lambda *_: None)
    assert ("acme", "suppressed") in {(finding.dependency, finding.status) for finding in report.findings}
