"""Imported packages are read as far as the program reaches them, and reported at the program's own calls."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from alef_audit.cli.arguments import with_default_command
from alef_audit.cli.main import app, command_names
from alef_audit.dependencies import weight
from alef_audit.frontends import extract, processes

FOLLOW = "--follow-dependencies"
READS = "const fs = require('fs');\nmodule.exports.load = function load(p) { return fs.readFileSync(p); };\n"
SERVER = """\
const express = require("express");
const lib = require("lib");
const app = express();
app.get("/", (req, res) => {
  res.send(lib.load("a"));
});
app.listen(1);
"""
SERVICE = """\
from aiohttp import web

from lib import load


async def index(request: web.Request) -> web.Response:
    return web.Response(text=load("a"))


app = web.Application()
app.router.add_get("/", index)
web.run_app(app)
"""
PYTHON_READS = "def load(path):\n    with open(path) as file:\n        return list(file)\n"


def lay(root: Path, files: dict[str, str]) -> Path:
    """Write `files` below `root`."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return root


def package(name: str, **more: Any) -> str:
    return json.dumps({"name": name, "version": "1.0.0"} | more)


def run(*arguments: str, command: str = "scan") -> Result:
    return CliRunner(env={"COLUMNS": "120", "NO_COLOR": "1"}).invoke(
        app, with_default_command([command, *arguments], command_names()), prog_name="audit"
    )


def scan(root: Path, *options: str) -> dict[str, Any]:
    done = run(str(root), "--format=json", *options)
    assert done.exit_code in (0, 1), done.stderr or done.output
    found: dict[str, Any] = json.loads(done.stdout)
    found["summary"]["coverage"]["seconds"] = 0
    return found


def places(report: dict[str, Any]) -> list[tuple[str, str]]:
    """(path:line of the program's call, path:line of the blocking call) of every finding."""
    return sorted(
        (f"{f['location']['path']}:{f['location']['line']}", f"{f['sink']['path']}:{f['sink']['line']}")
        if "location" in f
        else ("", f"{f['sink']['path']}:{f['sink']['line']}")
        for f in report["findings"]
    )


def followed(report: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = report["summary"]["coverage"]["dependencies"]
    return found


FLAT = {
    "app.js": SERVER,
    "package.json": package("web"),
    "node_modules/lib/package.json": package("lib", main="./main.js", types="main.d.ts"),
    "node_modules/lib/main.js": "module.exports = require('./inner');\n",
    "node_modules/lib/main.d.ts": "export function load(p: string): string;\n",
    "node_modules/lib/inner/index.js": READS,
    "node_modules/lib/unused.js": READS,
}


# ---------------------------------------------------------------- where packages lie


def test_flat(tmp_path: Path) -> None:
    report = scan(lay(tmp_path, FLAT), FOLLOW)
    assert places(report) == [("app.js:5", "node_modules/lib/inner/index.js:2")]
    assert followed(report) == {"packages": 1, "files": 2, "lines": 5, "not_read": {}}
    (finding,) = report["findings"]
    assert [frame["path"] for frame in finding["trace"]] == ["app.js", "node_modules/lib/inner/index.js"]
    assert finding["dependency"] == "lib"
    assert finding["message"].startswith("fs.readFileSync in lib blocks")
    assert finding["sink"]["function"] == finding["trace"][-1]["function"]


def test_without_the_option_nothing_is_read(tmp_path: Path) -> None:
    lay(tmp_path, FLAT)
    with_packages = scan(tmp_path)
    assert with_packages["findings"] == []
    assert "dependencies" not in with_packages["summary"]["coverage"]
    assert "dependencies" not in run(str(tmp_path)).stdout


def test_nested_copies_are_told_apart(tmp_path: Path) -> None:
    """`lib` sees its own copy of `deep`, the program the one at the top."""
    report = scan(
        lay(
            tmp_path,
            {
                "app.js": SERVER.replace('lib.load("a")', 'lib.load("a") + require("deep").load("b")'),
                "node_modules/lib/package.json": package("lib"),
                "node_modules/lib/index.js": "exports.load = (p) => require('deep').load(p);\n",
                "node_modules/lib/node_modules/deep/index.js": "\n" + READS,
                "node_modules/deep/index.js": "\n\n" + READS,
            },
        ),
        FOLLOW,
    )
    inner, outer = "node_modules/lib/node_modules/deep/index.js:3", "node_modules/deep/index.js:4"
    assert {sink for _, sink in places(report)} == {inner, outer}
    assert followed(report)["packages"] == 2


def link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target, target_is_directory=True)


