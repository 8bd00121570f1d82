"""ONNX files from strangers: what is looked at before a runtime opens one.

An ONNX file is data, not a program, but its weights may be told to lie in other files. Those must
be in its own folder, and all of it of bounded size.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError, Message

from auditcore.errors import ModelError

_FILE_LIMIT = 2**31  # of protobuf, which ONNX is written in
_WEIGHTS_LIMIT = 16 * 2**30


def checked_files(path: Path) -> list[Path]:
    """Return the files an ONNX model consists of, itself first.

    Args:
        path: the ONNX file.

    Raises:
        ModelError: it is not ONNX, too large, or has weights outside of its folder.
    """
    if path.stat().st_size > _FILE_LIMIT:
        raise ModelError(f"{path.name} is larger than an ONNX file can be (2 GB).")
    try:
        model = onnx.load(str(path), format="protobuf", load_external_data=False)
    except (DecodeError, ValueError, OSError) as error:
        raise ModelError(f"{path.name} is not an ONNX file, or it is damaged.") from error
    if not model.graph.node:
        raise ModelError(f"{path.name} is not an ONNX file, or it is damaged.")
    names = sorted({_location(path, tensor) for tensor in _outside(model)})
    others = [_beside(path, name) for name in names]
    if sum(file.stat().st_size for file in others) > _WEIGHTS_LIMIT:
        raise ModelError(f"The weights of {path.name} are larger than 16 GB.")
    return [path, *others]


def _outside(message: Message) -> Iterator[onnx.TensorProto]:
    """Yield every tensor of a model, at any depth, whose values lie in another file."""
    if isinstance(message, onnx.TensorProto):
        if message.data_location == onnx.TensorProto.EXTERNAL or message.external_data:
            yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            many: Any = value if field.is_repeated else [value]
            for inner in many:
                yield from _outside(inner)


def _location(path: Path, tensor: onnx.TensorProto) -> str:
    keys = [entry.key for entry in tensor.external_data]
    if len(keys) != len(set(keys)):  # which one counts is the runtime's choice
        raise ModelError(
            f"{path.name} says twice where the weights '{tensor.name}' are. That is no file that "
            "an ONNX exporter writes, so it is not used."
        )
    return next((entry.value for entry in tensor.external_data if entry.key == "location"), "")


def _beside(path: Path, name: str) -> Path:
    folder = path.resolve().parent
    memory = name.startswith("*/")  # ONNX Runtime's mark for an address in memory, not a file
    try:
        other = (folder / name).resolve()
        outside = memory or not name or not other.is_relative_to(folder) or other.is_dir()
        there = other.is_file()
    except (OSError, ValueError):  # no name that a file can have
        outside = True
    if outside:
        raise ModelError(
            f"{path.name} keeps weights in '{name}', outside of its own folder. Weights are only "
            "read from the folder of the model."
        )
    if not there:
        raise ModelError(
            f"{path.name} keeps its weights in the file {name}, which is missing beside it. Copy "
            "it into the same folder."
        )
    return other
