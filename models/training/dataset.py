"""What the detector is trained on: labelled pictures of several sources and negatives, mixed afresh for every sample."""
from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from augment import NO_BOXES, Sample, Size, finish, ignored, mosaic, part_of, single
from negatives import empty_crop, erased, read_clip, synthetic
from paste import pasted
from recipe import Recipe, RecipeError, Source

CLIP_FRAMES = 80  # frames kept of each clip without objects


def read_labels(file: Path, source: Source, classes: int) -> list[list[float]]:
    """Rows of class and corners, as shares of the picture. `?2` marks a place where class 2 is unknown, `?` where every class is."""
    rows = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            label, (x, y, w, h) = words[0], (float(v) for v in words[1:5])
            own = int(float(label.lstrip("?"))) if label != "?" else -1
        except ValueError:
            raise RecipeError(f"{file}:{number}: not a class and four numbers") from None
        if source.map is not None and own >= 0:
            own = source.map.get(own, -1)
        if own >= classes:
            raise RecipeError(f"{file}:{number}: class {own}, where there are {classes}")
        corners = [min(1.0, max(0.0, v)) for v in (x - w / 2, y - h / 2, x + w / 2, y + h / 2)]
        if own < 0 or label.startswith("?"):
            rows.append(ignored(range(classes) if own < 0 else [own], *corners))
        else:
            rows.append([float(own), *corners])
    return rows


def load_sample(image: Path, source: Source, classes: int) -> Sample:
    """One picture with its boxes, at most `source.longest` on a side."""
    picture = Image.open(image).convert("RGB")
    w, h = picture.width * source.aspect, float(picture.height)
    k = min(1.0, source.longest / max(w, h))
    if k < 1 or source.aspect != 1:
        picture = picture.resize((round(w * k), round(h * k)), Image.BOX if k < 1 else Image.BILINEAR)
    w, h = picture.size
    rows = read_labels(source.labels / (image.stem + ".txt"), source, classes) if source.labels else []
    if source.trusted is not None:
        doubted = set(range(classes)) - set(source.trusted)
        if doubted:
            rows.append(ignored(doubted, 0, 0, 1, 1))
    if not rows:
        return np.asarray(picture), NO_BOXES
    return np.asarray(picture), np.array(rows, np.float32) * np.array([1, w, h, w, h], np.float32)


def try_load(image: Path, source: Source, classes: int) -> Sample | None:
    """As `load_sample`; nothing where the renderer is still writing the picture: the next epoch reads it."""
    try:
        return load_sample(image, source, classes)
    except (OSError, SyntaxError):
        return None


