"""An open kit: everything an audit needs, made again from the seed when it is asked for."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image

from auditcore.errors import KitError
from auditcore.kit.parts import KitPhoto, PublicPart, SecretPart
from auditcore.marks import Mark, find_family
from auditcore.marks.grids import Grids
from auditcore.photos import Pixels, audit_size
from auditcore.randomness import Stream, derive

_BASES_HELD = 128


def encode_base(pixels: Pixels, grey: bool) -> bytes:
    """Return the audit copy as a lossless PNG, the form in which a kit stores it."""
    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[:, :, 0]) if grey else pixels).save(buffer, "PNG")
    return buffer.getvalue()


class Kit:
    """A sealed kit. Photos are numbered 0 .. len(photos)-1, versions 0 .. versions-1.

    Nothing here changes after construction; one kit may serve several audits.

    Attributes:
        public: what may be shown to anyone.
        id: 64 hex digits that fix public and secret part.
        seed: 32 bytes; with it anyone can tell the published versions.
    """

    def __init__(
        self,
        public: PublicPart,
        secret: SecretPart,
        bases: Sequence[bytes],
        parts: Sequence[Mapping[str, bytes]],
    ) -> None:
        """Take parts that belong together; `open_kit` and `seal_kit` are the ways to a kit."""
        self.public = public
        self.id = public.id()
        self.seed = secret.seed
        self._bases = tuple(bases)
        self._parts = tuple(parts)
        self._base = lru_cache(maxsize=_BASES_HELD)(self._decode_base)
        self._mark = lru_cache(maxsize=None)(self._restore_mark)
        self._priorities = lru_cache(maxsize=None)(self._draw_priorities)

    @property
    def photos(self) -> tuple[KitPhoto, ...]:
        """Return what the public part says of each photo."""
        return self.public.photos

    @property
    def versions(self) -> int:
        """Return n, the number of versions of each photo."""
        return self.public.versions

    def published_version(self, photo: int) -> int:
        """Return which version of the photo was published, uniform on 0 .. versions-1."""
        return self.stream("published", photo).below(self.versions)

    def hidden_order(self, photo: int) -> tuple[int, ...]:
        """Return the versions-1 hidden versions in the committed, uniformly random order."""
        published = self.published_version(photo)
        hidden = [version for version in range(self.versions) if version != published]
        return tuple(self.stream("order", photo).shuffled(hidden))

    def tie_priority(self, photo: int, version: int) -> int:
        """Return the version's committed place among ties: distinct, 0 .. versions-1, random."""
        return self._priorities(photo)[version]

    def version(self, photo: int, version: int) -> Pixels:
        """Make a version again at audit size, (h, w, 3) uint8; published and hidden alike."""
        return self._mark(photo).render(self.base(photo), version)

    def grids(self, photo: int, versions: Sequence[int]) -> Grids:
        """Return what `version` adds to the base, for many versions; see `Mark.grids`."""
        return self._mark(photo).grids(versions)

    def base(self, photo: int) -> Pixels:
        """Return the audit copy without a mark, (h, w, 3) uint8, not to be written to."""
        return self._base(photo)

    def stream(self, *label: str | int) -> Stream:
        """Return the stream of draws named `label` that the kit's seed gives."""
        return derive(self.seed, *label)

    def check(self) -> None:
        """Make one version of every photo again.

        Raises:
            KitError: a base picture cannot be read or has another size than sealed.
            MarkError: the marks' stored parts are damaged, or their family does not exist here.
        """
        for photo in range(len(self.photos)):
            self._mark(photo).render(self._decode_base(photo), 0)

    def _draw_priorities(self, photo: int) -> tuple[int, ...]:
        return tuple(self.stream("priority", photo).shuffled(range(self.versions)))

    def _restore_mark(self, photo: int) -> Mark:
        return find_family(self.public.family).restore(
            self._parts[photo],
            grey=self.photos[photo].grey,
            visibility=self.public.visibility,
            versions=self.versions,
            seed=self.seed,
            photo=photo,
        )

    def _decode_base(self, photo: int) -> Pixels:
        record = self.photos[photo]
        size, mode = audit_size(record.width, record.height), "L" if record.grey else "RGB"
        try:
            image = Image.open(BytesIO(self._bases[photo]), formats=("PNG",))
            if image.size != size or image.mode != mode:
                raise ValueError(f"{image.size} {image.mode} instead of {size} {mode}")
            pixels = np.array(image.convert("RGB"))
        except Exception as error:  # decoders of untrusted files may raise anything
            raise KitError(
                f"The kit's own copy of “{record.file}” cannot be read. "
                "Use the kit file as it was first saved, or another copy of it."
            ) from error
        pixels.setflags(write=False)
        return pixels


def sha256(data: bytes) -> str:
    """Return the hex SHA-256 of a file's bytes, as kits record it."""
    return hashlib.sha256(data).hexdigest()
