"""Models of PyTorch as ONNX files, by both exporters of torch.

``PYTHONPATH=tests python tests/helpers/exported_models.py`` writes ``tests/importers/models/exported.zip``:
small models of torchvision and transformers without their weights, and what PyTorch counts of each. It needs
onnxscript, torchvision, transformers and onnx; the tests that read the files need none of them.
"""

from __future__ import annotations

import copy
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from helpers.torchvision_models import models

ROOT = Path(__file__).parent.parent.parent
ARCHIVE = ROOT / "tests" / "importers" / "models" / "exported.zip"

NOTES = "pkg.torch.onnx.name_scopes", "pkg.torch.export.graph_signature.InputSpec.kind"
"""What the importer reads of what the newer exporter notes; the rest is most of a file."""

FLOATS = (1, 10, 11, 16)


def with_own_weights(module: Any) -> Any:
    """A module in which no two arrays are equal, and none is zero: exporters merge and drop such arrays."""
    import torch

    with torch.no_grad():
        arrays = [*module.parameters(), *(one for one in module.buffers() if one.is_floating_point())]
        for number, values in enumerate(arrays):
            if values.numel() < 100_000:
                values.copy_(torch.rand_like(values) + 0.01)
            else:
                values.fill_(0.001 + 1e-5 * number)
    return module.eval()


def export(module: Any, x: Any, path: Path, way: str) -> None:
    """Write a module: ``torchscript``, ``torchscript-training`` (nothing is folded), or ``dynamo``."""
    import torch

    options: dict[str, Any] = {"dynamo": way.startswith("dynamo")}
    if options["dynamo"]:
        options |= {"verbose": False, "opset_version": int(way.removeprefix("dynamo") or 20)}
    if way == "torchscript-training":
        options |= {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE}
    torch.onnx.export(module, (x,), str(path), **options)


