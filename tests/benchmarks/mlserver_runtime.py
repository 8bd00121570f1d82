"""A model for MLServer, an inference server that is not this project's: the demo CLIP's two towers.

It uses open_clip alone and nothing of Telltale, the way somebody would serve a model of their own:
floats in NCHW, scaled to -1..1 by the client. How it is started: independent_server.md.
"""

import numpy as np
import open_clip
import torch
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    MetadataModelResponse,
    MetadataTensor,
    Parameters,
)


class Clip(MLModel):
    """Features of pictures and of texts."""

    async def load(self) -> bool:
        torch.set_num_threads(1)
        folder = self.settings.parameters.uri
        self._network = open_clip.create_model(f"local-dir:{folder}").eval()
        vocabulary = f"{folder}/bpe_small.txt.gz"
        self._tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}", bpe_path=vocabulary)
        return True

    async def metadata(self) -> MetadataModelResponse:
        size, length = 64, 128
        return MetadataModelResponse(
            name=self.name,
            platform="open_clip",
            inputs=[
                MetadataTensor(name="images", datatype="FP32", shape=[-1, 3, size, size]),
                MetadataTensor(name="texts", datatype="BYTES", shape=[-1]),
            ],
            outputs=[
                MetadataTensor(name="image_embedding", datatype="FP32", shape=[-1, length]),
                MetadataTensor(name="text_embedding", datatype="FP32", shape=[-1, length]),
            ],
            parameters=Parameters(
                scale="-1-1",
                gives={"image_embedding": "features", "text_embedding": "text_features"},
            ),
        )

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        with torch.inference_mode():
            outputs = [self._answer(one) for one in payload.inputs]
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=outputs)

    def _answer(self, given):  # type: ignore[no-untyped-def]
        if given.name == "texts":
            features = self._network.encode_text(self._tokenizer(StringCodec.decode_input(given)))
            return NumpyCodec.encode_output("text_embedding", features.numpy())
        pictures = NumpyCodec.decode_input(given).astype(np.float32)
        features = self._network.encode_image(torch.from_numpy(pictures))
        return NumpyCodec.encode_output("image_embedding", features.numpy())
