"""What a file is for, told by its path and, in a second step, by what it imports."""

import re
from collections.abc import Container
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal, NamedTuple

Role = Literal[
    "product",
    "test",
    "script",
    "cli",
    "build",
    "example",
    "generated",
    "vendored",
    "types",
    "docs",
    "development",  # packages of a tree that serve its own development, see `development.py`
    "dependency",  # an installed package that is followed; no path tells it
]

_TYPES = re.compile(r"(\.d\.[cm]?ts|\.d\.\w+\.ts|\.pyi)$")
_GENERATED = re.compile(
    r"(_pb2(_grpc)?\.py|[._]pb\.[cm]?[jt]s|[._-]grpc_pb\.[jt]s|\.generated\.\w+|_generated\.\w+|\.gen\.[cm]?[jt]sx?"
    r"|[.-]min\.[cm]?js)$"
)
_GENERATED_FOLDERS = frozenset({"generated", "__generated__", "_generated"})
_VENDORED_FOLDERS = frozenset({"_vendor", "_vendored", "third_party", "third-party", "thirdparty"})
_TOP_VENDORED_FOLDERS = frozenset({"vendor", "vendored"})  # deeper down these are words of some business, too
_TEST_FOLDERS = frozenset(
    {
        "tests",
        "test",
        "__tests__",
        "__mocks__",
        "__fixtures__",
        "fixtures",
        "mocks",
        "testdata",
        "testutils",
        "testsuite",
        "e2e",
        "cypress",
    }
)
_TEST_FOLDER = re.compile(
    r"tests?[-_](utils?|helpers?|support|fixtures?|mocks?|data|harness|suites?)|(unit|integration)[-_]tests?"
)
_TEST_HELP = r"(utils?|helpers?|support|fixtures?|mocks?|harness|setup|stubs?|doubles?|kit|env|api|runtime|plugin)"
_TEST_FILE = re.compile(
    r"(^|[._])(test|tests|spec|specs|e2e|mock|mocks|fixture|fixtures|testkit|bench)\.[cm]?[jt]sx?$"
    r"|[\w.]-(mocks|fixtures?|testkit)\.[cm]?[jt]sx?$"
    r"|\.(test|e2e|mock|live)-[\w-]+(\.[\w-]+)*\.[cm]?[jt]sx?$"
    r"|(^|[.-])test-" + _TEST_HELP + r"([.-][\w.-]+)?\.[cm]?[jt]sx?$"
    r"|\.([\w]+-)*harness(\.[\w-]+)*\.[cm]?[jt]sx?$"
    r"|(test|e2e|mock|spec|smoke)[\w-]*-harness(\.[\w-]+)*\.[cm]?[jt]sx?$"
    r"|\.(test|spec|e2e)\.[\w-]+(\.[\w-]+)*\.[cm]?[jt]sx?$"
    r"|^(jest|vitest|playwright|cypress|karma|mocha)[.-](setup|global)[\w.-]*$"
    r"|^setup-?tests?\.[cm]?[jt]sx?$"
    r"|^(test_.*|.*_tests?|tests|conftest|testutils|test_?helpers?)\.py$"
)
_BUILD_TOOLS = (
    "vite|vitest|webpack|rollup|rolldown|tsup|tsdown|esbuild|babel|jest|playwright|cypress|karma|eslint|prettier|stylelint"
    "|postcss|tailwind|next|nuxt|astro|svelte|metro|commitlint|lint-staged|knip|release|drizzle|knexfile|typedoc|unbuild"
    "|nodemon|ecosystem|craco|windi|uno|markdownlint|dangerfile|changelog|rspack|farm|turbo"
)
_BUILD_FILE = re.compile(
    r"^\.?(" + _BUILD_TOOLS + r")(\.[\w-]+)*\.(config|conf|workspace|setup)(\.[\w-]+)*\.[cm]?[jt]s$"
    r"|^(gulpfile|gruntfile|jakefile|rakefile|dangerfile|webpack|rollup)(\.[\w-]+)*\.[cm]?[jt]s$"
    r"|^\.(eslintrc|prettierrc|babelrc|mocharc|stylelintrc|lintstagedrc)\.[cm]?js$"
)
_TOP_BUILD_FILE = re.compile(
    r"^[\w.-]+\.config\.[cm]?[jt]s$|^(build|bundle|compile)\.([cm]?[jt]s|py)$"
    r"|^(setup|noxfile|fabfile|dodo|hatch_build|build_backend|versioneer)\.py$"
)
_EXAMPLE_FOLDERS = frozenset(
    {"example", "examples", "sample", "samples", "demo", "demos", "playground", "playgrounds", "cookbook", "cookbooks"}
    | {"benchmark", "benchmarks", "bench", "tutorials"}
)
# At any depth: `litellm/proxy/example_config_yaml`.
_EXAMPLE_FOLDER = re.compile(r"examples?[_-].*|.*[_-]examples?")
_EXAMPLE_FILE = re.compile(r"\.(stories|story)\.[cm]?[jt]sx?$")
_DOCS_FOLDERS = frozenset({"docs", "doc", "documentation", "website", "docs_src"})
_BUILD_FOLDERS = frozenset({"build", "gulp", "config-overrides"})
_SCRIPT_FOLDERS = frozenset({"scripts", "script", "hack", "ci", ".ci", ".github", ".circleci"})
_CLI_STEM = re.compile(r"^([\w.-]+[-_.])?cli$")
_WORKSPACES = frozenset({"packages", "apps", "extensions", "plugins", "libs", "projects", "workspaces", "skills"})
_OUTPUTS = frozenset({"dist", "esm", "cjs", "out"})

