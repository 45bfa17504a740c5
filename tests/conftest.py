"""Settings of the whole suite."""

import pytest
from hypothesis import HealthCheck, settings

from alef_audit.store.place import VARIABLE

# No test is a race: how long an example takes says more about the machine than about the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts with an empty cache, and leaves the user's alone."""
    monkeypatch.setenv(VARIABLE, str(tmp_path_factory.mktemp("cache") / "alef-audit"))
