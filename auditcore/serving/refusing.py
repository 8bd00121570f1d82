"""A request that is not answered: its status and one sentence, in each protocol's own form."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

_TYPES = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}


class Refused(Exception):
    """A request that is refused; `str` is the sentence."""

    def __init__(
        self, status: int, sentence: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = dict(headers or {})


def refusal(path: str, refused: Refused) -> JSONResponse:
    """Return the response: OpenAI's error object under /v1, {"error": sentence} elsewhere."""
    return JSONResponse(_body(path, refused), refused.status, refused.headers)


def _body(path: str, refused: Refused) -> dict[str, Any]:
    if not path.startswith("/v1/"):
        return {"error": str(refused)}
    kind = _TYPES.get(refused.status)
    kind = kind or ("invalid_request_error" if refused.status < 500 else "server_error")
    error = {"message": str(refused), "type": kind, "param": None, "code": refused.status}
    return {"error": error}
