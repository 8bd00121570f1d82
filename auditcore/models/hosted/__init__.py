"""Models behind an address: asked over HTTP, safely, at a rate and a cost that are known before.

    from auditcore.models.hosted import connect
    model = connect("openai:https://api.jina.ai/v1#jina-clip-v2", Access())

How a further protocol is added: ADDING.md, beside this file.
"""

from auditcore.models.hosted.connection import connect
from auditcore.models.hosted.model import HostedModel
from auditcore.models.hosted.spec import check_spec, parse_spec

__all__ = ["HostedModel", "check_spec", "connect", "parse_spec"]
