"""Python imports: roots, dots, namespaces, the standard library."""

from collections.abc import Callable

import pytest

from alef_audit.discovery.inventory import Inventory
from alef_audit.resolution.python import (
    PythonResolver,
    module_name,
    python_resolver,
    resolve_python,
    submodule,
    submodule_names,
)
from alef_audit.resolution.target import External, Local, Target, Unresolved

Make = Callable[..., Inventory]


def resolver_of(make: Make, text: str) -> PythonResolver:
    return python_resolver(make(*text.split()))


def outcome(target: Target) -> str:
    match target:
        case Local(path):
            return path
        case External(module):
            return f"external {module}"
        case Unresolved(reason):
            return reason


TREE = """
pkg/__init__.py pkg/a.py pkg/sub/__init__.py pkg/sub/b.py pkg/sub/deep/__init__.py pkg/both.py pkg/both/__init__.py
pkg/stub.pyi pkg/plain/c.py main.py json.py queue.py
"""


@pytest.mark.parametrize(
    ("importer", "specifier", "name", "expected"),
    [
        ("main.py", "pkg", "", "pkg/__init__.py"),
        ("main.py", "pkg.a", "f", "pkg/a.py"),
        ("main.py", "pkg.sub", "b", "pkg/sub/__init__.py"),
        ("main.py", "pkg.sub.b", "", "pkg/sub/b.py"),
        ("main.py", "pkg.both", "", "pkg/both/__init__.py"),
        ("main.py", "pkg.stub", "", "no such module"),
        ("main.py", "pkg.missing", "", "no such module"),
        ("main.py", "pkg.plain.c", "", "pkg/plain/c.py"),
        ("main.py", "pkg.plain", "c", "pkg/plain/c.py"),
        ("main.py", "pkg.plain", "", "a folder without code of its own"),
        ("main.py", "requests", "get", "external requests"),
        ("main.py", "os.path", "join", "external os.path"),
        ("main.py", "queue", "", "queue.py"),
        ("pkg/a.py", "queue", "", "external queue"),
        ("pkg/a.py", "a", "", "external a"),
        ("pkg/a.py", "json", "", "external json"),
        ("pkg/a.py", "main", "", "main.py"),
        ("pkg/a.py", ".", "sub", "pkg/__init__.py"),
        ("pkg/a.py", ".sub", "b", "pkg/sub/__init__.py"),
        ("pkg/__init__.py", ".a", "f", "pkg/a.py"),
        ("pkg/sub/b.py", "..a", "f", "pkg/a.py"),
        ("pkg/sub/b.py", "...main", "", "main.py"),
        ("pkg/sub/b.py", "....x", "", "outside the audited root"),
        ("pkg/sub/deep/__init__.py", "..b", "", "pkg/sub/b.py"),
        ("pkg/a.py", ".nothing", "", "no such module"),
        ("pkg/a.py", ".plain", "c", "pkg/plain/c.py"),
        ("pkg/plain/c.py", ".", "c", "pkg/plain/c.py"),
    ],
)
def test_imports(inventory_of: Make, importer: str, specifier: str, name: str, expected: str) -> None:
    resolver = resolver_of(inventory_of, TREE)
    assert outcome(resolve_python(resolver, importer, specifier, name)) == expected


def test_external_names_are_split(inventory_of: Make) -> None:
    resolver = resolver_of(inventory_of, "main.py")
    assert resolve_python(resolver, "main.py", "google.cloud.storage", "") == External(
        "google.cloud.storage", "cloud.storage"
    )


def test_source_layout_and_tests(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of, "pyproject.toml src/pkg/__init__.py src/pkg/a.py tests/test_a.py tests/help.py"
    )
    assert outcome(resolve_python(resolver, "tests/test_a.py", "pkg.a", "")) == "src/pkg/a.py"
    assert outcome(resolve_python(resolver, "tests/test_a.py", "help", "")) == "tests/help.py"
    assert outcome(resolve_python(resolver, "src/pkg/a.py", "help", "")) == "external help"
    assert module_name(resolver, "src/pkg/a.py") == "pkg.a"
    assert module_name(resolver, "src/pkg/__init__.py") == "pkg"
    assert module_name(resolver, "tests/test_a.py") == "tests.test_a"


