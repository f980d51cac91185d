"""What the detector is trained on: real pictures, renderings and negatives, mixed afresh for every sample."""
from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from augment import NO_BOXES, Sample, finish, mosaic, single
from negatives import empty_crop, erased, read_clip, synthetic

RENDERED, NEGATIVE = 0.15, 0.15  # shares of the samples; the rest is real pictures
LONGEST = 448


def load_sample(image: Path, label: Path) -> Sample:
    """One picture, at most LONGEST on a side, with its YOLO label file."""
    picture = Image.open(image).convert("RGB")
    if max(picture.size) > LONGEST:
        k = LONGEST / max(picture.size)
        picture = picture.resize((round(picture.width * k), round(picture.height * k)), Image.BOX)
    w, h = picture.size
    rows = [[float(v) for v in line.split()] for line in label.read_text().splitlines() if line.strip()]
    if not rows:
        return np.asarray(picture), NO_BOXES
    a = np.array(rows, np.float32)
    half = a[:, 3:5] / 2
    corners = np.concatenate((a[:, 1:3] - half, a[:, 1:3] + half), 1).clip(0, 1) * np.array([w, h, w, h], np.float32)
    return np.asarray(picture), np.concatenate((a[:, :1], corners), 1)


def load_folder(root: Path, known: dict[str, Sample] | None = None) -> dict[str, Sample]:
    """Samples of root/images with root/labels by name; pictures already known are not read again."""
    found: dict[str, Sample] = {}
    for image in sorted((root / "images").glob("*")) if (root / "images").is_dir() else []:
        label = root / "labels" / (image.stem + ".txt")
        if known and image.name in known:
            found[image.name] = known[image.name]
        elif label.exists():
            try:
                found[image.name] = load_sample(image, label)
            except (OSError, ValueError):
                continue  # still being written by the renderer; the next epoch reads it
    return found


class Mixture:
    """An endless mixture. The index is the size wanted, so that a batch is of one size and the next of another."""

    def __init__(self, real: Path, rendered: Path | None, clips: list[Path]) -> None:
        self.real = list(load_folder(real).values())
        # Heaps have half as many examples as bins, and are harder.
        self.real_weights = np.cumsum([1.6 if (boxes[:, 0] == 0).any() else 1.0 for _, boxes in self.real]).tolist()
        self.frames = [f for clip in clips for f in read_clip(clip, 80)]
        # Shared, because one process weighs the frames for all.
        self.weights = torch.ones(len(self.frames), dtype=torch.float64).share_memory_().numpy()
        self.rendered_root, self.rendered = rendered, {}
        self.mosaic_share = 0.15
        self.rescan()

    def rescan(self) -> None:
        """Takes in renderings that have appeared since."""
        if self.rendered_root:
            self.rendered = load_folder(self.rendered_root, self.rendered)
        self.rendered_list = list(self.rendered.values())

    def negative(self, size: int) -> Sample:
        """A picture without garbage."""
        draw = random.random()
        if draw < 0.4 and self.frames:
            i = random.choices(range(len(self.frames)), self.weights)[0]
            frame: Sample = (self.frames[i], NO_BOXES)
            return (empty_crop(frame, 1) or frame) if random.random() < 0.5 else frame
        if draw < 0.47:
            return synthetic(size)
        for source in random.choices(self.real, k=8):
            found = erased(source) if draw < 0.75 else empty_crop(source)
            if found:
                return found
        return synthetic(size)

    def positive(self) -> Sample:
        """A real picture."""
        return random.choices(self.real, cum_weights=self.real_weights)[0]

    def drawn(self, kind: float, size: int) -> Sample:
        """A sample by a number 0..1: negatives first, then renderings, then real pictures."""
        if kind < NEGATIVE:
            return self.negative(size)
        if kind < NEGATIVE + RENDERED and self.rendered_list:
            return random.choice(self.rendered_list)
        return self.positive()

    def __getitem__(self, size: int) -> Sample:
        kind = random.random()
        if random.random() < self.mosaic_share:
            # A mosaic of a negative is of negatives alone; the others mix all kinds.
            rest = [0.0 if kind < NEGATIVE else random.uniform(NEGATIVE - 0.08, 1) for _ in range(3)]
            tiles = [self.drawn(k, size // 2) for k in [kind, *rest]]
            random.shuffle(tiles)
            return finish(mosaic(tiles, size))
        return finish(single(self.drawn(kind, size), size, 0.4 if self.mosaic_share else 0.3))


def collate(samples: list[Sample]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """uint8 B x 3 x S x S; labels B x M; boxes B x M x 4; which rows are real."""
    most = max(len(b) for _, b in samples)
    boxes = np.zeros((len(samples), most, 5), np.float32)
    real = np.zeros((len(samples), most), bool)
    for i, (_, b) in enumerate(samples):
        boxes[i, :len(b)], real[i, :len(b)] = b, True
    pictures = torch.from_numpy(np.stack([p for p, _ in samples])).permute(0, 3, 1, 2)
    rows = torch.from_numpy(boxes)
    return pictures, rows[..., 0].long(), rows[..., 1:], torch.from_numpy(real)
