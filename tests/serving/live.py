"""A model behind real HTTP on loopback, for tests of this folder and of others.

with served(model, key="a key of sixteen") as url:
    httpx2.get(f"{url}/v1/models", headers={"authorization": "Bearer a key of sixteen"})
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from auditcore.models import Model
from auditcore.serving import Limits, application
from auditcore.serving.running import listening, web_server

NAME = "m"
"""What a served model is called unless a test says otherwise: `openai:{url}#m`."""


@contextmanager
def served(
    model: Model,
    *,
    key: str | None = None,
    name: str = NAME,
    limits: Limits | None = None,
    around: Callable[[ASGIApp], ASGIApp] | None = None,
) -> Iterator[str]:
    """Serve a model in a thread of this process; yields "http://127.0.0.1:PORT".

    Args:
        model: the model; nothing else may ask it meanwhile.
        key: the Bearer key asked for, None for none.
        name: what requests call it.
        limits: what is refused.
        around: puts another application around the server's, such as one that injects faults.
    """
    app: ASGIApp = application(model, name, key=key, limits=limits)
    with running(around(app) if around else app) as url:
        yield url


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Run any ASGI application in a thread on a free port of loopback; yields its address."""
    listener = listening("127.0.0.1", 0)
    server = web_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
