"""Networks handed to another program than PyTorch: OpenVINO and ONNX Runtime, on a CPU.

Both compute with one thread a call, as many calls at a time as there are lanes. OpenVINO's own
`convert_model` is not used: it tells its makers about each use over the network.
"""

import importlib.util
import io
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch

from auditcore.errors import ModelError
from auditcore.models.lanes import cores

Compiled = Callable[[torch.Tensor], torch.Tensor]
"""From a call of normalised pictures, shape (size, 3, S, S), to its answers, shape (size, ...)."""

_EXAMPLES = 2  # pictures a network is followed with; its answers to other numbers are compared
_OPSET = 18


class _Question(torch.nn.Module):
    """One question to a network as a module of its own: what can be followed."""

    def __init__(self, network: torch.nn.Module, ask: Compiled) -> None:
        super().__init__()
        self.network = network
        self._ask = ask

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return self._ask(batch)


def installed(runtime: str) -> bool:
    """Say whether a program is there."""
    return importlib.util.find_spec(runtime) is not None


def compile_question(
    runtime: str, network: torch.nn.Module, ask: Compiled, side: int, size: int, precision: str
) -> Compiled:
    """Return a question to a network as another program computes it.

    Args:
        runtime: "openvino" or "onnxruntime".
        network: in float32 on the CPU, in evaluation mode; it must stay as it is.
        ask: the question, asked of that network.
        side: of the pictures, in pixels.
        size: pictures a call.
        precision: "float32" or, for OpenVINO, "bfloat16".

    Raises:
        ModelError: the program is missing, or cannot compute this network.
    """
    if not installed(runtime):
        raise ModelError(f"{runtime} is not installed: pip install {runtime}")
    question = _Question(network, ask).eval()
    shape = (size, 3, side, side)
    try:
        with _following():
            if runtime == "openvino":
                return _OpenVino(question, shape, precision)
            return _onnx_runtime(question, shape)
    except Exception as error:  # any operation of a stranger's network may be one it lacks
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"{runtime} cannot compute this model: {first[:200]} Choose torch instead."
        ) from error


@contextmanager
def _following() -> Iterator[None]:
    """Let a network be followed operation by operation, without torch's many warnings."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # one operation that nobody else knows
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


class _OpenVino:
    """A question compiled by OpenVINO."""

    def __init__(
        self, question: _Question, shape: tuple[int, int, int, int], precision: str
    ) -> None:
        import openvino
        from openvino.frontend import FrontEndManager
        from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

        example = torch.zeros(_EXAMPLES, *shape[1:])
        traced = torch.jit.trace(  # type: ignore[no-untyped-call]
            question, example, check_trace=False
        )
        decoder = TorchScriptPythonDecoder(traced)
        reader = FrontEndManager().load_by_framework("pytorch")
        graph = reader.convert(reader.load(decoder))
        graph.reshape({graph.inputs[0]: list(shape)})
        self._kept = (traced, decoder)  # whose weights it may use in place
        self._compiled: Any = openvino.Core().compile_model(graph, "CPU", _settings(precision))
        self._of_thread = threading.local()

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        request = getattr(self._of_thread, "request", None)
        if request is None:
            request = self._of_thread.request = self._compiled.create_infer_request()
        answer = request.infer([batch.contiguous().numpy()], share_inputs=True)
        return torch.from_numpy(answer[0].copy())


def _settings(precision: str) -> dict[str, Any]:
    exact = precision == "float32"
    return {
        "INFERENCE_PRECISION_HINT": "f32" if exact else "bf16",
        "EXECUTION_MODE_HINT": "ACCURACY" if exact else "PERFORMANCE",
        "NUM_STREAMS": cores(),
        "INFERENCE_NUM_THREADS": cores(),
        "ENABLE_CPU_PINNING": False,  # other programs want cores as well
    }


def _onnx_runtime(question: _Question, shape: tuple[int, int, int, int]) -> Compiled:
    file = io.BytesIO()
    torch.onnx.export(
        question,
        (torch.zeros(_EXAMPLES, *shape[1:]),),
        cast(Any, file),  # what stands in its signature is not all that it takes
        dynamo=False,
        opset_version=_OPSET,
        input_names=["pixels"],
        output_names=["answers"],
        dynamic_axes={"pixels": {0: "pictures"}, "answers": {0: "pictures"}},
    )
    session = one_thread_session(file.getvalue(), "CPUExecutionProvider")

    def run(batch: torch.Tensor) -> torch.Tensor:
        (answer,) = session.run(["answers"], {"pixels": batch.contiguous().numpy()})
        return torch.from_numpy(answer)

    return run


def one_thread_session(model: str | bytes, provider: str) -> Any:
    """Return ONNX Runtime's session of a model (a path, or the file's bytes), one thread a call."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors; they are raised as well
    options.use_deterministic_compute = True
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=[provider])
