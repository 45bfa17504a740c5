"""Short documents of every format that the tool reads beside source code."""

import json
from typing import Final

import msgspec

_FRAME: Final = {"functionName": "read", "scriptId": "1", "url": "file:///srv/server.ts", "lineNumber": 6}
_FS: Final = {"functionName": "readFileSync", "scriptId": "0", "url": "node:fs", "lineNumber": 440, "columnNumber": 1}
PROFILES: Final = (
    (
        "a.cpuprofile",
        {
            "nodes": [
                {"id": 1, "callFrame": _FRAME | {"functionName": "(root)", "url": ""}, "children": [2]},
                {"id": 2, "callFrame": _FRAME | {"columnNumber": 9}, "hitCount": 2, "children": [3]},
                {"id": 3, "callFrame": _FS, "hitCount": 4, "positionTicks": [{"line": 7, "ticks": 3}]},
            ],
            "startTime": 0,
            "endTime": 90_000,
            "samples": [2, 3, 3, 2],
            "timeDeltas": [0, 30_000, 30_000, 10],
        },
    ),
    (
        "a.json",
        {
            "$schema": "https://www.speedscope.app/file-format-schema.json",
            "shared": {
                "frames": [
                    {"name": "Handle._run", "file": "/usr/lib/python3.11/asyncio/events.py", "line": 80},
                    {"name": "handler", "file": "/srv/hot.py", "line": 8},
                ]
            },
            "profiles": [{"type": "sampled", "unit": "seconds", "samples": [[0, 1], [0, 1]], "weights": [0.5, 1.5]}],
        },
    ),
    (
        "proof.json",
        {
            "schema": "alef-audit/proof/v1",
            "runtime": "node",
            "version": "22.1.0",
            "directory": "/srv",
            "script": "server.ts",
            "done": True,
            "seconds": 9.5,
            "probe": {"interval_ms": 20.0, "ticks": 3, "late": 1, "worst_ms": 900.0},
            "delay": {"max_ms": 900.0, "p99_ms": 800.0},
            "utilisation": 0.99,
            "stacks": [
                {
                    "blocking": "readFileSync",
                    "ms": 800.0,
                    "count": 2,
                    "frames": [{"function": "read", "file": "/srv/server.ts", "line": 8, "column": 12}],
                }
            ],
        },
    ),
    ("server.js.map", {"version": 3, "sources": ["server.ts"], "names": [], "mappings": ";;AAAA,IAAI;AACA,CAAC;;AAEC"}),
)
_LOCKED: Final = {"name": "a", "lockfileVersion": 3, "packages": {"node_modules/express": {"version": "4.1.2"}}}
_TSCONFIG: Final = (
    '{ // a\n"extends": "./tsconfig.base.json", "compilerOptions": {"baseUrl": ".", "outDir": "out", "rootDir": "src", '
    '"paths": {"@/*": ["./src/*", "*"]}}, "references": [{"path": "./a.json"}],}'
)
MANIFESTS: Final = (
    ("package-lock.json", json.dumps(_LOCKED)),
    ("tsconfig.json", _TSCONFIG),
    (
        "package.json",
        msgspec.json.encode(
            {
                "name": "@a/b",
                "version": "1.2.3",
                "main": "./dist/index.js",
                "bin": {"a": "./a.js"},
                "exports": {".": {"import": "./mutated.js", "default": ["./b.js"]}, "./*": "./src/*.js"},
                "imports": {"#a/*": "./src/*"},
                "workspaces": ["packages/*", "!packages/a", "{a,b}/**"],
                "scripts": {"build": "node build.js", "start": "tsx server.ts"},
                "dependencies": {"express": "^4.0.0", "pg": ">=1 <2 || ~3.1", "x": "npm:express@4.1.2"},
            }
        ).decode(),
    ),
    ("yarn.lock", '"express@^4.0.0", express@4:\n  version "4.1.2"\n\n"@a/b@npm:^1":\n  version: 1.0.0\n'),
    (
        "pnpm-lock.yaml",
        (
            "lockfileVersion: '9.0'\nimporters:\n\n  .:\n    dependencies:\n      express:\n        specifier: ^4\n"
            "        version: 4.1.2(a@1)\npackages:\n\n  '@a/b@1.0.0':\n    resolution: {}\n  /x/1.2.3_a:\n    dev: 1\n"
        ),
    ),
    ("pnpm-workspace.yaml", "packages:\n  - 'packages/*' # a\n  - \"!a/**\"\n"),
    ("bun.lock", '{\n  "packages": {\n    "express": ["express@4.1.2", "", {}, "sha"],\n  },\n}\n'),
    ("poetry.lock", '[[package]]\nname = "fastapi"\nversion = "0.110.0"\n\n[[package]]\nname = "x"\nversion = "1"\n'),
    ("uv.lock", 'version = 1\n[[package]]\nname = "fastapi"\nversion = "0.110.0"\nsource = { virtual = "." }\n'),
    ("Pipfile.lock", '{"default": {"fastapi": {"version": "==0.110.0"}}}'),
    ("requirements.txt", "fastapi[all]==0.110.0 ; python_version < '3.9' # a\nrequests>=2,<3\n-r other.txt\n"),
    (
        "a.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: a\nVersion: 1.2\nRequires-Dist: x (>=1,<2); extra == 'y'\n",
    ),
    (
        "setup.cfg",
        "[metadata]\nname = a\n[options]\npackage_dir =\n    = src\n[options.entry_points]\nx =\n  a = b\n",
    ),
    (
        "pyproject.toml",
        (
            '[project]\nname = "a"\nversion = "1"\ndependencies = ["fastapi==0.110.0", "x>=1"]\n'
            'scripts = { a = "hot:main" }\n'
            '[tool.poetry.dependencies]\nfastapi = "^0.110"\n[tool.setuptools.packages.find]\nwhere = ["src"]\n'
        ),
    ),
    (".gitignore", "a/**\n!b\n[c-a]\n\\\n**/**/**\n/mutated.*\n#x\n"),
)