def test_the_store_of_pnpm(tmp_path: Path) -> None:
    """Links from the top into the store, and from package to package in it, in a circle."""
    store = "node_modules/.pnpm"
    lay(
        tmp_path,
        {
            "app.js": SERVER,
            f"{store}/lib@1.0.0/node_modules/lib/package.json": package("lib", exports={".": {"default": "./l.js"}}),
            f"{store}/lib@1.0.0/node_modules/lib/l.js": "exports.load = (p) => require('deep').load(p);\n",
            f"{store}/deep@1.0.0/node_modules/deep/index.js": "require('lib');\n" + READS,
        },
    )
    link(tmp_path / "node_modules/lib", ".pnpm/lib@1.0.0/node_modules/lib")
    link(tmp_path / store / "lib@1.0.0/node_modules/deep", "../../deep@1.0.0/node_modules/deep")
    link(tmp_path / store / "deep@1.0.0/node_modules/lib", "../../lib@1.0.0/node_modules/lib")
    link(tmp_path / store / "node_modules/all", "../../..")
    report = scan(tmp_path, FOLLOW)
    assert places(report) == [("app.js:5", f"{store}/deep@1.0.0/node_modules/deep/index.js:3")]
    assert followed(report)["files"] == 2


def test_workspaces_share_the_packages_at_the_top(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {
            "package.json": package("all", workspaces=["packages/*"]),
            "packages/web/package.json": package("web"),
            "packages/web/app.js": SERVER.replace('"lib"', '"@all/own"'),
            "packages/own/package.json": package("@all/own", main="index.js"),
            "packages/own/index.js": "exports.load = (p) => require('lib').load(p);\n",
            "node_modules/lib/index.js": READS,
        },
    )
    link(tmp_path / "node_modules/@all/own", "../../packages/own")
    report = scan(tmp_path, FOLLOW)
    assert places(report) == [("packages/own/index.js:1", "node_modules/lib/index.js:2")]
    assert followed(report)["files"] == 1


def test_a_package_linked_from_the_tree_stays_own_code(tmp_path: Path) -> None:
    lay(tmp_path, {"app.js": SERVER, "libs/lib/index.js": READS})
    link(tmp_path / "node_modules/lib", "../libs/lib")
    report = scan(tmp_path, FOLLOW)
    assert places(report) == [("", "libs/lib/index.js:2")]
    assert followed(report)["files"] == 0


@pytest.mark.parametrize("home", [".venv/lib/python3.12/site-packages", "env/Lib/site-packages"])
@pytest.mark.parametrize("module", ["lib.py", "lib/__init__.py"])
def test_virtual_environments(home: str, module: str, tmp_path: Path) -> None:
    lay(tmp_path, {"service.py": SERVICE, f"{home}/{module}": PYTHON_READS, f"{home.split('/')[0]}/pyvenv.cfg": ""})
    report = scan(tmp_path, FOLLOW)
    assert places(report) == [("service.py:7", f"{home}/{module}:2")]
    assert followed(report)["packages"] == 1


def test_python_packages_with_everything(tmp_path: Path) -> None:
    """Relative imports, submodules, namespaces, re-exports, single modules, compiled ones."""
    home = ".venv/lib/python3.12/site-packages"
    lay(
        tmp_path,
        {
            "service.py": SERVICE,
            f"{home}/lib/__init__.py": "from .core import *\nfrom . import fast\n",
            f"{home}/lib/core.py": "from space.reader import load\nfrom lib._speed import x\nimport lib.late\n",
            f"{home}/lib/fast.py": "import os\n",
            f"{home}/lib/late.py": "from ..outside import nothing\nfrom .. import neither\n",
            f"{home}/lib/never.py": PYTHON_READS,
            f"{home}/lib/_speed.cpython-312-x86_64-linux-gnu.so": "",
            f"{home}/space/reader.py": "import single\nload = single.load\n",
            f"{home}/single.py": "import lib\n" + PYTHON_READS,
        },
    )
    report = scan(tmp_path, FOLLOW)
    assert places(report) == [("service.py:7", f"{home}/single.py:3")]
    assert followed(report) | {"lines": 0} == {"packages": 3, "files": 6, "lines": 0, "not_read": {"compiled": 1}}


