"""Rules folders: every mistake is an error that names the file and the key."""

import shutil
from pathlib import Path

import pytest

from alef_audit.rulepack.load import RulepackError, bundled_rules, load_rulepack, read_model

HEAD = """\
[library]
name = "own"
ecosystem = "pypi"
modules = ["own"]
reference = "https://example.org"
"""
TYPE = '[[type]]\nname = "Client"\nmembers = ["Client"]\n'
SINK = '[[sink]]\nkind = "blocking.network"\ncost = "seconds"\n'
ROOT = '[[root]]\nkind = "request"\nwhy = "once per request"\n'
GUARD = '[[guard]]\nkind = "memoise.ttl"\n'
ENTRY = '[[entry]]\nmembers = ["keep"]\n'


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A complete rules folder of its own: the bundled vocabulary and forms, and one good model."""
    folder = tmp_path / "rules"
    shutil.copytree(bundled_rules() / "patterns", folder / "patterns")
    for name in ("kinds.toml", "lexicon.toml", "guards.toml"):
        shutil.copy(bundled_rules() / name, folder / name)
    put(folder, "models/pypi/aaa.toml", HEAD.replace('"own"', '"aaa"') + TYPE)
    return folder


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def mistake(*folders: Path) -> RulepackError:
    with pytest.raises(RulepackError) as error:
        load_rulepack(folders)
    assert str(error.value).startswith(error.value.path)
    assert error.value.key in str(error.value)
    return error.value


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("", "library", "missing required field `library`"),
        (HEAD.replace("modules", "module"), "library.module", "unknown field `module`"),
        (HEAD + "homepage = 1\n", "library.homepage", "unknown field `homepage`"),
        (HEAD.replace('"pypi"', '"cran"'), "library.ecosystem", "Invalid enum value 'cran'"),
        (HEAD.replace('["own"]', '"own"'), "library.modules", "Expected `array`"),
        (HEAD + "[[sinks]]\n", "sinks", "unknown field `sinks`"),
        (HEAD + '[sink]\nkind = "blocking.network"\n', "sink", "Expected `array`"),
        (HEAD + SINK + 'members = ["f"]\ninsted = "g"\n', "sink[0].insted", "unknown field `insted`"),
        (HEAD + SINK.replace("seconds", "hours") + 'members = ["f"]\n', "sink[0].cost", "Invalid enum value 'hours'"),
        (HEAD + SINK.replace("network", "net") + 'members = ["f"]\n', "sink[0].kind", "Invalid enum value"),
        (HEAD + SINK.replace('cost = "seconds"\n', "") + 'members = ["f"]\n', "sink[0].cost", "missing required"),
        (HEAD + (SINK + 'members = ["f"]\n') * 2 + SINK + "members = [1]\n", "sink[2].members[0]", "Expected `str`"),
        (HEAD + SINK, "sink[0]", "exactly one of members and path"),
        (HEAD + SINK + 'members = ["f"]\npath = "Member[g]"\n', "sink[0]", "exactly one of members and path"),
        (HEAD + SINK + 'members = [""]\n', "sink[0].members", "an empty name"),
        (HEAD + SINK + 'path = "Member[g].Return"\n', "sink[0].path", "not a path step at column 11"),
        (HEAD + SINK + 'members = ["f"]\nversions = "before 2"\n', "sink[0].versions", "not a range of versions"),
        (HEAD + SINK + 'members = ["f"]\nversions = "=>2"\n', "sink[0].versions", "not a range of versions"),
        (HEAD + SINK + 'members = ["f"]\nversions = "<2 ||"\n', "sink[0].versions", "not a range of versions"),
        (HEAD + SINK + 'members = ["f"]\nwhen = ["timeout"]\n', "sink[0].when", "expected [Receiver.|Made"),
        (HEAD + SINK + 'members = ["f"]\nunless = ["Argument[0] = no"]\n', "sink[0].unless", "not a literal: 'no'"),
        (HEAD + SINK + 'members = ["f"]\nunless = ["Argument[0] is 1 2"]\n', "sink[0].unless", "not a type: '1 2'"),
        (HEAD + SINK + 'members = ["f"]\nkept = "forever"\n', "sink[0].kept", "Invalid enum value 'forever'"),
        (HEAD + SINK + 'of = "Server"\nmembers = ["f"]\n', "sink[0].of", "unknown type 'Server'"),
        (HEAD + SINK + 'of = "aaa:Server"\nmembers = ["f"]\n', "sink[0].of", "unknown type 'aaa:Server'"),
        (HEAD + TYPE + 'extends = ["Base"]\n', "type[0].extends", "unknown type 'Base'"),
        (HEAD + TYPE + 'bag = "sack"\n', "type[0].bag", "Invalid enum value 'sack'"),
        (HEAD + ENTRY + 'bag = "Bag"\n', "entry[0].bag", "unknown type 'Bag'"),
        (HEAD + ENTRY + 'bag = "Bag"\nvalue = "Member[x]"\n', "entry[0].value", "expected Argument[...]"),
        (HEAD + ENTRY + 'bag = "Bag"\nvalue = "Argument[1]"\nkeywords = true\n', "entry[0]", "not both"),
        (
            HEAD + ROOT + 'form = "decorator"\nmembers = ["f"]\ngets = ["", "Bag"]\n',
            "root[0].gets",
            "unknown type 'Bag'",
        ),
        (
            HEAD + ROOT + 'form = "export"\nmembers = ["f"]\nfiles = ["a"]\ngets = ["Bag"]\n',
            "root[0].gets",
            "has no gets",
        ),
        (HEAD + '[[type]]\nname = "Client"\n', "type[0]", "exactly one of members and path"),
        (HEAD + '[[returns]]\nmembers = ["f"]\n', "returns[0]", "exactly one of type and value"),
        (HEAD + '[[returns]]\nmembers = ["f"]\nvalue = "Argument"\n', "returns[0].value", "Argument needs"),
        (HEAD + ROOT + 'form = "argument"\nmembers = ["on"]\n', "root[0].runs", "empty path"),
        (
            HEAD + ROOT + 'form = "argument"\nmembers = ["on"]\nruns = "Argument[x]"\n',
            "root[0].runs",
            "not an argument",
        ),
        (HEAD + ROOT + 'form = "table"\nmembers = ["on"]\n', "root[0].form", "Invalid enum value 'table'"),
        (HEAD + ROOT + 'form = "override"\nmembers = ["get"]\n', "root[0].of", "needs of = the base type"),
        (HEAD + TYPE + ROOT + 'form = "override"\nof = "Client"\npath = "Member[x]"\n', "root[0]", "needs members"),
        (HEAD + ROOT + 'form = "export"\nmembers = ["GET"]\n', "root[0].files", "needs files"),
        (HEAD + ROOT.replace("why", "what") + 'form = "decorator"\nmembers = ["f"]\n', "root[0].", "field"),
        (HEAD + ROOT + 'form = "decorator"\nmembers = ["f"]\nruns_on = "moon"\n', "root[0].runs_on", "Invalid enum"),
        (
            HEAD + ROOT + 'form = "decorator"\nmembers = ["f"]\nruns_on = {sync = "thread"}\n',
            "root[0].runs_on.coroutine",
            "missing",
        ),
        (HEAD + GUARD + 'form = "call"\nmembers = ["f"]\n', "guard[0].runs", "empty path"),
        (
            HEAD + GUARD + 'form = "decorator"\nmembers = ["f"]\nttl_argument = "ttl"\n',
            "guard[0].ttl_argument",
            "not a path",
        ),
        (
            HEAD + GUARD + 'form = "decorator"\nmembers = ["f"]\nttl_unit = "days"\n',
            "guard[0].ttl_unit",
            "Invalid enum",
        ),
        (HEAD + '[[neutral]]\nmembers = ["f"]\n', "neutral[0].reason", "missing required field `reason`"),
        ("[library\n", "", "not TOML: "),
    ],
)
@pytest.mark.parametrize("name", ["models/pypi/own.toml", "own.toml"])
def test_mistakes_in_a_model_name_file_and_key(rules: Path, name: str, text: str, key: str, message: str) -> None:
    path = put(rules, name, text)
    error = mistake(rules)
    assert error.path == str(path)
    assert error.key == key if not key.endswith(".") else error.key.startswith(key)
    assert message in error.message


def test_a_model_that_is_right(rules: Path) -> None:
    text = HEAD + TYPE + 'extends = ["aaa:Client"]\n' + SINK + 'of = "Client"\nmembers = ["get"]\n'
    path = put(rules, "own.toml", text + 'versions = ">=1.4,<2 || ^3.0.1 || 4.x || ~=5.0"\n')
    assert read_model(path).sink[0].of == "Client"
    assert {model.library.name for model in load_rulepack([rules]).models} == {"aaa", "own"}


def test_files_that_are_no_text(rules: Path) -> None:
    path = rules / "models" / "pypi" / "own.toml"
    path.write_bytes(HEAD.encode("utf-16"))
    assert "not UTF-8" in mistake(rules).message
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert len(load_rulepack([rules]).models) == 2
    path.unlink()
    path.mkdir()
    assert mistake(rules).path == str(path)


@pytest.mark.parametrize("name", ["kinds.toml", "lexicon.toml", "guards.toml"])
def test_the_vocabulary_has_to_be_there(rules: Path, name: str) -> None:
    (rules / name).unlink()
    error = mistake(rules)
    assert (error.path, error.message) == (name, "missing from the rules folder")


def test_folders_have_to_exist(rules: Path) -> None:
    assert mistake(rules, rules / "more").path == str(rules / "more")


@pytest.mark.parametrize(
    ("name", "old", "new", "key", "message"),
    [
        ("kinds.toml", "[sink.", "[sinc.", "", "sinc"),
        (
            "kinds.toml",
            '[sink."blocking.auth"]',
            '[sink."blocking.oauth"]',
            "sink",
            "Invalid enum value 'blocking.oauth'",
        ),
        ("kinds.toml", "heat =", "heet =", "root", "heet"),
        ("lexicon.toml", "[auth]", "[aut]", "", "aut"),
    ],
)
def test_mistakes_in_the_vocabulary(rules: Path, name: str, old: str, new: str, key: str, message: str) -> None:
    text = (rules / name).read_text(encoding="utf-8")
    assert old in text
    path = put(rules, name, text.replace(old, new, 1))
    error = mistake(rules)
    assert error.path == str(path)
    assert error.key.startswith(key)
    assert message in str(error)


def test_a_kind_without_a_meaning(rules: Path) -> None:
    text = (rules / "kinds.toml").read_text(encoding="utf-8")
    head, _, tail = text.partition('[guard."once"]') if '[guard."once"]' in text else text.partition("[guard.once]")
    following = tail.find("\n[")
    put(rules, "kinds.toml", head + (tail[following:] if following >= 0 else ""))
    error = mistake(rules)
    assert (error.key, error.message) == ("guard", "no meaning given for once")


@pytest.mark.parametrize("table", ["hot", "registration"])
def test_expressions_are_compiled_when_they_are_read(rules: Path, table: str) -> None:
    text = (rules / "lexicon.toml").read_text(encoding="utf-8")
    row = f'\n[[{table}]]\npattern = "run(?=x)"\nkind = "request"\nwhy = "x"\n'
    path = put(rules, "lexicon.toml", text + row)
    error = mistake(rules)
    assert (error.path, error.message.split(":")[0]) == (str(path), "not a regular expression (RE2 syntax)")
    assert error.key == f"{table}[{text.count(f'[[{table}]]')}].pattern"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("severity =", "severitie =", "severit"),
        ("severity = 8", "severity = 11", "severity"),
        ("confidence = 0.31", "confidence = 31", "confidence"),
        ('stage = "bind"', 'stage = "binding"', "stage"),
        ('pathology = "collapse"', 'pathology = "stall"', "pathology"),
        ("log_regex = '", "log_regex = '(", "signature.log_regex"),
        ('level = "error"', 'level = "fatal"', "levels[0].level"),
        ("sinks = [\n", 'sinks = [\n    "blocking.coffee",\n', "sinks[0]"),
    ],
)
def test_mistakes_in_a_pattern(rules: Path, old: str, new: str, key: str) -> None:
    (path,) = (rules / "patterns").glob("*.toml")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    error = mistake(rules)
    assert error.path == str(path)
    assert error.key.startswith(key)


def test_a_later_folder_adds_and_replaces(rules: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    put(more, "models/pypi/aaa.toml", HEAD.replace('"own"', '"aaa"') + SINK + 'members = ["f"]\n')
    put(more, "own.toml", HEAD)
    models = {model.library.name: model for model in load_rulepack([rules, more]).models}
    assert set(models) == {"aaa", "own"}
    assert (len(models["aaa"].sink), len(models["aaa"].type)) == (1, 0)
