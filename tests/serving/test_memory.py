"""What is held in memory is bounded, whatever somebody with the key sends."""

import json
import threading
import tracemalloc
from collections.abc import Iterator

import pytest

from auditcore.serving import Limits
from auditcore.serving.offer import Offer
from auditcore.serving.refusing import Refused
from auditcore.serving.tensors import infer
from serving.conftest import client_of
from serving.live import served
from serving.test_refusals import ANSWERED, IMAGE, sentence, tensors
from serving.tiny import TinyModel


def test_pictures_as_numbers_may_be_longer_than_other_requests() -> None:
    limits = Limits(body_bytes=1000, tensor_bytes=10_000)
    with served(TinyModel(), limits=limits) as url, client_of(url) as client:
        assert client.post("/v2/models/m/infer", json=tensors()).status_code == 200
        most = client.post("/v2/models/m/infer", content=b" " * 10_001)
        assert most.status_code == 413 and "10,000 bytes" in sentence(most)
    assert Limits().body_bytes < Limits().tensor_bytes


def test_one_long_text_among_short_ones_takes_no_memory() -> None:
    offer = Offer(TinyModel(), "m", Limits())
    sent = tensors(data=["x" * 100_000] + [""] * (IMAGE.size - 1))
    body = json.dumps(sent).encode()
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="whole numbers"):
            infer(offer, "m", body)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(body)  # of one width: 100,000 x 768
    finally:
        tracemalloc.stop()


def test_requests_are_counted_before_they_are_read() -> None:
    with served(TinyModel(), limits=Limits(waiting=1)) as url, client_of(url) as client:
        halfway, go = threading.Event(), threading.Event()

        def slowly() -> Iterator[bytes]:
            yield b'{"input": '
            halfway.set()
            assert go.wait(20)
            yield b'"a cat"}'

        codes = []
        asker = threading.Thread(
            target=lambda: codes.append(client.post("/v1/embeddings", content=slowly()).status_code)
        )
        asker.start()
        assert halfway.wait(20)
        with client_of(url) as other:
            found = [other.post("/v1/embeddings", json=ANSWERED).status_code for _ in range(40)]
            go.set()
            asker.join(20)
            again = other.post("/v1/embeddings", json=ANSWERED).status_code
    assert found[-1] == 503  # the first may come before the half request has
    assert (codes, again) == ([200], 200)
