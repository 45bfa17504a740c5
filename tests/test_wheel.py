"""What a wheel holds: the package, and the rules inside it where the tool looks for them."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hatchling.builders.wheel import WheelBuilder

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by the build backend itself: nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(CHECKOUT)).build(directory=str(folder), versions=["standard"])
    return Path(built)


@pytest.fixture(scope="module")
def names(wheel: Path) -> frozenset[str]:
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


def below(folder: str, suffix: str) -> frozenset[str]:
    return frozenset(
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / folder).rglob(f"*{suffix}")
        if "__pycache__" not in path.parts
    )


def test_every_module_and_every_rule_is_in_it(names: frozenset[str]) -> None:
    assert below("alef_audit", ".py") <= names
    assert {f"alef_audit/{path}" for path in below("rules", ".toml")} <= names


def test_nothing_else_is_in_it(names: frozenset[str]) -> None:
    others = {name for name in names if PurePosixPath(name).parts[0] != "alef_audit"}
    assert {PurePosixPath(name).suffix for name in others if "licenses" not in name} <= {"", ".txt"}
    assert all(".dist-info/" in name for name in others)
    assert not [name for name in names if name.endswith(".pyc")]


def test_it_is_typed_and_has_its_commands(wheel: Path, names: frozenset[str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entry_points = next(name for name in names if name.endswith("/entry_points.txt"))
        assert b"audit = alef_audit.cli.main:main" in archive.read(entry_points)
        metadata = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    assert "Requires-Python: >=3.11" in metadata
    assert "Requires-Dist: tree-sitter-python" in metadata


def test_the_unpacked_package_finds_its_rules(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "from alef_audit.rulepack.load import bundled_rules, load_rulepack as load; import alef_audit\n"
    code += "print(alef_audit.__file__); print(bundled_rules()); print(len(load([bundled_rules()]).models))"
    # -P, and a folder without a checkout: only what was unpacked can be imported
    done = subprocess.run(
        (sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{code}"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    package, rules, models = done.stdout.splitlines()
    assert Path(package).parent == tmp_path / "alef_audit"
    assert Path(rules) == (tmp_path / "alef_audit" / "rules").resolve()
    assert int(models) == len(below("rules/models", ".toml"))


def test_the_checkout_finds_its_rules() -> None:
    from alef_audit.rulepack.load import bundled_rules

    assert bundled_rules() == CHECKOUT / "rules"
    assert importlib.util.find_spec("alef_audit") is not None
