"""JavaScript and TypeScript specifiers: extensions, aliases, exports, imports, workspaces, compiled output."""

import json
from collections.abc import Callable

import pytest

from alef_audit.discovery.inventory import Inventory
from alef_audit.resolution.node import NodeResolver, module_name, node_resolver, resolve_node
from alef_audit.resolution.target import External, Local, Target, Unresolved

Make = Callable[..., Inventory]


def resolver_of(make: Make, sources: str, **manifests: object) -> NodeResolver:
    texts = {path: value if isinstance(value, str) else json.dumps(value) for path, value in manifests.items()}
    return node_resolver(make(*sources.split(), *texts), texts.get)


def outcome(target: Target) -> str:
    match target:
        case Local(path):
            return path
        case External(module):
            return f"external {module}"
        case Unresolved(reason):
            return reason


def ask(resolver: NodeResolver, importer: str, specifier: str) -> str:
    return outcome(resolve_node(resolver, importer, specifier))


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("./b.js", "src/b.ts"),
        ("./b", "src/b.ts"),
        ("./b.ts", "src/b.ts"),
        ("./view.jsx", "src/view.tsx"),
        ("./view.js", "src/view.tsx"),
        ("./m.mjs", "src/m.mts"),
        ("./c.cjs", "src/c.cts"),
        ("./both.js", "src/both.js"),
        ("./both", "src/both.ts"),
        ("./x.test-d", "src/x.test-d.ts"),
        ("./folder", "src/folder/index.ts"),
        ("./folder/", "src/folder/index.ts"),
        ("./folder/index.js", "src/folder/index.ts"),
        (".", "src/index.tsx"),
        ("..", "index.js"),
        ("../src/b.js", "src/b.ts"),
        ("./b.js?worker", "src/b.ts"),
        ("./only.js", "only types are there"),
        ("./data.json", "not source code"),
        ("./style.css", "not source code"),
        ("./nothing", "no such file"),
        ("../../x", "outside the audited root"),
        ("../..", "outside the audited root"),
        ("/etc/passwd", "absolute path"),
        ("fs", "external fs"),
        ("node:fs/promises", "external node:fs/promises"),
        ("fs/promises", "external fs/promises"),
        ("@slack/bolt", "external @slack/bolt"),
        ("lodash/memoize", "external lodash/memoize"),
        ("https://deno.land/x/a.ts", "external https://deno.land/x/a.ts"),
        ("npm:chalk@5", "external chalk"),
        ("npm:@scope/x@1.2.3/sub", "external @scope/x/sub"),
        ("data:text/javascript,1", "a URL"),
        ("#internal", "no such entry in imports"),
        ("", "empty specifier"),
    ],
)
def test_without_manifests(inventory_of: Make, specifier: str, expected: str) -> None:
    resolver = resolver_of(
        inventory_of,
        """index.js src/a.ts src/b.ts src/view.tsx src/m.mts src/c.cts src/both.js src/both.ts src/x.test-d.ts
        src/folder/index.ts src/index.tsx src/only.d.ts""",
    )
    assert ask(resolver, "src/a.ts", specifier) == expected


def test_subpaths_of_external_packages(inventory_of: Make) -> None:
    resolver = resolver_of(inventory_of, "a.ts")
    assert resolve_node(resolver, "a.ts", "@s/p/x/y") == External("@s/p/x/y", "x/y")
    assert resolve_node(resolver, "a.ts", "lodash") == External("lodash", "")


def test_tsconfig_paths(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        "src/a.ts src/lib/x.ts src/lib/deep/y.ts src/exact.ts generated/z.ts src/lib/long/q.ts",
        **{
            "tsconfig.json": """// comment
            {"compilerOptions": {"paths": {"@lib/*": ["./nowhere/*", "./src/lib/*"], "exact": ["./src/exact.ts"],
              "@lib/long/*": ["./src/lib/long/*",], "*.gen": ["./generated/*.ts"]}}, /* trailing */ }"""
        },
    )
    assert ask(resolver, "src/a.ts", "@lib/x") == "src/lib/x.ts"
    assert ask(resolver, "src/a.ts", "@lib/x.js") == "src/lib/x.ts"
    assert ask(resolver, "src/a.ts", "@lib/deep/y") == "src/lib/deep/y.ts"
    assert ask(resolver, "src/a.ts", "@lib/long/q") == "src/lib/long/q.ts"
    assert ask(resolver, "src/a.ts", "exact") == "src/exact.ts"
    assert ask(resolver, "src/a.ts", "z.gen") == "generated/z.ts"
    assert ask(resolver, "src/a.ts", "@lib/missing") == "external @lib/missing"


def test_base_url_extends_and_nearest_file(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        "a.ts src/util.ts packages/p/src/m.ts packages/p/src/n.ts packages/p/src/fs.ts",
        **{
            "tsconfig.base.json": {"compilerOptions": {"paths": {"~shared": ["./src/util"]}}},
            "tsconfig.json": {"extends": "./tsconfig.base"},
            "packages/p/tsconfig.json": {
                "extends": ["../../tsconfig.base.json", "@x/config"],
                "compilerOptions": {"baseUrl": "src"},
            },
        },
    )
    assert ask(resolver, "a.ts", "~shared") == "src/util.ts"
    assert ask(resolver, "packages/p/src/m.ts", "~shared") == "src/util.ts"
    assert ask(resolver, "packages/p/src/m.ts", "n") == "packages/p/src/n.ts"
    assert ask(resolver, "packages/p/src/m.ts", "fs") == "external fs"
    assert ask(resolver, "a.ts", "n") == "external n"


