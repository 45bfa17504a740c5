"""The whole check, with packages that are in the cache already and versions of the tool that are stand-ins."""

import sys
import tarfile
import tempfile
from pathlib import Path

import msgspec
import pytest

from tests.ecosystem.__main__ import main
from tests.ecosystem.measure import TIMED_OUT
from tests.ecosystem.measure import main as measure
from tests.ecosystem.obtain import obtain
from tests.ecosystem.run import AuditFailed, NoSuchRevision, Took, audit, from_command, from_revision
from tests.ecosystem.test_compare import document, finding
from tests.ecosystem.test_obtain import giving, package
from tests.ecosystem.test_unpack import tgz


def stand_in(folder: Path, name: str, body: str) -> str:
    """A command that runs `body`."""
    script = folder / f"{name}.py"
    script.write_text(body, encoding="utf-8")
    return f"{sys.executable} -S {script}"


def reporting(folder: Path, name: str, *findings: str) -> str:
    report = msgspec.json.encode(document(*map(finding, findings))).decode()
    return stand_in(folder, name, f"print({report!r})\nraise SystemExit(1)")


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """The command line for one package, which is in the cache."""
    with tempfile.TemporaryDirectory() as work:
        archive = tgz(Path(work) / "a.tgz", tarfile.TarInfo("package/index.js")).read_bytes()
    wanted = package(archive, "one")
    obtain(wanted, tmp_path / "cache", giving(archive))
    listed = tmp_path / "packages.toml"
    listed.write_bytes(b"[[package]]\n" + msgspec.toml.encode(wanted))
    return [f"--packages={listed}", f"--cache={tmp_path / 'cache'}", "--commands"]


def test_two_versions(options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, head = reporting(tmp_path, "base", "x"), reporting(tmp_path, "head", "x", "y")
    assert main([base, head, *options]) == 0
    out, err = capsys.readouterr()
    assert "1 packages: 1 appeared.\n" in out
    assert "### Appeared: 1\n\n* error exposed `a.py:7`" in out
    assert err.count("npm:one@1.0.0: ") == 2


def test_a_version_that_fails(options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, head = reporting(tmp_path, "base", "x"), stand_in(tmp_path, "head", "raise SystemExit('broken')\n")
    assert main([base, stand_in(tmp_path, "other", "import sys; sys.exit(5)"), *options]) == 0
    assert "Failed: `head: exit code 5`" in capsys.readouterr().out
    assert main([base, head, *options]) == 0
    assert "Failed: `head: no report of alef-audit/v1" in capsys.readouterr().out


def test_a_package_that_is_not_obtained(
    options: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.ecosystem.__main__.download", giving(b"other"))
    assert main(["true", "true", *options, "--cache", f"{options[1].removeprefix('--cache=')}-empty"]) == 0
    assert "Failed: `not obtained: the archive's sha256 is" in capsys.readouterr().out


def test_what_is_asked_for_wrongly(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["true", "true", *options, "--only=two"]) == 2
    assert "'two'" in capsys.readouterr().err
    assert main(["no-such-revision", *options[:2]]) == 2
    assert "no such revision" in capsys.readouterr().err


def test_a_version_that_does_not_end(tmp_path: Path) -> None:
    endless = from_command(stand_in(tmp_path, "endless", "import time; time.sleep(60)"))
    with pytest.raises(AuditFailed, match="no report after"):
        audit(endless, tmp_path, 0.2)


def test_what_a_command_took(tmp_path: Path) -> None:
    body = "import time\nkept = b'x' * (64 << 20)\nwhile time.process_time() < 0.05: pass\nraise SystemExit(3)"
    command = stand_in(tmp_path, "busy", body).split()
    result = tmp_path / "took.json"
    assert measure([str(result), "60", *command]) == 3
    took = msgspec.json.decode(result.read_bytes(), type=Took)
    assert took.peak_bytes > 64 << 20
    assert took.cpu >= 0.05
    assert (
        measure([str(result), "0.2", *stand_in(tmp_path, "slow", "import time; time.sleep(60)").split()]) == TIMED_OUT
    )


def test_revisions(tmp_path: Path) -> None:
    with from_revision(".") as version:
        assert version.title == "working tree"
        assert audit(version, Path(__file__).parent, 60).document.summary.coverage.lines > 0
    with pytest.raises(NoSuchRevision), from_revision("--output=x"):
        pass
