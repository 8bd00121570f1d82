"""An open kit: everything an audit needs, made again from the seed when it is asked for."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from auditcore.errors import KitError
from auditcore.kit.held import Held
from auditcore.kit.parts import KitPhoto, PublicPart, SecretPart
from auditcore.kit.stored import Stored
from auditcore.marks import Mark, find_family
from auditcore.marks.grids import Grids
from auditcore.photos import Pixels, audit_size
from auditcore.randomness import Stream, derive

_HELD_BYTES = 64_000_000
"""Most bytes of each kind that a kit remembers: decoded copies, marks, places among ties."""

_MARK_BYTES = 4_000  # a mark's own, beside its stored parts
_PNG_LEVEL = 3  # a kit 1 % larger than with Pillow's own level, sealed in half the time


def encode_base(pixels: Pixels, grey: bool) -> bytes:
    """Return the audit copy as a lossless PNG, the form in which a kit stores it."""
    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[:, :, 0]) if grey else pixels).save(
        buffer, "PNG", compress_level=_PNG_LEVEL
    )
    return buffer.getvalue()


class Kit:
    """A sealed kit. Photos are numbered 0 .. len(photos)-1, versions 0 .. versions-1.

    Nothing here changes after construction; one kit may serve several audits and threads, and may
    be sent to another process (which finds a large kit's file under the same path). A kit that was
    opened lazily reads what it needs of a photo from its file, checks it against the sealed hash,
    and remembers as much as fits in some tens of megabytes.

    Attributes:
        public: what may be shown to anyone.
        id: 64 hex digits that fix public and secret part.
        seed: 32 bytes; with it anyone can tell the published versions.
    """

    def __init__(self, public: PublicPart, secret: SecretPart, stored: Stored) -> None:
        """Take parts that belong together; `open_kit` and `seal_kit` are the ways to a kit."""
        self.public = public
        self.id = public.id()
        self.seed = secret.seed
        self._secret = secret
        self._stored = stored
        self._base = Held(self._base_and_size, _HELD_BYTES)
        self._mark = Held(self._mark_and_size, _HELD_BYTES)
        self._priorities = Held(self._priorities_and_size, _HELD_BYTES)

    def __reduce__(self) -> tuple[type["Kit"], tuple[PublicPart, SecretPart, Stored]]:
        return Kit, (self.public, self._secret, self._stored)

    @property
    def path(self) -> Path | None:
        """Return the file or folder the kit was opened from, None when it came as bytes."""
        return self._stored.path

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
        return int(self._priorities(photo)[version])

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

    def check(self, photos: Iterable[int] | None = None) -> None:
        """Make one version of each of these photos (all when None) again.

        Raises:
            KitError: a base picture cannot be read, or is not what was sealed.
            MarkError: the marks' stored parts are damaged, or their family does not exist here.
        """
        for photo in range(len(self.photos)) if photos is None else photos:
            mark = self._restore_mark(photo, self._stored.parts(photo))
            mark.render(self._decode_base(photo), 0)

    def check_files(self) -> None:
        """Check all that a lazily opened kit stores against the sealed hashes; decode nothing.

        It takes as long as reading the file once; a kit that was read whole is checked already.

        Raises:
            KitError: for the first file that is damaged or not what was sealed.
        """
        if not self._stored.in_memory:
            for photo in range(len(self.photos)):
                self._stored.base(photo)
                self._stored.parts(photo)

    def _priorities_and_size(self, photo: int) -> tuple[NDArray[np.int32], int]:
        shuffled = self.stream("priority", photo).shuffled(range(self.versions))
        priorities = np.array(shuffled, dtype=np.int32)
        return priorities, priorities.nbytes

    def _mark_and_size(self, photo: int) -> tuple[Mark, int]:
        parts = self._stored.parts(photo)
        return self._restore_mark(photo, parts), _MARK_BYTES + sum(map(len, parts.values()))

    def _restore_mark(self, photo: int, parts: Mapping[str, bytes]) -> Mark:
        return find_family(self.public.family).restore(
            parts,
            grey=self.photos[photo].grey,
            visibility=self.public.visibility,
            versions=self.versions,
            seed=self.seed,
            photo=photo,
        )

    def _base_and_size(self, photo: int) -> tuple[Pixels, int]:
        pixels = self._decode_base(photo)
        return pixels, pixels.nbytes

    def _decode_base(self, photo: int) -> Pixels:
        record = self.photos[photo]
        size, mode = audit_size(record.width, record.height), "L" if record.grey else "RGB"
        data = self._stored.base(photo)
        try:
            image = Image.open(BytesIO(data), formats=("PNG",))
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
