"""Properties are checked without a clock: a busy machine must not fail them."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "no-clock",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("no-clock")
