"""Sets of pictures to train encoders on: Fashion-MNIST, CIFAR-10 and -100, a folder of one's own.

Fashion-MNIST (Zalando, MIT licence, arXiv 1708.07747) comes from a Debian package; CIFAR
(Krizhevsky, 2009) is fetched by torchvision, which needs a network; it may not be passed on.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import numpy as np
import torchvision
from numpy.typing import NDArray

from auditcore.lab.registries import LabError, fetch_debian, unpack
from auditcore.photos import Pixels, read_captions, read_pixels

CAPTIONS_FILE = "captions.csv"
_FASHION = "dataset-fashion-mnist"
_FASHION_CLASSES = (
    "T-shirt or top",
    "trousers",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "trainer",
    "bag",
    "ankle boot",
)
_CIFAR = {10: torchvision.datasets.CIFAR10, 100: torchvision.datasets.CIFAR100}


@dataclass(frozen=True)
class Pictures:
    """Pictures of one size with their classes.

    Attributes:
        pixels: shape (N, H, W, 3), uint8.
        labels: the class of each, shape (N,).
        classes: their names.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]


def fashion_mnist(work: Path, train: bool = True) -> Pictures:
    """Return Fashion-MNIST: 60,000 pictures to train on, or 10,000 to test; 28 x 28, grey as RGB.

    Args:
        work: a folder outside the repository; the package (30 MB) is fetched into it once.
        train: which of the two parts.

    Raises:
        LabError: the package cannot be fetched, or does not hold what it should.
    """
    folder = work / "fashion-mnist"
    if not folder.exists():
        unpack(fetch_debian(_FASHION, work / "archives"), folder)
    files = folder / "usr/share/datasets/fashion-mnist"
    part = "train" if train else "t10k"
    pixels = read_idx(files / f"{part}-images-idx3-ubyte.gz", 3)
    labels = read_idx(files / f"{part}-labels-idx1-ubyte.gz", 1)
    coloured = np.repeat(pixels[..., None], 3, axis=3)
    return Pictures(coloured, labels.astype(np.int64), _FASHION_CLASSES)


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read a gzipped file of MNIST's format IDX: a head of big-endian sizes, then bytes.

    Raises:
        LabError: it is missing or damaged.
    """
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise LabError(
            f"{path} cannot be read. Delete its folder, so that it is fetched again."
        ) from error
    head, body = data[: 4 + 4 * dimensions], data[4 + 4 * dimensions :]
    known = len(head) == 4 + 4 * dimensions and head[:4] == bytes([0, 0, 8, dimensions])
    sizes = np.frombuffer(head[4:], dtype=">i4") if known else np.empty(0)
    if not known or int(np.prod(sizes)) != len(body):
        raise LabError(f"{path} is not an IDX file of {dimensions} dimensions, or not whole.")
    return np.frombuffer(body, dtype=np.uint8).reshape(tuple(sizes.tolist()))


def cifar(classes: int, folder: Path, train: bool = True, download: bool = False) -> Pictures:
    """Return CIFAR-10 or CIFAR-100: 50,000 pictures to train on, or 10,000 to test; 32 x 32.

    Args:
        classes: 10 or 100.
        folder: holds the files as torchvision lays them out.
        train: which of the two parts.
        download: let torchvision fetch what is missing (170 MB, from the authors' site).

    Raises:
        LabError: other classes, no such files, or no network to fetch them.
    """
    if classes not in _CIFAR:
        raise LabError(f"CIFAR has 10 or 100 classes, not {classes}.")
    try:
        found = _CIFAR[classes](str(folder), train=train, download=download)
    except (RuntimeError, URLError, OSError) as error:
        raise LabError(
            f"CIFAR-{classes} is not in {folder}, or not whole. Fetching it needs a network and "
            "download=True; or put the unpacked files there yourself."
        ) from error
    labels = np.asarray(found.targets, dtype=np.int64)
    return Pictures(np.asarray(found.data, dtype=np.uint8), labels, tuple(found.classes))


@dataclass(frozen=True)
class FolderPicture:
    """One picture of a folder: its file's name, pixels (H, W, 3), and caption where it has one."""

    name: str
    pixels: Pixels
    caption: str | None


def image_folder(folder: Path) -> Iterator[FolderPicture]:
    """Yield the pictures of a folder by name, with the captions of its captions.csv, if any.

    Everything but captions.csv and hidden files must be a picture that can be read: nothing is
    left out in silence.

    Raises:
        LabError: no such folder, or no picture in it.
        PhotoError: a file that is no picture; the sentence names it.
        CaptionError: a captions.csv that does not fit.
    """
    if not folder.is_dir():
        raise LabError(f"There is no folder {folder}.")
    files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    pictures = [path for path in files if path.name != CAPTIONS_FILE]
    if not pictures:
        raise LabError(f"There is no picture in {folder}.")
    captions = _captions(folder / CAPTIONS_FILE, [path.name for path in pictures])
    for path in pictures:
        yield FolderPicture(
            path.name, read_pixels(path.read_bytes(), path.name), captions.get(path.name)
        )


def _captions(table: Path, names: list[str]) -> dict[str, str]:
    if not table.exists():
        return {}
    found = read_captions(table.read_bytes(), names)
    return {name: captioned.caption for name, captioned in found.items() if captioned.caption}