# ---------------------------------------------------------------- folders that are named


def outside(tmp_path: Path) -> tuple[Path, Path]:
    root = lay(tmp_path / "project", {"app.js": SERVER, "service.py": SERVICE, "package.json": package("web")})
    folder = lay(tmp_path / "elsewhere", {"lib/index.js": READS, "lib/__init__.py": PYTHON_READS})
    return root, folder


def test_a_folder_outside_the_root(tmp_path: Path) -> None:
    root, folder = outside(tmp_path)
    report = scan(root, f"{FOLLOW}={folder}")
    assert places(report) == [("app.js:5", "lib/index.js:2"), ("service.py:7", "lib/__init__.py:2")]
    assert str(tmp_path) not in json.dumps(report)


def test_without_its_folder_it_is_not_found(tmp_path: Path) -> None:
    root, _ = outside(tmp_path)
    report = scan(root, FOLLOW, "--explain-unresolved")
    assert report["findings"] == []
    assert report["unknown_packages"] == ["lib"]


def test_projects_and_environments_stand_for_the_packages_in_them(tmp_path: Path) -> None:
    root, folder = outside(tmp_path)
    lay(tmp_path / "other", {"node_modules/lib/index.js": READS, "venv/Lib/site-packages/lib.py": PYTHON_READS})
    report = scan(root, f"{FOLLOW}={tmp_path / 'other'}")
    assert places(report) == [("app.js:5", "lib/index.js:2"), ("service.py:7", "lib.py:2")]
    assert folder.is_dir()


def test_two_folders_and_the_programs_own_paths_do_not_collide(tmp_path: Path) -> None:
    root, folder = outside(tmp_path)
    lay(root, {"lib/index.js": "exports.own = 1;\n"})
    report = scan(root, f"{FOLLOW}={folder}", f"{FOLLOW}={folder.parent / 'project'}")
    assert ("app.js:5", "elsewhere/lib/index.js:2") in places(report)


def test_links_out_of_the_root_are_not_read(tmp_path: Path) -> None:
    root, folder = outside(tmp_path)
    link(root / "node_modules/lib", str(folder / "lib"))
    (root / ".venv/lib/python3.12").mkdir(parents=True)
    link(root / ".venv/lib/python3.12/site-packages", str(folder))
    assert scan(root, FOLLOW)["findings"] == []
    assert scan(root, f"{FOLLOW}={folder}")["findings"] != []


def test_a_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    root, folder = outside(tmp_path)
    done = run(str(root), f"{FOLLOW}={folder / 'nowhere'}")
    assert done.exit_code == 2
    assert "no such folder" in done.stderr


def test_the_path_after_the_option_is_what_is_audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lay(tmp_path, FLAT))
    done = run(FOLLOW, ".", "--format=json")
    assert len(json.loads(done.stdout)["findings"]) == 1


def test_the_call_graph_leads_into_packages(tmp_path: Path) -> None:
    lay(tmp_path, FLAT)
    paths = {}
    for options in ((), (FOLLOW,)):
        graph = json.loads(run(str(tmp_path), *options, command="graph").stdout)
        names = {function["id"]: function["path"] for function in graph["functions"]}
        edges = [edge for edge in graph["edges"] if isinstance(edge["callee"], int)]
        paths[options] = {(names[edge["caller"]], names[edge["callee"]]) for edge in edges}
    assert paths[FOLLOW,] - paths[()] >= {("app.js", "node_modules/lib/inner/index.js")}


# ---------------------------------------------------------------- configuration