_TEST_FRAMEWORKS = frozenset(
    {"pytest", "vitest", "@jest/globals", "jest", "mocha", "node:test", "unittest", "ava", "tap", "tape", "uvu"}
    | {
        "bun:test",
        "@playwright/test",
        "@testing-library/react",
        "@testing-library/dom",
        "supertest",
        "hypothesis",
        "jasmine",
    }
)
_NO_TESTS = ("unittest.mock", "unittest.util")  # product code replaces things for a while, too
_TEST_CONFIGURATION = frozenset({"vitest/config", "jest-config"})
_SERVERS = frozenset(
    {"fastapi", "starlette", "aiohttp.web", "quart", "sanic", "litestar", "tornado.web", "flask", "django.urls", "mcp"}
    | {"fastmcp", "discord", "telegram", "telebot", "aiogram", "slack_bolt", "nextcord", "socketio"}
    | {"express", "fastify", "koa", "hono", "@hapi/hapi", "polka", "restify", "connect", "ws", "socket.io"}
    | {
        "websockets.server",
        "discord.js",
        "@modelcontextprotocol/sdk",
        "telegraf",
        "grammy",
        "@slack/bolt",
        "@nestjs/core",
        "h3",
        "elysia",
        "botbuilder",
    }
    | {"langchain", "langchain_core", "crewai", "pydantic_ai", "agents", "@langchain/core", "@openai/agents"}
    | {"@discordjs/builders", "@hono/node-server", "@sapphire/framework", "discordx", "@whiskeysockets/baileys"}
)

# What makes a server without a framework, and of which modules.
_LISTENING: Final = {
    "createServer": frozenset(
        {"http", "https", "http2", "net", "tls"} | {"node:http", "node:https", "node:http2", "node:net", "node:tls"}
    ),
    "start_server": frozenset({"asyncio"}),
}


def role_of(path: str, project: str = "") -> Role:
    """The role of the file at `path` (relative, forward slashes) as far as its path tells.

    `project` is the folder of the package it belongs to ("" = the root): names such as `scripts/`, `cli/`, `docs/`
    only mean something near the top of a package, while `tests/` does anywhere.
    """
    folder, _, name = path.lower().rpartition("/")
    if _TYPES.search(name):
        return "types"
    in_project = bool(project) and path.startswith(f"{project}/")
    told = _told_by_folders(folder, project.count("/") + 1 if in_project else 0)
    if told.role == "generated" or _GENERATED.search(name):
        return "generated"
    if told.role is not None:
        return told.role
    if _TEST_FILE.search(name):
        return "test"
    role = _role_near_top(told.outer, name)
    return role if role != "product" or told.inside == told.outer else _role_near_top(told.inside, name)


class _Told(NamedTuple):
    """What the folders of a file tell: its role, or the way to it from the top of the tree and of its package."""

    role: Role | None
    outer: tuple[str, ...]
    inside: tuple[str, ...]


