"""Settings of the whole suite."""

from hypothesis import settings

# No test is a race: how long an example takes says more about the machine than about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