def test_references_and_jsconfig(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        "src/a.ts src/b.ts old/a.js old/b.js",
        **{
            "tsconfig.json": {"files": [], "references": [{"path": "./tsconfig.app.json"}, {"path": "./other"}, 3]},
            "tsconfig.app.json": {"compilerOptions": {"paths": {"@/*": ["./src/*"]}}},
            "old/jsconfig.json": {"compilerOptions": {"baseUrl": ".", "paths": {"%": ["b"]}}},
        },
    )
    assert ask(resolver, "src/a.ts", "@/b") == "src/b.ts"
    assert ask(resolver, "old/a.js", "%") == "old/b.js"


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"extends": "./tsconfig.json"}', '{"compilerOptions": {"paths": 3, "baseUrl": []}}'),
        '{"compilerOptions": {"paths": {"a": 1, "*": ["x"], "b*c*d": ["y"]}}}',
        *("[" * 50_000, '{"references": [null]}'),
    ],
)
def test_broken_configurations_do_no_harm(inventory_of: Make, text: str) -> None:
    resolver = resolver_of(inventory_of, "a.ts b.ts", **{"tsconfig.json": text, "package.json": text})
    assert ask(resolver, "a.ts", "./b") == "b.ts"
    assert ask(resolver, "a.ts", "zod") == "external zod"


def test_workspaces(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        """packages/core/src/index.ts packages/core/src/auth.ts packages/ui/lib/main.js apps/web/a.ts
        fixtures/core/index.js""",
        **{
            "package.json": {"name": "root", "workspaces": {"packages": ["packages/*", "apps/**", "!packages/old"]}},
            "packages/core/package.json": {"name": "@x/core", "main": "./dist/index.js", "types": "./dist/index.d.ts"},
            "packages/ui/package.json": {"name": "@x/ui", "main": "lib/main"},
            "packages/old/package.json": {"name": "@x/old", "main": "index.js"},
            "apps/web/package.json": {"name": "web"},
            "fixtures/core/package.json": {"name": "@x/fixture"},
        },
    )
    assert ask(resolver, "apps/web/a.ts", "@x/core") == "packages/core/src/index.ts"
    assert ask(resolver, "apps/web/a.ts", "@x/core/auth") == "packages/core/src/auth.ts"
    assert ask(resolver, "apps/web/a.ts", "@x/core/dist/auth.js") == "packages/core/src/auth.ts"
    assert ask(resolver, "apps/web/a.ts", "@x/ui") == "packages/ui/lib/main.js"
    assert ask(resolver, "apps/web/a.ts", "@x/old") == "external @x/old"
    assert ask(resolver, "apps/web/a.ts", "@x/fixture") == "external @x/fixture"
    assert ask(resolver, "apps/web/a.ts", "@x/core/package.json") == "not source code"
    assert ask(resolver, "apps/web/a.ts", "@x/core/nothing") == "no such entry in exports"


def test_what_lies_beside_a_workspace_is_no_business_of_it(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        "app/dist/main.js app/packages/own/index.js app/other/index.js lib/index.js",
        **{
            "app/package.json": {"name": "app", "workspaces": ["packages/*"]},
            "app/packages/own/package.json": {"name": "own"},
            "app/other/package.json": {"name": "other"},
            "lib/package.json": {"name": "lib"},
        },
    )
    assert ask(resolver, "app/dist/main.js", "own") == "app/packages/own/index.js"
    assert ask(resolver, "app/dist/main.js", "lib") == "lib/index.js"
    assert ask(resolver, "app/dist/main.js", "other") == "external other"


@pytest.mark.parametrize(
    "text",
    [
        "packages:\n  - '.'\n  - \"pkgs/*\" # why\n\nother:\n  - ignored/*\n",
        "packages: ['pkgs/*']\n",
        "packages:\n- pkgs/*\n",
    ],
)
def test_pnpm_workspaces(inventory_of: Make, text: str) -> None:
    resolver = resolver_of(
        inventory_of,
        "pkgs/a/index.ts ignored/b/index.ts x.ts",
        **{
            "package.json": {"name": "root"},
            "pnpm-workspace.yaml": text,
            "pkgs/a/package.json": {"name": "a"},
            "ignored/b/package.json": {"name": "b"},
        },
    )
    assert ask(resolver, "x.ts", "a") == "pkgs/a/index.ts"
    assert ask(resolver, "x.ts", "b") == "external b"


