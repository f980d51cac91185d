"""The detector: a small CSP backbone, a two-way feature pyramid and an anchor-free head.

Plain 3x3 convolutions throughout: on a CPU they run nearer to the machine's peak than depthwise ones do,
both in training and in ONNX Runtime.
"""
from __future__ import annotations

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDES = (8, 16, 32)
BINS = 16  # bins of the distance distribution; 15 strides of reach to each side


def has_fast_bfloat16(device: torch.device | str = "cpu") -> bool:
    """Whether the device computes in bfloat16 by itself. Where it does not, torch imitates it, ten times slower than float32."""
    if torch.device(device).type == "cuda":
        return torch.cuda.is_bf16_supported()
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


class Conv(nn.Module):
    """Convolution, batch norm, activation."""

    def __init__(self, cin: int, cout: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(cout, eps=1e-3, momentum=0.03)
        self.act = nn.Hardswish(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.conv(x)))


class Csp(nn.Module):
    """Splits the channels, sends one half through residual 3x3 pairs, and merges every stage."""

    def __init__(self, cin: int, cout: int, depth: int, shortcut: bool = True) -> None:
        super().__init__()
        half = cout // 2
        self.shortcut = shortcut
        self.split = Conv(cin, 2 * half)
        self.stages = nn.ModuleList(nn.Sequential(Conv(half, half, 3), Conv(half, half, 3)) for _ in range(depth))
        self.merge = Conv((2 + depth) * half, cout)

    def forward(self, x: Tensor) -> Tensor:
        parts = list(self.split(x).chunk(2, 1))
        for stage in self.stages:
            y = stage(parts[-1])
            parts.append(parts[-1] + y if self.shortcut else y)
        return self.merge(torch.cat(parts, 1))


class Pool(nn.Module):
    """Three chained 5x5 max pools: lets the coarsest level see the whole picture cheaply."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = Conv(channels, channels // 2)
        self.merge = Conv(channels * 2, channels)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.squeeze(x)]
        for _ in range(3):
            parts.append(F.max_pool2d(parts[-1], 5, 1, 2))
        return self.merge(torch.cat(parts, 1))


class Head(nn.Module):
    """Per level: one shared 3x3, then a branch for the classes and one for the four distances."""

    def __init__(self, cin: int, classes: int, width: int, stride: int) -> None:
        super().__init__()
        self.stem = Conv(cin, width, 3)
        self.cls = nn.Sequential(Conv(width, width, 3), nn.Conv2d(width, classes, 1))
        self.box = nn.Sequential(Conv(width, width, 3), nn.Conv2d(width, 4 * BINS, 1))
        # Start at the rate of positives a level has, or the first steps only push every score down.
        nn.init.constant_(self.cls[-1].bias, math.log(5 / classes / (320 / stride) ** 2))
        nn.init.constant_(self.box[-1].bias, 1.0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(x)
        return self.cls(x), self.box(x)


class Detector(nn.Module):
    """Takes RGB pixels 0..255; gives class logits and distance logits for every cell, fine level first."""

    def __init__(self, classes: int = 3, widths: tuple[int, ...] = (16, 32, 64, 128, 160), head: int = 64,
                 depths: tuple[int, ...] = (1, 2, 2, 1)) -> None:
        super().__init__()
        w = widths
        self.classes = classes
        self.scale = 1 / 255  # the export folds it into the first convolution
        self.config = {"classes": classes, "widths": tuple(widths), "head": head, "depths": tuple(depths)}
        self.stem = nn.Sequential(Conv(3, w[0], 3, 2), Conv(w[0], w[1], 3, 2), Csp(w[1], w[1], depths[0]))
        self.c3 = nn.Sequential(Conv(w[1], w[2], 3, 2), Csp(w[2], w[2], depths[1]))
        self.c4 = nn.Sequential(Conv(w[2], w[3], 3, 2), Csp(w[3], w[3], depths[2]))
        self.c5 = nn.Sequential(Conv(w[3], w[4], 3, 2), Csp(w[4], w[4], depths[3]), Pool(w[4]))
        self.up4 = Csp(w[4] + w[3], w[3], 1, shortcut=False)
        self.up3 = Csp(w[3] + w[2], w[2], 1, shortcut=False)
        self.down4 = Conv(w[2], w[2], 3, 2)
        self.out4 = Csp(w[2] + w[3], w[3], 1, shortcut=False)
        self.down5 = Conv(w[3], w[3], 3, 2)
        self.out5 = Csp(w[3] + w[4], w[4], 1, shortcut=False)
        self.heads = nn.ModuleList(Head(c, classes, head, s) for c, s in zip(w[2:], STRIDES))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        c3 = self.c3(self.stem(x * self.scale if self.scale != 1 else x))
        c4 = self.c4(c3)
        c5 = self.c5(c4)
        p4 = self.up4(torch.cat((F.interpolate(c5, scale_factor=2.0), c4), 1))
        p3 = self.up3(torch.cat((F.interpolate(p4, scale_factor=2.0), c3), 1))
        p4 = self.out4(torch.cat((self.down4(p3), p4), 1))
        p5 = self.out5(torch.cat((self.down5(p4), c5), 1))
        cls, box = zip(*(head(p) for head, p in zip(self.heads, (p3, p4, p5))))
        return torch.cat([c.flatten(2) for c in cls], 2).transpose(1, 2), \
            torch.cat([b.flatten(2) for b in box], 2).transpose(1, 2)


def grid(height: int, width: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Column and row of every cell, and its stride: N x 2 and N x 1."""
    cells, strides = [], []
    for s in STRIDES:
        ys, xs = torch.meshgrid(torch.arange(height // s), torch.arange(width // s), indexing="ij")
        cells.append(torch.stack((xs, ys), -1).reshape(-1, 2).float())
        strides.append(torch.full((cells[-1].shape[0], 1), float(s)))
    return torch.cat(cells).to(device), torch.cat(strides).to(device)


def distances(box: Tensor) -> Tensor:
    """Expected distance to left, top, right, bottom in strides, from the distribution's logits."""
    b, n, _ = box.shape
    return box.reshape(b, n, 4, BINS).softmax(-1) @ torch.arange(BINS, dtype=box.dtype, device=box.device)


def decode(sides: Tensor, cells: Tensor, strides: Tensor) -> Tensor:
    """Boxes x1, y1, x2, y2 in input pixels, from distances in strides."""
    centre = cells + 0.5
    return torch.cat((centre - sides[..., :2], centre + sides[..., 2:]), -1) * strides


def predict(model: Detector, images: Tensor) -> tuple[Tensor, Tensor]:
    """Scores (B x N x classes) and distances to left, top, right, bottom in strides (B x N x 4)."""
    cls, box = model(images)
    return cls.float().sigmoid(), distances(box.float())
