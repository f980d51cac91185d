"""Where weights come from: a checkpoint of a run, or a shipped graph where no checkpoint is left.

The graph's convolutions have their normalisation folded in. Training needs it back, or the first step would change every
layer's scale; so it is put back such that it undoes itself on pictures of the kind trained on.
"""
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from augment import Size, letterbox
from model import Conv, Detector
from recipe import as_size


class Watched(nn.Module):
    """Adds the folded bias and keeps what goes in, to see how it is spread."""

    def __init__(self, bias: Tensor) -> None:
        super().__init__()
        self.bias, self.total, self.square, self.count = bias, 0.0, 0.0, 0

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total + x.double().sum((0, 2, 3))
        self.square = self.square + x.double().pow(2).sum((0, 2, 3))
        self.count += x.numel() // x.shape[1]
        return x + self.bias[:, None, None]

    def restore(self, block: Conv) -> None:
        """Scales the kernels so that they give a variance of one, as in training, and adds the normalisation that undoes it."""
        mean = self.total / self.count
        spread = (self.square / self.count - mean.pow(2)).clamp(min=1e-6).sqrt()
        norm = nn.BatchNorm2d(len(self.bias), eps=1e-3, momentum=0.03)
        norm.running_mean = (mean / spread).float()
        norm.weight = nn.Parameter((spread * (1 + norm.eps) ** 0.5).float())
        norm.bias = nn.Parameter((self.bias + mean).float())
        block.conv.weight = nn.Parameter(block.conv.weight / spread.float()[:, None, None, None])
        block.norm = norm


def shape_of(weights: dict[str, Tensor]) -> dict[str, Any]:
    """The network's configuration, as its graph's weights tell it."""
    first = ["stem.0", "stem.1", "c3.0", "c4.0", "c5.0"]
    depths = [sum(1 for k in weights if k.startswith(f"{part}.stages.") and k.endswith(".0.conv.weight"))
              for part in ("stem.2", "c3.1", "c4.1", "c5.1")]
    return {"classes": weights["heads.0.cls.1.bias"].shape[0], "widths": tuple(weights[f"{n}.conv.weight"].shape[0] for n in first),
            "head": weights["heads.0.stem.conv.weight"].shape[0], "depths": tuple(depths)}


def weights_of(graph: Path) -> dict[str, Tensor]:
    """An exported graph's weights, normalisation folded in."""
    weights = {i.name.removeprefix("model."): torch.from_numpy(numpy_helper.to_array(i).copy())
               for i in onnx.load(str(graph)).graph.initializer}
    if "heads.0.cls.1.bias" not in weights:
        raise ValueError(f"{graph}: not a graph that export.py made")
    return weights


def recover(graph: Path, pictures: list[np.ndarray], size: Size) -> Detector:
    """The detector whose exported graph this is. Pictures: some hundred of the kind it is to go on with."""
    return unfolded(weights_of(graph), pictures, size)


def unfolded(weights: dict[str, Tensor], pictures: list[np.ndarray], size: Size) -> Detector:
    """A detector of folded weights, its normalisation put back for these pictures."""
    model = Detector(**shape_of(weights))
    model.stem[0].conv.weight = nn.Parameter(weights["stem.0.conv.weight"] / model.scale)
    watched: list[Conv] = []
    for name, block in model.named_modules():
        if isinstance(block, Conv):
            if name != "stem.0":
                block.conv.weight = nn.Parameter(weights[f"{name}.conv.weight"])
            block.norm = Watched(weights[f"{name}.conv.bias"])
            watched.append(block)
        elif isinstance(block, nn.Conv2d) and f"{name}.bias" in weights and block.bias is not None:
            block.weight, block.bias = nn.Parameter(weights[f"{name}.weight"]), nn.Parameter(weights[f"{name}.bias"])
    model.eval()
    with torch.no_grad():
        for start in range(0, len(pictures), 16):
            batch = np.stack([letterbox(p, size)[0] for p in pictures[start:start + 16]])
            model(torch.from_numpy(batch).permute(0, 3, 1, 2).float())
    for block in watched:
        block.norm.restore(block)
    return model


def load(checkpoint: Path) -> tuple[Detector, dict[str, Any]]:
    """The averaged weights of a checkpoint, and the checkpoint with its `size` as width and height."""
    saved = torch.load(checkpoint, map_location="cpu")
    saved["size"] = as_size(saved["size"])
    model = Detector(**saved["config"])
    model.load_state_dict(saved["mean"])
    return model.eval(), saved


def begin(model: Detector, start: Path, pictures: list[np.ndarray], size: Size) -> list[str]:
    """Takes over whatever fits from a checkpoint or a graph; gives the names of what does not and starts afresh."""
    if start.suffix == ".onnx":
        weights = recover(start, pictures, size).state_dict()
    else:
        weights = torch.load(start, map_location="cpu")["mean"]
    own = model.state_dict()
    fitting = {k: v for k, v in weights.items() if k in own and own[k].shape == v.shape}
    model.load_state_dict({**own, **fitting})
    return [k for k in own if k not in fitting]


def save(file: Path, content: dict[str, Any]) -> None:
    """Writes so that a stop in the middle leaves the old file whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, file.with_suffix(".new"))
    file.with_suffix(".new").replace(file)
