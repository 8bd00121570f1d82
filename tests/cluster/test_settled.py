"""A worker is told to compute as the driver does."""

from auditcore.cluster.scoring import settled
from auditcore.models import open_model


def test_what_the_driver_settled_is_what_a_worker_does() -> None:
    model = open_model("demo:with")
    again = open_model("demo:with", running=settled(model))
    assert again.identity == model.identity
    assert settled(again) == settled(model)
    assert settled(model).device == "cpu" and settled(model).precision == "float32"
