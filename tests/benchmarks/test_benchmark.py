"""The benchmark measures what it says: on a small tree, with the tools that are there."""

from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmark
from tests.benchmarks import others
from tests.benchmarks.plot import Point, plot
from tests.benchmarks.scaling import grown, size_of
from tests.benchmarks.stages import REST, STAGES, measured, table


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "package.json").write_text('{"name": "one", "version": "1.0.0"}', encoding="utf-8")
    (folder / "a.js").write_text("import fs from 'fs';\n" + "export const x = 1;\n" * 99, encoding="utf-8")
    return folder


def test_every_table_has_its_rows(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark, "_obtained", lambda names: [package])
    monkeypatch.setenv("PATH", "")
    picture = tmp_path / "speed.svg"
    arguments = [str(package), "--jobs=1", "--rounds=1", "--lines", "150", "250", "--svg", str(picture)]
    assert benchmark.main(arguments) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 files, 100 lines, 0.0 MB; 1 processes")
    for row in ("| parsing only (floor) |", "| cold |", "| nothing changed |", "| one file changed |"):
        assert row in said
    assert said.count("not installed") == len(others.OTHERS)
    assert "\n| 200 | 2 |" in said
    assert "\n| 300 | 3 |" in said
    assert said.endswith("reports are the same\n")
    assert picture.read_text(encoding="utf-8").count("<circle") == 3


def test_copies_have_names_of_their_own(package: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    grown([package], 250, tree)
    names = sorted(manifest.read_text(encoding="utf-8") for manifest in tree.rglob("package.json"))
    assert [text.split('"')[3] for text in names] == ["one-0", "one-1", "one-2"]
    assert size_of(tree)[:2] == (3, 300)


def test_the_times_of_all_stages_add_up(package: Path) -> None:
    spent = measured(package, 1)
    total = spent.pop("")
    assert list(spent) == [*(title for _, _, title in STAGES), REST]
    assert sum(one.wall for one in spent.values()) == pytest.approx(total.wall)
    assert all(spent[title].wall > 0 for _, _, title in STAGES)
    assert next(reversed(list(table({**spent, "": total})))).startswith("| all |")


def test_a_title_is_escaped() -> None:
    assert "<script>" not in plot("t", [Point("<script>", 1_000, 0.02), Point("<script>", 90_000, 0.03)])
