"""Configuration files: where they are found, what they may say, and how errors read."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from alef_audit.config import Config, config_schema, find_config, load_config, read_config
from alef_audit.diagnostics import ConfigError, UsageError

FULL = """
patterns = ["035"]
level = "note"
fail-on = "never"
min-confidence = "medium"
exclude = ["legacy/**"]
include = ["src/**"]
platform = "linux"
executors = ["pool.run"]
jobs = 2
max-file-size = 100
include-tests = true

[[roots]]
function = "*.onTurn"
path = "src/**"
kind = "attempt"
why = "called by the host"

[[not-roots]]
function = "debug"

[[boundaries]]
function = "pool.inPool"
kind = "offloaded"

[[levels]]
sink = "blocking.filesystem"
root = "tick"
path = "src/**"
level = "note"
"""


def write(folder: Path, text: str, name: str = "alef-audit.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def fails(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_config(write(folder, text), trusted=False)
    return caught.value


def test_every_key_is_read(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, FULL), trusted=False)
    assert config.patterns == ("035",)
    assert (config.level, config.fail_on, config.min_confidence) == ("note", "never", "medium")
    assert config.roots[0].kind == "attempt"
    assert config.not_roots[0].path == "**"
    assert config.boundaries[0].kind == "offloaded"
    assert config.levels[0].sink == "blocking.filesystem"
    assert (config.jobs, config.max_file_size, config.include_tests) == (2, 100, True)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config()


def test_pyproject_table(tmp_path: Path) -> None:
    write(tmp_path, '[tool.alef-audit]\nplatform = "darwin"\n', "pyproject.toml")
    assert load_config(tmp_path).platform == "darwin"
    assert load_config(tmp_path, project=False).platform == "any"


def test_pyproject_without_our_table_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, '[project]\nname = "x"\ndependencies = ["alef-audit"]\n', "pyproject.toml")
    assert find_config(tmp_path) is None


def test_the_dedicated_file_wins(tmp_path: Path) -> None:
    write(tmp_path, '[tool.alef-audit]\nplatform = "darwin"\n', "pyproject.toml")
    write(tmp_path, 'platform = "win32"\n')
    assert load_config(tmp_path).platform == "win32"


def test_parents_are_searched_up_to_the_repository(tmp_path: Path) -> None:
    write(tmp_path, 'platform = "linux"\n')
    repository = tmp_path / "repository"
    inner = repository / "packages" / "a"
    inner.mkdir(parents=True)
    assert find_config(inner) is None
    (repository / ".git").mkdir()
    assert find_config(inner) is None
    write(repository, 'platform = "darwin"\n')
    assert load_config(inner).platform == "darwin"


def test_a_file_as_root_uses_its_folder(tmp_path: Path) -> None:
    write(tmp_path, 'platform = "linux"\n')
    (tmp_path / "a.py").touch()
    assert load_config(tmp_path / "a.py").platform == "linux"


def test_an_explicit_file_wins_and_must_exist(tmp_path: Path) -> None:
    write(tmp_path, 'platform = "linux"\n')
    other = write(tmp_path, 'platform = "darwin"\n', "other.toml")
    assert load_config(tmp_path, explicit=other).platform == "darwin"
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path, explicit=tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ('fail_on = "error"', "fail_on", "Did you mean fail-on?"),
        ('fail-on = "eror"', "fail-on", "Did you mean error?"),
        ('platform = "windows"', "platform", "Allowed: linux, darwin, win32, any"),
        ('[[roots]]\nfunction = "x"\nkind = "requests"', "roots[0].kind", "Did you mean request?"),
        ('[[roots]]\nfunktion = "x"\nkind = "request"', "roots[0].funktion", "Did you mean function?"),
        ('[[roots]]\nkind = "request"', "roots[0].function", "function ="),
        ('[[levels]]\nsink = "blocking.fs"\nlevel = "note"', "levels[0].sink", "blocking.filesystem"),
        ('[[boundaries]]\nfunction = "x"\nkind = "startup"', "boundaries[0].kind", "Did you mean startup-only?"),
        ('[[boundaries]]\nfunction = "x"\nkind = "offload.thread"', "boundaries[0].kind", "offload.worker"),
        ("[[not-roots]]", "not-roots[0]", "Give function or path"),
        ('[[levels]]\npath = "x/**"\nlevel = "of"', "levels[0].level", "Did you mean off?"),
        ("jobs = 0", "jobs", ""),
        ('exclude = ["[c-a]"]', "exclude", ""),
        ('rules = ["a\\u0000"]', "rules[0]", ""),
        (f'rules = ["{"a" * 5_000}"]', "rules[0]", ""),
        ('patterns = "035"', "patterns", ""),
        ("patterns = [35]", "patterns[0]", ""),
    ],
)
def test_a_mistake_names_the_key_and_what_is_allowed(tmp_path: Path, text: str, key: str, remedy: str) -> None:
    error = fails(tmp_path, text)
    assert error.key == key
    assert remedy in error.remedy
    assert error.file.endswith("alef-audit.toml")
    assert key in str(error)


def test_broken_toml_and_encoding(tmp_path: Path) -> None:
    assert "not TOML" in fails(tmp_path, "a = ").message
    assert "not TOML" in fails(tmp_path, "a." * 2_000 + "a = 1").message
    (tmp_path / "alef-audit.toml").write_bytes(b"level = '\xff'")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path)


def test_a_broken_pyproject_that_names_us_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "[tool.alef-audit]\nlevel = \n", "pyproject.toml")
    with pytest.raises(ConfigError, match="not TOML"):
        load_config(tmp_path)
    write(tmp_path, "[tool.other]\nlevel = \n", "pyproject.toml")
    assert load_config(tmp_path) == Config()


def test_rules_from_a_project_stay_inside_it(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "rules").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    inside = write(project, 'rules = ["rules"]')
    assert read_config(inside, trusted=False).rules == (str((project / "rules").resolve()),)
    (project / "link").symlink_to(tmp_path / "elsewhere")
    for folder in ("../elsewhere", str(tmp_path / "elsewhere"), "link"):
        outside = write(project, f"rules = ['{folder}']")
        with pytest.raises(ConfigError, match="inside the project"):
            read_config(outside, trusted=False)
        assert read_config(outside, trusted=True).rules == (str((tmp_path / "elsewhere").resolve()),)


def test_missing_rules_folder(tmp_path: Path) -> None:
    assert fails(tmp_path, 'rules = ["nowhere"]').key == "rules[0]"


def test_the_schema_is_valid_and_accepts_what_the_reader_accepts(tmp_path: Path) -> None:
    schema = config_schema()
    json.dumps(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(tomllib.loads(FULL))
    assert not validator.is_valid({"fail_on": "error"})
    assert not validator.is_valid({"platform": "windows"})


def test_errors_read_as_one_sentence_and_a_remedy() -> None:
    assert str(UsageError("no such path: x", "Check the spelling")) == "no such path: x. Check the spelling"
    assert str(UsageError("no such path: x")) == "no such path: x"
