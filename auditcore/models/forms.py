"""What a person can write as a model: every form of a spec, with one line each.

The list of the command line and the app's explanations both come from here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SpecForm:
    """One form of a spec.

    Attributes:
        form: how it is written, with what varies in capitals.
        example: one that is complete.
        says: one line on what it is.
    """

    form: str
    example: str
    says: str

    @property
    def kind(self) -> str:
        """Return what stands before the colon."""
        return self.form.partition(":")[0]

    @property
    def on_disk(self) -> bool:
        """Say whether it names a file or folder of this machine."""
        return self.form.endswith((":PATH", ":FOLDER", ":FILE"))


LOCAL_FORMS = (
    SpecForm("demo:NAME", "demo:with", "one of the small models made for Telltale"),
    SpecForm(
        "openclip:NAME/WEIGHTS",
        "openclip:ViT-B-32/laion2b_s34b_b79k",
        "a model of pictures and texts from open_clip's list, fetched on first use",
    ),
    SpecForm(
        "openclip:PATH",
        "openclip:models/my-clip",
        "a file or folder of open_clip: safetensors beside open_clip_config.json",
    ),
    SpecForm(
        "timm:NAME",
        "timm:resnet50.a1_in1k",
        "an image encoder or classifier from timm's list, fetched on first use",
    ),
    SpecForm(
        "timm:FOLDER",
        "timm:models/my-encoder",
        "a folder of timm or torchvision: model.safetensors beside config.json",
    ),
    SpecForm("onnx:FILE", "onnx:models/my-model.onnx", "a network saved as an ONNX file"),
    SpecForm("efficientnet-lite0", "efficientnet-lite0", "a small classifier of 1,000 things"),
)

HOSTED_FORMS = (
    SpecForm(
        "openai:URL#MODEL",
        "openai:https://api.jina.ai/v1#jina-clip-v2",
        "a service that turns pictures into numbers: Jina, Infinity, vLLM (/v1/embeddings)",
    ),
    SpecForm(
        "hf:ID-OR-URL",
        "hf:google/vit-base-patch16-224",
        "a classifier at Hugging Face: a model's id, or the address of an endpoint",
    ),
    SpecForm(
        "oip:URL#MODEL",
        "oip:https://models.example.org#resnet;output=logits",
        "a model server: Triton, KServe, MLServer (Open Inference Protocol v2)",
    ),
)
