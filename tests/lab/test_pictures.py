import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from auditcore.errors import CaptionError, PhotoError
from auditcore.lab.pictures import cifar, fashion_mnist, image_folder, read_idx
from auditcore.lab.registries import LabError


def _idx(path: Path, values: np.ndarray) -> Path:
    head = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}i", *values.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(head + values.tobytes()))
    return path


def test_fashion_mnist_is_read_as_colour_with_its_classes(tmp_path: Path) -> None:
    files = tmp_path / "fashion-mnist/usr/share/datasets/fashion-mnist"
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    _idx(files / "t10k-images-idx3-ubyte.gz", pixels)
    _idx(files / "t10k-labels-idx1-ubyte.gz", np.array([9, 0, 3, 3, 8], np.uint8))
    found = fashion_mnist(tmp_path, train=False)
    assert found.pixels.shape == (5, 28, 28, 3)
    assert (found.pixels == pixels[..., None]).all()
    assert [found.classes[k] for k in found.labels[:2]] == ["ankle boot", "T-shirt or top"]


def test_a_damaged_idx_file_gets_a_sentence(tmp_path: Path) -> None:
    whole = gzip.decompress(_idx(tmp_path / "a.gz", np.zeros((2, 3), np.uint8)).read_bytes())
    for number, data in enumerate((whole[:-1], b"\0\0\x09" + whole[3:], whole[:2])):
        path = tmp_path / f"{number}.gz"
        path.write_bytes(gzip.compress(data))
        with pytest.raises(LabError, match="not an IDX file"):
            read_idx(path, 2)
    (tmp_path / "b.gz").write_bytes(b"no gzip")
    with pytest.raises(LabError, match="cannot be read"):
        read_idx(tmp_path / "b.gz", 2)


def test_cifar_that_is_not_there_is_not_fetched_unasked(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="CIFAR-10 is not in"):
        cifar(10, tmp_path)
    with pytest.raises(LabError, match="10 or 100"):
        cifar(20, tmp_path)


def test_cifar_is_read_as_torchvision_lays_it_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchvision

    monkeypatch.setattr(torchvision.datasets.cifar, "check_integrity", lambda *_: True)
    base = tmp_path / "cifar-10-batches-py"
    base.mkdir()
    flat = np.arange(2 * 3072, dtype=np.uint32).astype(np.uint8).reshape(2, 3072)
    (base / "test_batch").write_bytes(pickle.dumps({"data": flat, "labels": [1, 0]}))
    (base / "batches.meta").write_bytes(pickle.dumps({"label_names": ["plane", "car"]}))
    found = cifar(10, tmp_path, train=False)
    assert found.pixels.shape == (2, 32, 32, 3) and found.classes == ("plane", "car")
    assert found.pixels[1, 0, 1].tolist() == [flat[1, 1], flat[1, 1025], flat[1, 2049]]
    assert found.labels.tolist() == [1, 0]


def _folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.png"):
        Image.new("RGB", (20, 10), (200, 30, 30)).save(tmp_path / name)
    return tmp_path


def test_a_folder_gives_its_pictures_by_name_with_captions(tmp_path: Path) -> None:
    _folder(tmp_path)
    (tmp_path / "captions.csv").write_text("file,caption\nb.png,a red field\n")
    found = list(image_folder(tmp_path))
    assert [(one.name, one.caption) for one in found] == [("a.png", None), ("b.png", "a red field")]
    assert found[0].pixels.shape == (10, 20, 3)


def test_a_folder_without_a_table_has_no_captions(tmp_path: Path) -> None:
    assert [one.caption for one in image_folder(_folder(tmp_path))] == [None, None]


def test_nothing_in_a_folder_is_left_out_in_silence(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no picture"):
        list(image_folder(tmp_path))
    with pytest.raises(LabError, match="no folder"):
        list(image_folder(tmp_path / "none"))
    (_folder(tmp_path) / "notes.txt").write_text("hello")
    with pytest.raises(PhotoError, match=r"notes\.txt"):
        list(image_folder(tmp_path))
    (tmp_path / "notes.txt").unlink()
    (tmp_path / "captions.csv").write_text("file,caption\nc.png,none such\n")
    with pytest.raises(CaptionError, match=r"c\.png"):
        list(image_folder(tmp_path))
