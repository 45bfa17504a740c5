"""Roles by path, and what imports change about them."""

import pytest

from alef_audit.discovery.roles import refine_role, role_of


@pytest.mark.parametrize(
    "path",
    [
        "src/gateway/session-utils.ts",
        "src/agents/cli-credentials.ts",
        "src/agents/harness/registry.ts",
        "src/plugin-sdk/agent-harness.ts",
        "src/agents/model-selection-cli.ts",
        "src/agents/tools/web.ts",
        "src/tools/search.ts",
        "src/config/app.config.ts",
        "src/latest.ts",
        "src/contest.py",
        "src/spec/openapi.ts",
        "dist/server/lib/incremental-cache/file-system-cache.js",
        "dist/server/future/route-modules/pages/vendored/contexts/entrypoints.js",
        "dist/agent-harness-runtime-CvfBQKrV.js",
        "homeassistant/components/script/__init__.py",
        "homeassistant/components/scripts/__init__.py",
        "homeassistant/components/demo/light.py",
        "homeassistant/components/zwave_js/scripts/convert.py",
        "homeassistant/setup.py",
        "botocore/docs/service.py",
        "google/adk/tools/function_tool.py",
        "google/adk/examples/base_example_provider.py",
        "open_webui/routers/tools.py",
        "bot/cogs/commands/music.py",
        "packages/api/src/handlers/commands/run.ts",
        "mcp/server/fastmcp/tools/base.py",
        "index.js",
    ],
)
def test_product(path: str) -> None:
    assert role_of(path) == "product"


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "pkg/tests/a.py",
        "test/helpers/a.ts",
        "src/a.test.ts",
        "src/a.spec.tsx",
        "src/__tests__/a.js",
        "src/__mocks__/fs.js",
        "src/a.e2e.test.ts",
        "src/run.overflow.harness.ts",
        "src/tool-factory-test-harness.ts",
        "src/server.e2e-ws-harness.ts",
        "src/doctor.test-helpers.ts",
        "src/test-helpers.server.ts",
        "src/test-utils/registry.ts",
        "extensions/groq/test-api.ts",
        "test_app.py",
        "app_test.py",
        "pkg/conftest.py",
        "numpy/testing/util.py",
        "src/fixtures/big.ts",
        "e2e/login.ts",
        "vitest.setup.ts",
        "test/vitest/vitest.cron.config.ts",
    ],
)
def test_test(path: str) -> None:
    assert role_of(path) == "test"


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("src/index.d.ts", "types"),
        ("src/index.d.mts", "types"),
        ("pkg/mod.pyi", "types"),
        ("pkg/api_pb2.py", "generated"),
        ("pkg/api_pb2_grpc.py", "generated"),
        ("src/schema.generated.ts", "generated"),
        ("static/app.min.js", "generated"),
        ("src/__generated__/graphql.ts", "generated"),
        ("vendor/lib/a.js", "vendored"),
        ("src/vendor/marked.js", "vendored"),
        ("pkg/_vendor/six.py", "vendored"),
        ("pkg/third_party/x.py", "vendored"),
        ("scripts/build-all.mjs", "script"),
        ("homeassistant/scripts/check_config.py", "script"),
        ("skills/model-usage/scripts/usage.py", "script"),
        ("tools/release.ts", "script"),
        ("packages/api/scripts/gen.ts", "script"),
        ("bin/run.js", "script"),
        ("src/cli/ports.ts", "cli"),
        ("mcp/cli/claude.py", "cli"),
        ("litellm/proxy/client/cli/commands/auth.py", "cli"),
        ("src/commands/status.ts", "cli"),
        ("packages/api/src/commands/status.ts", "cli"),
        ("app/management/commands/load.py", "cli"),
        ("extensions/matrix/src/cli.ts", "cli"),
        ("src/run-cli.ts", "cli"),
        ("manage.py", "cli"),
        ("vite.config.ts", "build"),
        ("ui/vitest.node.config.ts", "build"),
        ("gulpfile.js", "build"),
        ("setup.py", "build"),
        (".eslintrc.cjs", "build"),
        ("build/webpack.prod.js", "build"),
        ("examples/app/server.ts", "example"),
        ("benchmarks/run.py", "example"),
        ("gateway/proxy/example_config_yaml/handler.py", "example"),
        ("src/node-examples/server.ts", "example"),
        ("src/exampled/server.ts", "product"),
        ("src/Button.stories.tsx", "example"),
        ("docs/conf.py", "docs"),
    ],
)
def test_other_roles(path: str, role: str) -> None:
    assert role_of(path) == role


def test_the_package_folder_moves_the_top() -> None:
    assert role_of("services/billing/scripts/gen.ts") == "product"
    assert role_of("services/billing/scripts/gen.ts", "services/billing") == "script"
    assert role_of("a/b/c/d/scripts/gen.ts") == "product"
    assert role_of("a/b/c/d/scripts/gen.ts", "a/b/c/d") == "script"
    assert role_of("examples/shop/server.ts", "examples/shop") == "example"
    assert role_of("tests/fixtures/app/main.py", "tests/fixtures/app") == "test"


@pytest.mark.parametrize(
    "module", ["pytest", "vitest", "jest", "mocha", "node:test", "@jest/globals", "unittest", "unittest.TestCase"]
)
def test_test_frameworks_make_a_test(module: str) -> None:
    assert refine_role("product", frozenset({"os", module})) == "test"
    assert refine_role("script", frozenset({module})) == "script"


def test_other_imports_do_not() -> None:
    assert refine_role("product", frozenset({"node:fs", "unittest.mock", "pytest_helper", "./vitest"})) == "product"
    assert refine_role("product", frozenset({"vitest/config"})) == "build"


def test_what_a_function_imports_makes_no_test() -> None:
    assert refine_role("product", frozenset({"os", "pytest"}), frozenset({"os"})) == "product"
    assert refine_role("cli", frozenset({"os", "aiohttp.web"}), frozenset({"os"})) == "product"


@pytest.mark.parametrize(
    "module",
    ["fastapi", "fastapi.responses", "aiohttp.web", "discord.js", "@modelcontextprotocol/sdk/server/mcp.js", "mcp"],
)
def test_a_command_that_serves_is_product(module: str) -> None:
    assert refine_role("cli", frozenset({module})) == "product"
    assert refine_role("example", frozenset({module})) == "example"


def test_a_command_that_only_calls_stays_one() -> None:
    assert refine_role("cli", frozenset({"aiohttp", "node:http", "click"})) == "cli"


def test_a_script_that_listens_is_part_of_the_product() -> None:
    modules = frozenset({"http", "crypto"})
    assert refine_role("script", modules, modules, ("createServer", "listen")) == "product"
    assert refine_role("script", modules, modules, ("request",)) == "script"
    assert refine_role("script", frozenset({"crypto"}), None, ("createServer",)) == "script"
    assert refine_role("cli", frozenset({"asyncio"}), None, ("start_server",)) == "product"
    assert refine_role("test", modules, modules, ("createServer",)) == "test"