EXPORTS = {
    ".": {"types": "./dist/index.d.ts", "import": "./dist/index.js", "require": "./dist/index.cjs"},
    "./features/*": "./src/features/*.ts",
    "./features/private/*": None,
    "./deep/*.js": {"node": {"import": "./lib/deep/*.mjs"}, "default": "./lib/deep/*.js"},
    "./types": {"types": "./src/types.d.ts", "default": "./dist/impl.js"},
    "./conditional": {"browser": "./src/browser.ts", "custom": "./src/custom.ts", "default": "./nowhere.js"},
    "./list": [{"worker": "./nowhere.js"}, "./src/list.ts"],
}


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("me", "src/index.ts"),
        ("me/features/x", "src/features/x.ts"),
        ("me/deep/y.js", "lib/deep/y.mjs"),
        ("me/types", "src/impl.ts"),
        ("me/conditional", "src/custom.ts"),
        ("me/list", "src/list.ts"),
        ("#config", "src/config.ts"),
        ("#util/x.js", "src/util/x.ts"),
        ("#dep", "external chalk"),
        ("#circle", "goes in circles"),
        ("#missing", "no such entry in imports"),
    ],
)
def test_own_exports_and_imports(inventory_of: Make, specifier: str, expected: str) -> None:
    imports = {
        "#config": {"default": "./dist/config.js"},
        "#util/*": "./src/util/*",
        "#dep": "chalk",
        "#circle": "#circle",
    }
    resolver = resolver_of(
        inventory_of,
        """src/index.ts src/features/x.ts src/features/private/p.ts lib/deep/y.mjs src/types.d.ts src/impl.ts
        src/custom.ts src/browser.ts src/list.ts src/config.ts src/util/x.ts""",
        **{"package.json": {"name": "me", "exports": EXPORTS, "imports": imports}},
    )
    assert ask(resolver, "src/index.ts", specifier) == expected


def test_unpacked_output_is_taken_as_it_is(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        "dist/index.js dist/sdk/core.js bin.mjs",
        **{"package.json": {"name": "me", "exports": {".": "./dist/index.js", "./sdk/*": "./dist/sdk/*.js"}}},
    )
    assert ask(resolver, "bin.mjs", "me") == "dist/index.js"
    assert ask(resolver, "bin.mjs", "me/sdk/core") == "dist/sdk/core.js"
    assert ask(resolver, "bin.mjs", "./dist/index.js") == "dist/index.js"


def test_compiled_output_leads_to_its_source(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        "bin/run.mjs src/entry.ts packages/a/source/x.ts packages/a/run.js main.ts",
        **{
            "package.json": {"name": "root", "exports": "./build/esm/main.js"},
            "packages/a/package.json": {"name": "a", "main": "out/x.js"},
            "packages/a/tsconfig.json": {"compilerOptions": {"outDir": "out", "rootDir": "source"}},
        },
    )
    assert ask(resolver, "bin/run.mjs", "../dist/entry.js") == "src/entry.ts"
    assert ask(resolver, "bin/run.mjs", "../dist/entry.json") == "not source code"
    assert ask(resolver, "packages/a/run.js", "./out/x.js") == "packages/a/source/x.ts"
    assert ask(resolver, "bin/run.mjs", "a") == "packages/a/source/x.ts"
    assert ask(resolver, "bin/run.mjs", "root") == "main.ts"


def test_installed_and_bundled_packages(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        "a/index.js b/lib/x.js a/dist/compiled/ws/index.js a/dist/compiled/ms/i.js",
        **{
            "a/package.json": {"name": "a"},
            "b/package.json": {"name": "b", "main": "./lib/x"},
            "a/dist/compiled/ws/package.json": {"name": "ws", "main": "index.js"},
            "a/dist/compiled/ms/package.json": {"name": "ms", "main": "i.js"},
        },
    )
    assert ask(resolver, "a/index.js", "b") == "b/lib/x.js"
    assert ask(resolver, "a/index.js", "ws") == "external ws"
    assert ask(resolver, "a/index.js", "a/dist/compiled/ms") == "a/dist/compiled/ms/i.js"
    assert ask(resolver, "a/index.js", "./dist/compiled/ms") == "a/dist/compiled/ms/i.js"


def test_bundler_aliases_without_configuration(inventory_of: Make) -> None:
    resolver = resolver_of(inventory_of, "src/a.ts src/b.ts", **{"package.json": {"name": "me"}})
    assert ask(resolver, "src/a.ts", "@/b") == "src/b.ts"
    assert ask(resolver, "src/a.ts", "~/logo.svg") == "not source code"
    assert ask(resolver, "src/a.ts", "@/missing") == "no such file"


def test_module_names() -> None:
    assert module_name("src/gateway/session.fs.ts") == "src/gateway/session.fs"
    assert module_name("a/index.mjs") == "a/index"
    assert module_name("types.d.ts") == "types"


def test_manifests_are_read_once(inventory_of: Make) -> None:
    reads: list[str] = []

    def read(path: str) -> str | None:
        reads.append(path)
        return "{}" if path in ("package.json", "tsconfig.json") else None

    resolver = node_resolver(inventory_of("a.ts", "package.json", "tsconfig.json"), read)
    before = len(reads)
    for _ in range(3):
        resolve_node(resolver, "a.ts", "./b")
        resolve_node(resolver, "a.ts", "zod")
    assert len(reads) == before