def test_the_configuration_switches_it_on(tmp_path: Path) -> None:
    lay(tmp_path, FLAT | {"alef-audit.toml": "follow-dependencies = true\n"})
    assert len(scan(tmp_path)["findings"]) == 1
    assert scan(tmp_path, "--no-project-config")["findings"] == []


def test_the_configuration_names_folders(tmp_path: Path) -> None:
    lay(tmp_path, {"app.js": SERVER, "third/lib/index.js": READS})
    lay(tmp_path, {"alef-audit.toml": 'follow-dependencies = ["third"]\nexclude = ["third"]\n'})
    assert places(scan(tmp_path)) == [("app.js:5", "third/lib/index.js:2")]


@pytest.mark.parametrize(
    ("folder", "complaint"), [("../elsewhere", "only follow packages"), ("gone", "no such folder")]
)
def test_a_project_names_folders_inside_itself_only(folder: str, complaint: str, tmp_path: Path) -> None:
    root, _ = outside(tmp_path)
    lay(root, {"alef-audit.toml": f'follow-dependencies = ["{folder}"]\n'})
    done = run(str(root))
    assert done.exit_code == 2
    assert "follow-dependencies[0]" in done.stderr
    assert complaint in done.stderr


# ---------------------------------------------------------------- what is followed


def test_modelled_packages_and_built_in_ones_are_not_followed(tmp_path: Path) -> None:
    """Their rows hold: Express still registers, requests still blocks, and nothing of their files is read."""
    home = ".venv/lib/python3.12/site-packages"
    lay(
        tmp_path,
        {
            "app.js": SERVER,
            "service.py": SERVICE.replace("from lib import load", "import requests\nload = requests.get"),
            "package.json": package("web"),
            "node_modules/express/index.js": "module.exports = () => { throw 1; };\n",
            "node_modules/fs/index.js": "exports.readFileSync = () => 1;\n",
            "node_modules/lib/index.js": READS,
            f"{home}/requests/__init__.py": "def get(url):\n    return open(url)\n",
            f"{home}/aiohttp/__init__.py": "",
            f"{home}/json/__init__.py": "",
        },
    )
    report = scan(tmp_path, FOLLOW)
    assert ("app.js:5", "node_modules/lib/index.js:2") in places(report)
    assert [f["sink"]["call"] for f in report["findings"] if "location" not in f] == ["requests.get"]
    assert followed(report)["files"] == 1


def test_rows_hold_inside_packages(tmp_path: Path) -> None:
    home = ".venv/lib/python3.12/site-packages"
    lib = "import requests\n\ndef load(url):\n    return requests.get(url).text\n"
    report = scan(lay(tmp_path, {"service.py": SERVICE, f"{home}/lib.py": lib}), FOLLOW)
    (finding,) = report["findings"]
    assert (finding["sink"]["call"], finding["location"]["line"]) == ("requests.get", 7)


def test_runtime_files_go_before_types_and_conditions_are_those_of_node(tmp_path: Path) -> None:
    exports = {".": {"types": "./t.d.ts", "browser": "./b.js", "import": "./n.mjs"}, "./sub/*": "./deep/*.js"}
    lay(
        tmp_path,
        {
            "app.ts": 'import express from "express";\nimport { load } from "lib";\nimport { more } from "lib/sub/x";\n'
            'const app = express();\napp.get("/", (req, res) => {\n  load("a");\n  more();\n});\napp.listen(1);\n',
            "node_modules/lib/package.json": package("lib", exports=exports, imports={"#in": "./in.js"}, type="module"),
            "node_modules/lib/t.d.ts": "export declare function load(p: string): string;\n",
            "node_modules/lib/b.js": "export const load = () => 1;\n",
            "node_modules/lib/n.mjs": 'export { load } from "#in";\n',
            "node_modules/lib/in.js": 'import * as fs from "fs";\nexport const load = (p) => fs.readFileSync(p);\n',
            "node_modules/lib/deep/x.js": 'import fs from "fs";\nexport function more() { fs.statSync("."); }\n',
        },
    )
    assert places(scan(tmp_path, FOLLOW)) == [
        ("app.ts:6", "node_modules/lib/in.js:2"),
        ("app.ts:7", "node_modules/lib/deep/x.js:2"),
    ]


