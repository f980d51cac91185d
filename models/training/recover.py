"""Makes a checkpoint from a shipped graph, so that training can go on where no checkpoint is left.

The graph's convolutions have their normalisation folded in. Training needs it back, or the first step would change every
layer's scale; so it is put back such that it undoes itself on pictures of the kind trained on.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from augment import letterbox
from dataset import load_folder
from model import Conv, Detector


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


def recover(graph: Path, pictures: list[np.ndarray], size: int) -> Detector:
    """The detector whose exported graph this is. Pictures: some hundred of those trained on."""
    weights = {i.name.removeprefix("model."): torch.from_numpy(numpy_helper.to_array(i).copy())
               for i in onnx.load(str(graph)).graph.initializer}
    model = Detector()
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--graph", type=Path, default=here.parent / "garbage/model.onnx")
    parser.add_argument("--data", type=Path, default=here / "../../../shared/data/images/garbage_cn")
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--out", type=Path, required=True, help="checkpoint for train.py --start")
    args = parser.parse_args()
    samples = list(load_folder(args.data / "train").values())
    model = recover(args.graph, [p for p, _ in samples[:: max(1, len(samples) // 256)]], args.size)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"config": model.config, "model": model.state_dict(), "mean": model.state_dict(), "epoch": 0, "spent": 0.0, "size": args.size}, args.out)


if __name__ == "__main__":
    main()