def counted(module: Any, x: Any) -> dict[str, Any]:
    """What PyTorch counts: parameters, multiply-accumulates, the shape of the output."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    def output_of(module: Any, x: Any) -> tuple[Any, int]:
        # With gradients PyTorch takes no short cut whose work it does not count.
        with FlopCounterMode(display=False) as counter, torch.enable_grad():
            output = module(x)
        return output, counter.get_total_flops() // 2

    try:
        output, macs = output_of(copy.deepcopy(module).to("meta"), x.to("meta"))
    except RuntimeError:  # it looks at values
        output, macs = output_of(module, x)
    output = output[0] if isinstance(output, tuple | list) else output
    params = sum(values.numel() for values in module.parameters())
    return {
        "params": params,
        "macs": macs,
        "output": list(output.shape[1:]),
        "norms": sum(
            one.num_features
            for one in module.modules()
            if isinstance(one, torch.nn.modules.batchnorm._BatchNorm)
        ),
    }


# --- small models -------------------------------------------------------------------------------------------


def _small_models() -> Mapping[str, Callable[[], Any]]:
    models()  # torchvision needs its schemas
    from torchvision.models import maxvit, swin_transformer, vision_transformer

    def swin(width: int, **blocks: Any) -> Any:
        return swin_transformer.SwinTransformer(
            [4, 4], width, [2, 2], [1, 2], [4, 4], num_classes=5, **blocks
        )

    return {
        "vit": lambda: vision_transformer.VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=5),
        "swin": lambda: swin(8),
        "swin_v2": lambda: swin(
            16,
            block=swin_transformer.SwinTransformerBlockV2,
            downsample_layer=swin_transformer.PatchMergingV2,
        ),
        "maxvit": lambda: maxvit.MaxVit((56, 56), 8, 7, [8, 16], [1, 1], 4, 0.0, num_classes=5),
        "norms": _norms,
        "words": _words,
        **{name: lambda name=name: _of_transformers(name) for name in ("bert", "gpt2", "llama")},
    }


def _norms() -> Any:
    """Norms that are modules, and one in single steps; softmax over the positions."""
    import torch
    from torch import nn

    class Norms(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.group = nn.Conv2d(3, 8, 3, padding=1), nn.GroupNorm(2, 8)
            self.scale, self.fc, self.root = nn.Parameter(torch.rand(8)), nn.Linear(8, 6), nn.RMSNorm(6)

        def forward(self, x: Any) -> Any:
            x = self.group(self.conv(x)).flatten(2).transpose(1, 2)
            apart = x - x.mean(-1, keepdim=True)
            x = apart / torch.sqrt((apart * apart).mean(-1, keepdim=True) + 1e-5) * self.scale
            return self.root(self.fc(x)).softmax(1)

    return Norms()


def _words() -> Any:
    import torch
    from torch import nn

    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
            self.words, self.places = nn.Embedding(50, 16), nn.Parameter(torch.randn(1, 12, 16))
            self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.out = nn.Linear(16, 50)

        def forward(self, x: Any) -> Any:
            return self.out(self.layers(self.words(x) + self.places))

    return Words()


def _of_transformers(name: str) -> Any:
    import transformers
    from torch import nn

    sizes = {"vocab_size": 50, "attn_implementation": "eager"}
    own = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    own |= {"max_position_embeddings": 24}
    if name == "gpt2":
        config = transformers.GPT2Config(n_embd=16, n_layer=2, n_head=2, n_positions=24, **sizes)
        model = transformers.GPT2LMHeadModel(config)
    elif name == "bert":
        model = transformers.BertModel(transformers.BertConfig(**own, **sizes), add_pooling_layer=False)
    else:
        model = transformers.LlamaModel(transformers.LlamaConfig(**own, **sizes, num_key_value_heads=1))

    class OneOutput(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, words: Any) -> Any:
            return self.model(input_ids=words, **({} if name == "bert" else {"use_cache": False}))[0]

    return OneOutput()


SIZES = {"vit": 32, "swin": 64, "swin_v2": 64, "maxvit": 56, "norms": 8}
WAYS = {"norms": ("dynamo",), "gpt2": ("dynamo",), "llama": ("dynamo", "dynamo23")}
"""The exporters that can write a model; others are written by torchscript and dynamo."""


def main() -> None:
    import onnx
    import torch

    counts: dict[str, Any] = {}
    with zipfile.ZipFile(ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive, tempfile.TemporaryDirectory() as at:
        path = Path(at) / "model.onnx"
        for name, make in _small_models().items():
            torch.manual_seed(18)
            side = SIZES.get(name)
            x = torch.randn(1, 3, side, side) if side else torch.arange(12).view(1, 12)
            for way in WAYS.get(name, ("torchscript", "dynamo")):
                export(with_own_weights(make()), x, path, way)
                model = onnx.load(str(path))
                _without_weights(model)
                _store(archive, f"{name}.{way}.onnx", model.SerializeToString())
            counts[name] = counted(with_own_weights(make()), x)
        _store(archive, "counts.json", json.dumps(counts, indent=1).encode())


def _without_weights(model: Any) -> None:
    """Keep the shapes of the weights, and what the importer reads of the notes."""
    for tensor in model.graph.initializer:
        if tensor.data_type in FLOATS and len(tensor.raw_data) > 4:
            tensor.ClearField("raw_data")
            tensor.data_location = 1  # in another file, which is not there
    graph = model.graph
    for item in (graph, *graph.node, *graph.value_info, *graph.initializer, *graph.input, *graph.output):
        kept = [(note.key, note.value) for note in item.metadata_props if note.key in NOTES]
        item.ClearField("metadata_props")
        item.ClearField("doc_string")
        for key, value in kept:
            item.metadata_props.add(key=key, value=value)
    model.ClearField("functions")


def _store(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, (2026, 11, 26, 0, 0, 0))
    archive.writestr(info, content, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