def test_heavy_files_are_left_out_with_a_remark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight, "_MINIFIED_LIMIT", 2_000)
    padding = "x=[" + "1," * 2_000 + "];"
    lay(tmp_path, FLAT | {"node_modules/lib/inner/index.js": READS.replace("\n", padding)})
    report = scan(tmp_path, FOLLOW)
    assert report["findings"] == []
    assert followed(report)["not_read"] == {"minified": 1}
    assert [(d["path"], d["kind"]) for d in report["diagnostics"]] == [("node_modules/lib/inner/index.js", "minified")]
    lay(tmp_path, {"alef-audit.toml": "max-file-size = 1000\n"})
    assert followed(scan(tmp_path, FOLLOW))["not_read"] == {"too-large": 1}


def test_what_tests_and_builds_import_is_not_followed(tmp_path: Path) -> None:
    lay(tmp_path, FLAT | {"test/a.js": "require('tool');\n", "webpack.config.js": "require('tool');\n"})
    lay(tmp_path, {"node_modules/tool/index.js": READS})
    assert followed(scan(tmp_path, FOLLOW))["packages"] == 1


# ---------------------------------------------------------------- what is reported


MANY = """\
const fs = require("fs");
const cp = require("child_process");
exports.load = function load(p) {
  fs.statSync(p);
  helper(p);
  cp.execSync("true");
};
function helper(p) {
  fs.readFileSync(p);
  fs.writeFileSync(p, "");
}
"""


def test_one_finding_per_call_and_kind(tmp_path: Path) -> None:
    """The costliest is shown, then the nearest; the others are counted."""
    twice = SERVER.replace('  res.send(lib.load("a"));\n', '  lib.load("a");\n  lib.load("b");\n')
    report = scan(lay(tmp_path, FLAT | {"app.js": twice, "node_modules/lib/inner/index.js": MANY}), FOLLOW)
    assert places(report) == [
        ("app.js:5", "node_modules/lib/inner/index.js:6"),
        ("app.js:5", "node_modules/lib/inner/index.js:9"),
        ("app.js:6", "node_modules/lib/inner/index.js:6"),
        ("app.js:6", "node_modules/lib/inner/index.js:9"),
    ]
    reading = [f for f in report["findings"] if f["sink"]["kind"] == "blocking.filesystem"]
    assert [f["more"] for f in reading] == [2, 2]
    assert all(f["message"].endswith("(and 2 more in lib)") for f in reading)
    assert len({f["fingerprint"] for f in report["findings"]}) == 4


def test_fingerprints_do_not_depend_on_the_packages_inside(tmp_path: Path) -> None:
    before = scan(lay(tmp_path, FLAT), FOLLOW)["findings"]
    lay(tmp_path, {"node_modules/lib/main.js": READS.replace("load(p)", "loadIt(path)").replace("(p)", "(path)")})
    after = scan(tmp_path, FOLLOW)["findings"]
    assert [f["fingerprint"] for f in before] == [f["fingerprint"] for f in after]
    assert before[0]["sink"]["path"] != after[0]["sink"]["path"]


def test_packages_are_no_entry_points_by_themselves(tmp_path: Path) -> None:
    """Neither names, nor tables, exported coroutines, registrations in module bodies, nor those never reached."""
    hot = """\
const fs = require("fs");
const http = require("http");
module.exports.load = (p) => p;
module.exports.handleMessage = async function handleMessage(p) { fs.readFileSync(p); };
module.exports.api = function (req, res, next) { fs.readFileSync("b"); next(); };
setInterval(() => fs.readFileSync("c"), 10);
http.createServer((req, res) => fs.readFileSync("d"));
module.exports.serve = () => http.createServer((req, res) => fs.readFileSync("e"));
"""
    report = scan(lay(tmp_path, FLAT | {"node_modules/lib/inner/index.js": hot}), FOLLOW)
    assert report["findings"] == []
    assert {root["path"] for root in report["roots"]} == {"app.js"}


