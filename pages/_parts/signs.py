"""The three answers as a sign, a short word and a style: never a colour alone."""

from auditcore.audit import Decision

SIGNS = {
    Decision.USED: ("tt-used", "▲", "Used"),
    Decision.NOT_SHOWN: ("tt-notshown", "◇", "Not shown"),
    Decision.CANNOT_TELL: ("tt-canttell", "?", "Cannot tell"),
}


def signed(decision: Decision) -> str:
    """Return the short word for a decision with its sign: "▲ Used"."""
    _, sign, short = SIGNS[decision]
    return f"{sign} {short}"
