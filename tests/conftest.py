"""Settings of the whole suite."""

from hypothesis import HealthCheck, settings

# No test is a race: how long an example takes says more about the machine than about the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