def test_what_the_program_starts_in_a_package_is_hot(tmp_path: Path) -> None:
    starts = """\
const fs = require("fs");
const http = require("http");
exports.start = function start(handler) {
  http.createServer((req, res) => {
    fs.readFileSync("config");
    handler(req, res);
  }).listen(1);
};
"""
    own = 'const fs = require("fs");\nconst lib = require("lib");\nlib.start((req, res) => fs.statSync("own"));\n'
    lay(tmp_path, FLAT | {"node_modules/lib/inner/index.js": starts, "app.js": own})
    report = scan(tmp_path, FOLLOW)
    assert ("app.js:3", "node_modules/lib/inner/index.js:5") in places(report)
    assert ("", "app.js:3") in places(report)
    (inside,) = (f for f in report["findings"] if "location" in f)
    assert report["roots"][inside["root"]]["path"] == "node_modules/lib/inner/index.js"
    assert inside["archetypes"] == []
    assert "by way of app.js:3" in run(str(tmp_path), FOLLOW, "--all", "--level=note").stdout


def test_levels_go_by_the_programs_path(tmp_path: Path) -> None:
    lay(tmp_path, FLAT | {"alef-audit.toml": '[[levels]]\npath = "app.js"\nlevel = "note"\n'})
    assert [f["level"] for f in scan(tmp_path, FOLLOW)["findings"]] == ["note"]
    lay(tmp_path, {"alef-audit.toml": '[[levels]]\npath = "node_modules/**"\nlevel = "note"\n'})
    assert [f["level"] for f in scan(tmp_path, FOLLOW)["findings"]] == ["warning"]


def test_fix_points_and_advice_stay_in_own_code(tmp_path: Path) -> None:
    both = SERVER.replace(
        'app.get("/", (req, res) => {\n  res.send(lib.load("a"));\n});',
        'function read(a) {\n  lib.load(a);\n  lib.load(a + 1);\n}\napp.get("/", (req, res) => read(1));\n'
        'app.get("/b", (req, res) => read(2));',
    )
    report = scan(lay(tmp_path, FLAT | {"app.js": both}), FOLLOW)
    assert [point["function"] for point in report["fix_points"]] == ["read"]
    assert len(report["fix_points"][0]["heals"]) == 2
    for finding in report["findings"]:
        assert finding["archetypes"]
        assert all("node_modules" not in archetype["where"] for archetype in finding["archetypes"])
        assert "use-async-api" not in {archetype["id"] for archetype in finding["archetypes"]}


def test_guards_inside_packages_count(tmp_path: Path) -> None:
    threads = (
        "import asyncio\n\n\ndef _read(path):\n    return open(path).read()\n\n\n"
        "async def load(path):\n    return await asyncio.to_thread(_read, path)\n"
    )
    home = ".venv/lib/python3.12/site-packages"
    lay(tmp_path, {"service.py": SERVICE.replace("load(", "await load("), f"{home}/lib.py": threads})
    assert scan(tmp_path, FOLLOW)["findings"] == []
    (found,) = scan(tmp_path, FOLLOW, "--include-discharged")["findings"]
    assert found["verdict"] == "discharged"


# ---------------------------------------------------------------- output


def test_text(tmp_path: Path) -> None:
    report = run(str(lay(tmp_path, FLAT)), FOLLOW, "--explain-unresolved").stdout
    assert "followed 1 package: 2 files, 5 lines" in report
    assert "app.js:5" in report
    assert "instead:" not in report
    lay(tmp_path, {"app.js": SERVER.replace('"lib"', '"gone"')})
    report = run(str(tmp_path), FOLLOW, "--explain-unresolved").stdout
    assert "gone" in report[report.index("Imported packages that no model describes") :]