def test_wheels_side_by_side(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        """one-1.0/one/__init__.py one-1.0/one/a.py one-1.0/one-1.0.dist-info/METADATA
        two-2.0/two/__init__.py two-2.0/two/b.py two-2.0/two-2.0.dist-info/METADATA""",
    )
    assert outcome(resolve_python(resolver, "one-1.0/one/a.py", "two.b", "")) == "two-2.0/two/b.py"
    assert module_name(resolver, "two-2.0/two/b.py") == "two.b"


def test_namespace_packages(inventory_of: Make) -> None:
    resolver = resolver_of(inventory_of, "google/adk/__init__.py google/adk/tools/x.py google_adk-1.dist-info/METADATA")
    assert (
        outcome(resolve_python(resolver, "google/adk/__init__.py", "google.adk.tools.x", "")) == "google/adk/tools/x.py"
    )
    assert outcome(resolve_python(resolver, "google/adk/__init__.py", "google", "adk")) == "google/adk/__init__.py"
    assert (
        outcome(resolve_python(resolver, "google/adk/__init__.py", "google.cloud", "storage"))
        == "external google.cloud"
    )
    assert module_name(resolver, "google/adk/tools/x.py") == "google.adk.tools.x"


@pytest.mark.parametrize("beside", ["", "airflow_google-1.dist-info/METADATA"])
def test_a_package_in_a_namespace_does_not_shadow_another(inventory_of: Make, beside: str) -> None:
    tree = "airflow/google/__init__.py airflow/google/cloud/__init__.py airflow/google/cloud/hooks.py"
    resolver = resolver_of(inventory_of, f"{tree} {beside}")
    hooks = "airflow/google/cloud/hooks.py"
    assert (
        outcome(resolve_python(resolver, hooks, "google.cloud.bigquery", "Client")) == "external google.cloud.bigquery"
    )
    assert outcome(resolve_python(resolver, hooks, "airflow.google.cloud.hooks", "")) == hooks
    assert module_name(resolver, hooks) == "airflow.google.cloud.hooks"


@pytest.mark.parametrize("place", ["{}/x-1.dist-info/METADATA", "{}/src/airflow/docker/__init__.py pyproject.toml"])
def test_what_is_installed_has_no_roots_inside(inventory_of: Make, place: str) -> None:
    base = "src/" if "src" in place else ""
    tree = f"{base}airflow/docker/__init__.py {base}airflow/docker/hooks.py {place.format('.').removeprefix('./')}"
    resolver = resolver_of(inventory_of, tree)
    assert outcome(resolve_python(resolver, f"{base}airflow/docker/hooks.py", "docker", "")) == "external docker"


def test_a_folder_of_a_project_may_be_a_root(inventory_of: Make) -> None:
    resolver = resolver_of(inventory_of, "pyproject.toml backend/app/__init__.py backend/app/a.py")
    assert outcome(resolve_python(resolver, "backend/app/a.py", "app", "")) == "backend/app/__init__.py"
    assert outcome(resolve_python(resolver, "backend/app/a.py", "app.a", "")) == "backend/app/a.py"


def test_a_folder_inside_a_package_is_no_root(inventory_of: Make) -> None:
    tree = "app/__init__.py app/main.py app/llms/openai/__init__.py app/llms/openai/x.py app/llms/azure.py"
    resolver = resolver_of(inventory_of, tree)
    assert outcome(resolve_python(resolver, "app/main.py", "openai", "")) == "external openai"
    assert outcome(resolve_python(resolver, "app/llms/azure.py", "azure.core", "")) == "external azure.core"
    assert module_name(resolver, "app/llms/openai/x.py") == "app.llms.openai.x"


