"""Two processes of one account talk over a port of this machine, and nobody else is believed.

Both know a secret. Each proves it to the other by an HMAC over what the other has just drawn, and
the proof of a page differs from that of a worker: what one side proves is worthless when it is
held up to another of its kind. A whole talk has one deadline, whatever drips in meanwhile.
"""

import hmac
import secrets
import socket
import time
from multiprocessing import AuthenticationError

PAGE, WORKER = b"page", b"worker"
"""Follow the secret in the key of a proof: who proves."""
_DRAWN_BYTES = 32
_PROOF = "sha256"
_PROOF_BYTES = 32
_LENGTH_BYTES = 4


class Line:
    """One talk: whole messages, each as its length (4 bytes, the highest first) and its bytes."""

    def __init__(self, peer: socket.socket, seconds: float) -> None:
        """Take a connected socket, and the seconds after which the talk ends by itself."""
        self._peer = peer
        self._deadline = time.monotonic() + seconds

    def say(self, message: bytes) -> None:
        """Send a message.

        Raises:
            OSError: the other has hung up, or the time is over.
        """
        self._peer.settimeout(self._left())
        self._peer.sendall(len(message).to_bytes(_LENGTH_BYTES, "big") + message)

    def hear(self, most: int) -> bytes:
        """Return the next message, of `most` bytes at most.

        Raises:
            OSError: the other has hung up or wants to say more, or the time is over.
        """
        length = int.from_bytes(self._exactly(_LENGTH_BYTES), "big")
        if length > most:
            raise ConnectionError("more is announced than there can be")
        return self._exactly(length)

    def challenge(self, key: bytes) -> None:
        """Have the other prove that it knows a key.

        Raises:
            AuthenticationError: it does not.
            OSError: see `hear`.
        """
        drawn = secrets.token_bytes(_DRAWN_BYTES)
        self.say(drawn)
        if not hmac.compare_digest(self.hear(_PROOF_BYTES), hmac.digest(key, drawn, _PROOF)):
            raise AuthenticationError("the other does not know the secret")

    def prove(self, key: bytes) -> None:
        """Prove to the other that a key is known here.

        Raises:
            OSError: see `hear`.
        """
        self.say(hmac.digest(key, self.hear(_DRAWN_BYTES), _PROOF))

    def _exactly(self, length: int) -> bytes:
        heard = b""
        while len(heard) < length:
            self._peer.settimeout(self._left())
            more = self._peer.recv(length - len(heard))
            if not more:
                raise ConnectionError("the other has hung up")
            heard += more
        return heard

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time of this talk is over")
        return left