@lru_cache(maxsize=1024)  # the files of a folder come one after the other
def _told_by_folders(path: str, depth: int) -> _Told:
    """`path` of a folder in lower case; its package lies `depth` folders below the top."""
    folders = tuple(path.split("/")) if path else ()
    outer = _below_workspace(folders)
    inside = _below_workspace(folders[depth:]) if depth else outer
    role: Role | None = None
    if not _GENERATED_FOLDERS.isdisjoint(folders):
        role = "generated"
    elif not _VENDORED_FOLDERS.isdisjoint(folders) or not _TOP_VENDORED_FOLDERS.isdisjoint((*outer[:2], *inside[:2])):
        role = "vendored"
    elif _holds_tests(folders, inside):
        role = "test"
    return _Told(role, outer, inside)


def refine_role(
    role: Role, imports: frozenset[str], outside: frozenset[str] | None = None, names: Container[str] = ()
) -> Role:
    """Correct `role` by the module names that the file imports, spelled as in the source.

    Product code does not import a test framework, unless in one of its functions: `outside` are the imports that stand
    outside of all, if that is known.  A command-line or script file that imports a server or bot framework, or makes a
    server by one of the `names` that it uses, is where hot code is registered.
    """
    outside = imports if outside is None else outside
    if role == "product" and outside & _TEST_CONFIGURATION:
        return "build"
    if role == "product" and any(_names(module, _TEST_FRAMEWORKS) for module in outside):
        return "test"
    if role in ("cli", "script") and (any(_names(module, _SERVERS) for module in imports) or _listens(imports, names)):
        return "product"
    return role


def _listens(imports: frozenset[str], names: Container[str]) -> bool:
    return any(name in names and not imports.isdisjoint(modules) for name, modules in _LISTENING.items())


def _holds_tests(folders: tuple[str, ...], inside: tuple[str, ...]) -> bool:
    if any(folder in _TEST_FOLDERS or _TEST_FOLDER.fullmatch(folder) for folder in folders):
        return True
    return "testing" in inside[:3] or "spec" in inside[:1] or "specs" in inside[:1]


def _below_workspace(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Drop `packages/<name>` and the like: what follows is the top of a package."""
    while len(folders) >= 2 and folders[0] in _WORKSPACES:
        folders = folders[2:]
    return folders


def _role_near_top(inside: tuple[str, ...], name: str) -> Role:
    top = inside[:1]
    if top and (top[0] in _DOCS_FOLDERS or top[0].startswith("docs-")):
        return "docs"
    if (top and top[0] in _EXAMPLE_FOLDERS) or _EXAMPLE_FILE.search(name):
        return "example"
    if any(map(_EXAMPLE_FOLDER.fullmatch, inside)):
        return "example"
    if _BUILD_FILE.match(name) or (not inside and _TOP_BUILD_FILE.match(name)):
        return "build"
    below, in_source = _below_source(inside)
    if below[:1] and below[0] in _BUILD_FOLDERS and (not in_source or inside[0] in _OUTPUTS):
        return "build"
    if _is_cli(below, in_source, name):
        return "cli"
    is_script = (
        (not in_source and "tools" in inside[:1])
        or not _SCRIPT_FOLDERS.isdisjoint(inside[:1])
        or "scripts" in inside[:2]
        or "bin" in below[:2]
    )
    return "script" if is_script else "product"


def _below_source(inside: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Drop a leading `src` or output folder, and say whether there was one."""
    below = inside
    while below and (below[0] == "src" or below[0] in _OUTPUTS):
        below = below[1:]
    return below, len(below) < len(inside)


def _is_cli(below: tuple[str, ...], in_source: bool, name: str) -> bool:
    if "cli" in below[:4] or (in_source and below[:1] == ("commands",)):
        return True
    if any(pair == ("management", "commands") for pair in pairwise(below)):
        return True
    stem = name.rpartition(".")[0]
    return stem == "cli" or (name == "manage.py" and not below) or (not below and bool(_CLI_STEM.match(stem)))


def _names(module: str, known: frozenset[str]) -> bool:
    """Whether `module` is one of `known` or lies below one (`vitest/node`, `fastapi.responses`)."""
    if module in _TEST_CONFIGURATION:
        return False
    if module in known or module.partition(".")[0] in known:
        return not any(module == name or module.startswith(name + ".") for name in _NO_TESTS)
    if "/" not in module or module.startswith("."):
        return any(module.startswith(name + ".") for name in known if "." in name)
    parts = module.split("/")
    return "/".join(parts[:2] if module.startswith("@") else parts[:1]) in known