def test_the_nearest_of_several_roots_wins(inventory_of: Make) -> None:
    resolver = resolver_of(
        inventory_of,
        """services/a/app/__init__.py services/a/app/db.py services/a/app/main.py
        services/b/app/__init__.py services/b/app/db.py services/b/app/main.py services/b/tests/test_app.py""",
    )
    for importer, expected in (("a/app/main.py", "a"), ("b/app/main.py", "b"), ("b/tests/test_app.py", "b")):
        target = resolve_python(resolver, f"services/{importer}", "app.db", "")
        assert outcome(target) == f"services/{expected}/app/db.py"


def test_a_server_started_in_a_folder_without_packages(inventory_of: Make) -> None:
    resolver = resolver_of(inventory_of, "backend/app/main.py backend/app/db.py backend/app/core/auth.py")
    assert outcome(resolve_python(resolver, "backend/app/core/auth.py", "app.db", "")) == "backend/app/db.py"
    assert outcome(resolve_python(resolver, "backend/app/main.py", "db", "")) == "backend/app/db.py"
    assert outcome(resolve_python(resolver, "backend/app/main.py", "core.auth", "")) == "backend/app/core/auth.py"


def test_packages_in_test_folders_do_not_stand_in_for_libraries(inventory_of: Make) -> None:
    resolver = resolver_of(inventory_of, "app/main.py tests/yaml/__init__.py")
    assert outcome(resolve_python(resolver, "app/main.py", "yaml", "")) == "external yaml"


def test_folders_that_no_import_can_name(inventory_of: Make) -> None:
    resolver = resolver_of(inventory_of, "my-service/app/__init__.py my-service/app/a.py")
    assert module_name(resolver, "my-service/app/a.py") == "app.a"


def test_the_root_is_a_package_itself(inventory_of: Make) -> None:
    inventory = inventory_of("__init__.py", "a.py", "sub/b.py")
    (inventory.root / "__init__.py").touch()
    resolver = python_resolver(inventory)
    outer = inventory.root.name
    assert outcome(resolve_python(resolver, "a.py", f"{outer}.sub.b", "")) == "sub/b.py"
    assert outcome(resolve_python(resolver, "a.py", f"{outer}.sub", "b")) == "sub/b.py"
    assert outcome(resolve_python(resolver, "a.py", ".", "a")) == "__init__.py"
    assert outcome(resolve_python(resolver, "sub/b.py", "..a", "")) == "a.py"
    assert module_name(resolver, "a.py") == f"{outer}.a"
    assert module_name(resolver, "__init__.py") == outer


def test_submodules(inventory_of: Make) -> None:
    resolver = resolver_of(inventory_of, TREE)
    assert submodule(resolver, "pkg/__init__.py", "a") == "pkg/a.py"
    assert submodule(resolver, "pkg/__init__.py", "sub") == "pkg/sub/__init__.py"
    assert submodule(resolver, "pkg/__init__.py", "sub.b") == "pkg/sub/b.py"
    assert submodule(resolver, "pkg/__init__.py", "missing") is None
    assert submodule(resolver, "pkg/a.py", "b") is None
    assert submodule_names(resolver, "pkg/__init__.py") == ("a", "both", "sub")
    assert submodule_names(resolver, "main.py") == ()


def test_answers_do_not_depend_on_what_was_asked_before(inventory_of: Make) -> None:
    first, second = resolver_of(inventory_of, TREE), resolver_of(inventory_of, TREE)
    questions = [
        ("main.py", "pkg.plain", ""),
        ("main.py", "pkg.plain", "c"),
        ("pkg/a.py", ".a", ""),
        ("main.py", "x", ""),
    ]
    forward = [resolve_python(first, *one) for one in questions]
    backward = [resolve_python(second, *one) for one in reversed(questions)]
    assert forward == backward[::-1]