def load_folder(source: Source, classes: int, known: dict[str, Sample] | None = None, most: int | None = None) -> dict[str, Sample]:
    """Samples of a source by file name, at most `most`, spread evenly; pictures already known are not read again."""
    found: dict[str, Sample] = {}
    left_out = set(source.exclude)
    images = sorted(source.images.glob("*")) if source.images.is_dir() else []
    images = [i for i in images if i.name not in left_out and i.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")]
    most = min((m for m in (most, source.most) if m is not None), default=None)
    images = images[::max(1, -(-len(images) // most))] if most and images else images
    wanted = [i for i in images if not (known and i.name in known)
              and (source.labels is None or (source.labels / (i.stem + ".txt")).exists())]
    with ThreadPoolExecutor(os.cpu_count()) as readers:
        read = dict(zip([i.name for i in wanted], readers.map(lambda image: try_load(image, source, classes), wanted)))
    for image in images:
        sample = known[image.name] if known and image.name in known else read.get(image.name)
        if sample is not None:
            found[image.name] = sample
    return found


class Pool:
    """The samples of one source."""

    def __init__(self, source: Source, classes: int) -> None:
        self.source, self.classes = source, classes
        self.known: dict[str, Sample] = {}
        self.masks: dict[str, np.ndarray] = {}
        self.rescan()

    def rescan(self) -> None:
        """Takes in pictures that have appeared since."""
        before = len(self.known)
        self.known = load_folder(self.source, self.classes, self.known)
        if len(self.known) == before and before:
            return
        self.names, self.samples = list(self.known), list(self.known.values())
        weigh = self.source.favour
        # By the rarest class on it, so that pictures of a rare class come more often.
        self.weights = np.cumsum([max([weigh.get(int(c), 1.0) for c in set(boxes[:, 0])], default=1.0)
                                  for _, boxes in self.samples]).tolist()

    def draw(self) -> int:
        return random.choices(range(len(self.samples)), cum_weights=self.weights)[0]

    def mask(self, index: int) -> np.ndarray | None:
        """The picture's mask, where each pixel holds the number of its line in the label file, from 1."""
        sample, name = self.samples[index], Path(self.names[index]).stem
        if name not in self.masks:
            file = self.source.images.parent / "masks" / f"{name}.png"
            if not file.exists():
                return None
            h, w = sample[0].shape[:2]
            self.masks[name] = np.asarray(Image.open(file).convert("L").resize((w, h), Image.NEAREST))
        return self.masks[name]


class Mixture(torch.utils.data.Dataset):
    """An endless mixture. The index is the size wanted, so that a batch is of one size and the next of another."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe, self.classes = recipe, len(recipe.labels)
        self.pools = {s.name: Pool(s, self.classes) for s in recipe.sources}
        self.frames = [f for clip in recipe.negatives.clips for f in read_clip(clip, CLIP_FRAMES)]
        # Shared, because one process weighs the frames for all.
        self.weights = torch.ones(len(self.frames), dtype=torch.float64).share_memory_().numpy()
        self.mosaic_share = recipe.mosaic
        self.recount()

    def rescan(self) -> None:
        for pool in self.pools.values():
            pool.rescan()
        self.recount()

    def recount(self) -> None:
        """Shares of the sources that have pictures; negatives are drawn first."""
        self.filled = [p for p in self.pools.values() if p.samples and p.source.share > 0]
        if not self.filled:
            raise RecipeError(f"no pictures in {', '.join(str(s.images) for s in self.recipe.sources)}")
        self.shares = np.cumsum([p.source.share for p in self.filled]).tolist()

    def __len__(self) -> int:
        return sum(len(p.samples) for p in self.pools.values())

    def negative(self, size: Size) -> Sample:
        """A picture with nothing on it."""
        kinds = self.recipe.negatives
        pool = self.pools.get(kinds.source)
        usable = bool(pool and pool.samples)
        weights = (kinds.frames if self.frames else 0.0, kinds.noise, kinds.erased * usable, kinds.empty * usable)
        kind = random.choices(("frames", "noise", "erased", "empty"), weights)[0] if sum(weights) else "noise"
        if kind == "frames":
            i = random.choices(range(len(self.frames)), self.weights)[0]
            frame: Sample = (self.frames[i], NO_BOXES)
            return (empty_crop(frame, 1) or frame) if random.random() < 0.5 else frame
        if kind == "noise" or pool is None:
            return synthetic(size)
        for source in random.choices(pool.samples, k=8):
            found = erased(source) if kind == "erased" else empty_crop(source)
            if found:
                return found
        return synthetic(size)

    def labelled(self) -> tuple[Sample, float]:
        """A picture of one of the sources, and how often such pictures are to fill the input."""
        pool = random.choices(self.filled, cum_weights=self.shares)[0]
        sample, rule = pool.samples[pool.draw()], self.recipe.paste
        if pool.source.name in rule.onto and random.random() < rule.share:
            things = self.pools[rule.source]
            if things.samples:
                i = things.draw()
                sample = pasted(sample, things.samples[i], things.mask(i), rule.classes)
        if random.random() < pool.source.zoom:
            sample = part_of(sample)
        return sample, pool.source.cover

    def drawn(self, negative: bool, size: Size) -> tuple[Sample, float]:
        return (self.negative(size), 0.0) if negative else self.labelled()

    def __getitem__(self, size: Size) -> Sample:
        share = self.recipe.negatives.share
        negative = random.random() < share
        if random.random() < self.mosaic_share:
            # A mosaic of a negative is of negatives alone; the others mix all kinds.
            half = (size[0] // 2, size[1] // 2)
            tiles = [self.drawn(k, half)[0] for k in [negative, *(negative or random.random() < share / 2 for _ in range(3))]]
            random.shuffle(tiles)
            return finish(mosaic(tiles, size))
        sample, cover = self.drawn(negative, size)
        jitter = self.recipe.jitter if self.mosaic_share else 0.75 * self.recipe.jitter
        return finish(single(sample, size, jitter, cover))


def collate(samples: list[Sample]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """uint8 B x 3 x H x W; labels B x M; boxes B x M x 4; which rows are real."""
    most = max(len(b) for _, b in samples)
    boxes = np.zeros((len(samples), most, 5), np.float32)
    real = np.zeros((len(samples), most), bool)
    for i, (_, b) in enumerate(samples):
        boxes[i, :len(b)], real[i, :len(b)] = b, True
    pictures = torch.from_numpy(np.stack([p for p, _ in samples])).permute(0, 3, 1, 2)
    rows = torch.from_numpy(boxes)
    return pictures, rows[..., 0].long(), rows[..., 1:], torch.from_numpy(real)
