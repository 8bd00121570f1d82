"""Small ONNX models, written node by node, whose answers are easy to work out by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 16
CLASSES = 4
STEPS: dict[str, Any] = {
    "size": SIZE,
    "resize": 20,
    "resize_mode": "shortest",
    "interpolation": "bilinear",
    "layout": "NCHW",
    "colours": "RGB",
    "range": 1,
    "mean": [0.4, 0.5, 0.6],
    "std": [0.2, 0.3, 0.4],
}
SHEET: dict[str, Any] = {
    "preprocessing": STEPS,
    "outputs": {"features": "pooled", "logits": "logits", "probabilities": "chances"},
    "labels": ["a", "b", "c", "d"],
}


def weights(seed: int = 1) -> np.ndarray:
    """Return the last layer of the model, shape (3, CLASSES)."""
    return np.random.default_rng(seed).normal(size=(3, CLASSES)).astype(np.float32)


def save_onnx(
    path: Path,
    layout: str = "NCHW",
    batch: int | str = "batch",
    dtype: int = TensorProto.FLOAT,
    seed: int = 1,
    external: str | None = None,
    metadata: str | None = None,
) -> Path:
    """Write pixels -> mean of each colour ("pooled") -> linear ("logits") -> softmax ("chances").

    Args:
        path: where to.
        layout: NCHW or NHWC.
        batch: the first dimension: a name, or a number.
        dtype: the type of the input.
        seed: of the weights.
        external: where the weights are said to be, when they are not in the file.
        metadata: the sheet, when it is to be in the file itself.
    """
    sides = ([3, SIZE, SIZE], (2, 3)) if layout == "NCHW" else ([SIZE, SIZE, 3], (1, 2))
    layer = numpy_helper.from_array(weights(seed), "layer")
    if external is not None:
        layer.ClearField("raw_data")
        layer.data_location = TensorProto.EXTERNAL
        layer.external_data.add(key="location", value=external)
    axes = numpy_helper.from_array(np.array(sides[1], np.int64), "axes")
    nodes = [
        helper.make_node("Cast", ["pixels"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values", "axes"], ["pooled"], keepdims=0),
        helper.make_node("MatMul", ["pooled", "layer"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["chances"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("pixels", dtype, [batch, *sides[0]])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, None])
            for name in ("pooled", "logits", "chances")
        ]
        + [helper.make_tensor_value_info("values", TensorProto.FLOAT, [batch, *sides[0]])],
        [layer, axes],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    if metadata is not None:
        helper.set_model_props(model, {"telltale": metadata})
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def write_sheet(path: Path, **changes: Any) -> Path:
    """Write the JSON file beside an ONNX file; `changes` replace its keys, None takes one away."""
    sheet = {key: value for key, value in {**SHEET, **changes}.items() if value is not None}
    path.with_suffix(".json").write_text(json.dumps(sheet))
    return path