@pytest.mark.parametrize("seed", ["1", "2"])
def test_any_number_of_jobs(seed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {
        f"node_modules/lib/part{n}.js": f"require('./part{n * 2 + 1}');require('./part{n * 2 + 2}');\n" + READS
        for n in range(40)
    }
    lay(tmp_path, FLAT | many | {"node_modules/lib/main.js": "module.exports = require('./part0');\n"})
    alone = scan(tmp_path, FOLLOW, "--jobs=1")
    monkeypatch.setattr(extract, "_PARALLEL_FROM", 0)
    monkeypatch.setattr(processes, "_CHUNK", 3)
    assert scan(tmp_path, FOLLOW, "--jobs=2") == alone
    assert followed(alone)["files"] == 41


def test_nothing_is_run(tmp_path: Path) -> None:
    """Reading leaves no trace: no byte code, no file that the packages would write."""
    home = ".venv/lib/python3.12/site-packages"
    writes = "open('/tmp/alef-audit-was-run', 'w')\n" + PYTHON_READS
    lay(tmp_path, {"service.py": SERVICE, f"{home}/lib/__init__.py": writes})
    before = sorted(path for path, _, _ in os.walk(tmp_path))
    scan(tmp_path, FOLLOW)
    assert sorted(path for path, _, _ in os.walk(tmp_path)) == before


def test_what_is_not_found_in_a_package_is_still_known_by_name(tmp_path: Path) -> None:
    """A wrapper that copies functions around: `lib.readThingSync` is what it was without the option."""
    wrapper = "const fs = require('fs');\nfor (const name in fs) { module.exports[name] = wrap(fs[name]); }\n"
    own = SERVER.replace('lib.load("a")', 'lib.readThingSync("a")')
    lay(tmp_path, FLAT | {"app.js": own, "node_modules/lib/inner/index.js": wrapper})
    calls = [[f["sink"]["call"] for f in scan(tmp_path, *options)["findings"]] for options in ((), (FOLLOW,))]
    assert calls == [["lib.readThingSync"], ["lib.readThingSync"]]


def test_what_is_found_in_a_package_is_not_guessed_by_name(tmp_path: Path) -> None:
    own = SERVER.replace('lib.load("a")', 'lib.countSync("a")')
    lay(tmp_path, FLAT | {"app.js": own, "node_modules/lib/inner/index.js": "exports.countSync = (p) => p.length;\n"})
    assert [f["sink"]["call"] for f in scan(tmp_path)["findings"]] == ["lib.countSync"]
    assert scan(tmp_path, FOLLOW)["findings"] == []


def test_helpers_that_everything_flows_through_make_nothing_hot(tmp_path: Path) -> None:
    names = [f"f{n}" for n in range(6)]
    own = "const fs = require('fs');\nconst lib = require('lib');\nconst all = {};\n" + "".join(
        f"lib.mix(all, {{ {name}() {{ fs.statSync('{name}'); }} }});\n" for name in names
    )
    helper = "exports.mix = function mix(to, from) { for (const k in from) setImmediate(from[k]); };\n"
    report = scan(lay(tmp_path, FLAT | {"app.js": own, "node_modules/lib/inner/index.js": helper}), FOLLOW)
    assert [root for root in report["roots"] if root["kind"] == "warmup"] == []


def test_circles_and_links_onto_themselves_end(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {
            "app.js": SERVER,
            "node_modules/lib/index.js": "exports.load = (p) => require('./b').load(p);\nrequire('lib/self/index');\n",
            "node_modules/lib/b.js": "require('.');\nrequire('other');\n" + READS,
            "node_modules/other/index.js": "require('lib');\nrequire('./nowhere');\nrequire('../..');\n",
        },
    )
    link(tmp_path / "node_modules/lib/self", ".")
    link(tmp_path / "node_modules/loop", "loop")
    report = scan(tmp_path, FOLLOW)
    assert places(report) == [("app.js:5", "node_modules/lib/b.js:4")]
    assert followed(report)["files"] == 3


def test_a_library_stays_one_whatever_its_packages_serve(tmp_path: Path) -> None:
    """What a package listens to does not make an application of the library that uses it."""
    serves = "const http = require('http');\nexports.load = () => http.createServer((q, s) => s.end()).listen(1);\n"
    own = (
        "const fs = require('fs');\nconst lib = require('lib');\nlib.load();\n"
        "exports.read = async function read(p) { return fs.readFileSync(p); };\n"
    )
    lay(tmp_path, FLAT | {"app.js": own, "node_modules/lib/inner/index.js": serves})
    levels = [[f["level"] for f in scan(tmp_path, *options)["findings"]] for options in ((), (FOLLOW,))]
    assert levels[0] == levels[1] == ["warning"]
