"""Pictures with boxes, and the changes made to them while training.

A sample is an RGB uint8 array and an M x 5 float array: class, x1, y1, x2, y2 in pixels. A negative class marks a place
where nobody knows whether objects of some classes are: its bits, as a positive number, are those classes.
"""
from __future__ import annotations

import io
import random
from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageFilter

PAD = 114
Sample = tuple[np.ndarray, np.ndarray]
NO_BOXES = np.zeros((0, 5), np.float32)
Size = tuple[int, int]  # width, height


def ignored(classes: Iterable[int], x1: float, y1: float, x2: float, y2: float) -> list[float]:
    """A row that marks a place where these classes are neither right nor wrong."""
    return [-float(sum(1 << c for c in set(classes))), x1, y1, x2, y2]


def fit(picture: np.ndarray, size: Size) -> float:
    """The largest scale at which the picture fits into the size."""
    return min(size[0] / picture.shape[1], size[1] / picture.shape[0])


def letterbox(picture: np.ndarray, size: Size) -> tuple[np.ndarray, float]:
    """Scales to fit and pads right and below, as the gateway does; also the scale."""
    h, w = picture.shape[:2]
    scale = fit(picture, size)
    nw, nh = max(1, round(w * scale)), max(1, round(h * scale))
    out = np.full((size[1], size[0], 3), PAD, np.uint8)
    out[:nh, :nw] = np.asarray(Image.fromarray(picture).resize((nw, nh), Image.BILINEAR))
    return out, scale


def clip_boxes(boxes: np.ndarray, x1: float, y1: float, x2: float, y2: float, keep: float) -> np.ndarray:
    """Boxes cut at the window; one that loses more than 1 - keep of itself, or becomes a speck, is dropped.

    A place to ignore stays, however little is left of it.
    """
    if not len(boxes):
        return NO_BOXES
    out = boxes.copy()
    out[:, 1::2] = out[:, 1::2].clip(x1, x2)
    out[:, 2::2] = out[:, 2::2].clip(y1, y2)
    side, before = out[:, 3:] - out[:, 1:3], boxes[:, 3:] - boxes[:, 1:3]
    whole = (side.prod(1) >= keep * before.prod(1)) & (side.min(1) >= 4)
    return out[whole | ((out[:, 0] < 0) & (side.min(1) >= 1))]


def place(sample: Sample, canvas: np.ndarray, window: tuple[int, int, int, int], scale: float, aspect: float) -> np.ndarray:
    """Draws the sample, scaled, at a random offset inside the window of the canvas; gives the boxes that remain."""
    picture, boxes = sample
    x1, y1, x2, y2 = window
    h, w = picture.shape[:2]
    sx, sy = scale * aspect ** 0.5, scale / aspect ** 0.5
    nw, nh = max(8, round(w * sx)), max(8, round(h * sy))
    ww, wh = x2 - x1, y2 - y1
    # Positive offsets leave padding, negative ones cut the picture.
    ox, oy = (round(random.uniform(min(0, a), max(0, a))) for a in (ww - nw, wh - nh))
    left, top = max(0, ox), max(0, oy)
    right, bottom = min(ww, ox + nw), min(wh, oy + nh)
    source = ((left - ox) / nw * w, (top - oy) / nh * h, (right - ox) / nw * w, (bottom - oy) / nh * h)
    part = Image.fromarray(picture).resize((right - left, bottom - top), Image.BILINEAR, box=source)
    canvas[y1 + top:y1 + bottom, x1 + left:x1 + right] = np.asarray(part)
    if not len(boxes):
        return NO_BOXES
    moved = boxes.copy()
    moved[:, 1::2] = moved[:, 1::2] * (nw / w) + x1 + ox
    moved[:, 2::2] = moved[:, 2::2] * (nh / h) + y1 + oy
    return clip_boxes(moved, x1 + left, y1 + top, x1 + right, y1 + bottom, 0.3)


def mosaic(samples: list[Sample], size: Size) -> Sample:
    """Four pictures around a random centre: many scales and neighbours in one input."""
    width, height = size
    canvas = np.full((height, width, 3), PAD, np.uint8)
    cx, cy = (int(random.uniform(0.3, 0.7) * side) for side in size)
    windows = ((0, 0, cx, cy), (cx, 0, width, cy), (0, cy, cx, height), (cx, cy, width, height))
    boxes = []
    for sample, window in zip(samples, windows):
        scale = fit(sample[0], size) * random.uniform(0.4, 1.15)
        boxes.append(place(sample, canvas, window, scale, random.uniform(0.8, 1.25)))
    return canvas, np.concatenate(boxes)


def single(sample: Sample, size: Size, jitter: float, cover: float = 0.0) -> Sample:
    """One picture, its scale and position jittered around the plain letterbox; a share of them fills the input."""
    canvas = np.full((size[1], size[0], 3), PAD, np.uint8)
    scale = fit(sample[0], size)
    filling = random.random() < cover
    if not filling and random.random() < 0.15:
        picture, scale = letterbox(sample[0], size)
        return picture, sample[1] * np.array([1, scale, scale, scale, scale], np.float32)
    if filling:
        scale = max(size[0] / sample[0].shape[1], size[1] / sample[0].shape[0])
    scale *= random.uniform(1 - jitter, 1 + 0.8 * jitter)
    return canvas, place(sample, canvas, (0, 0, *size), scale, random.uniform(0.8, 1.25))


def part_of(sample: Sample, most: float = 2.8) -> Sample:
    """A part of the picture with its aspect, a `most`-th of its sides or larger, mostly around something."""
    picture, boxes = sample
    h, w = picture.shape[:2]
    k = most ** random.uniform(0.15, 1.0)
    pw, ph = round(w / k), round(h / k)
    known = boxes[boxes[:, 0] >= 0]
    if len(known) and random.random() < 0.8:
        x1, y1, x2, y2 = random.choice(known)[1:]
        left, top = ((a + b) / 2 - random.random() * side for a, b, side in ((x1, x2, pw), (y1, y2, ph)))
    else:
        left, top = random.uniform(0, w - pw), random.uniform(0, h - ph)
    x, y = round(min(max(0.0, left), w - pw)), round(min(max(0.0, top), h - ph))
    kept = clip_boxes(boxes, x, y, x + pw, y + ph, 0.3) - np.array([0, x, y, x, y], np.float32)
    return picture[y:y + ph, x:x + pw], kept


def flip(sample: Sample) -> Sample:
    """Mirror image."""
    picture, boxes = sample
    boxes = boxes.copy()
    boxes[:, [1, 3]] = picture.shape[1] - boxes[:, [3, 1]]
    return np.ascontiguousarray(picture[:, ::-1]), boxes


def recolour(picture: np.ndarray) -> np.ndarray:
    """Brightness, contrast, saturation, hue and white balance in one 3x3 matrix."""
    grey = np.full((3, 3), 1 / 3, np.float32)
    saturation = 0.0 if random.random() < 0.03 else random.uniform(0.5, 1.5)
    angle = random.uniform(-0.12, 0.12)
    c, s = np.cos(angle), np.sin(angle) / 3 ** 0.5
    hue = c * np.eye(3, dtype=np.float32) + (1 - c) * grey + s * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], np.float32)
    matrix = hue @ (saturation * np.eye(3, dtype=np.float32) + (1 - saturation) * grey)
    matrix = np.diag(np.random.uniform(0.9, 1.1, 3)).astype(np.float32) @ matrix * random.uniform(0.6, 1.4)
    shift = random.uniform(-20, 20)
    flat = picture.reshape(-1, 3).astype(np.float32) @ matrix.T.astype(np.float32) + np.float32(shift)
    return flat.clip(0, 255).astype(np.uint8).reshape(picture.shape)


def degrade(picture: np.ndarray) -> np.ndarray:
    """What a street camera's lens, sensor and encoder do."""
    choice = random.random()
    if choice < 0.4:
        data = io.BytesIO()
        Image.fromarray(picture).save(data, "JPEG", quality=random.randint(20, 60))
        return np.asarray(Image.open(data))
    if choice < 0.7:
        h, w = picture.shape[:2]
        k = random.uniform(0.45, 0.8)
        return np.asarray(Image.fromarray(picture).resize((int(w * k), int(h * k)), Image.BILINEAR).resize((w, h), Image.BILINEAR))
    if choice < 0.8:
        return np.asarray(Image.fromarray(picture).filter(ImageFilter.BoxBlur(random.uniform(0.5, 1.5))))
    noise = np.random.randn(*picture.shape[:2], 1).astype(np.float32) * random.uniform(3, 14)
    return (picture + noise).clip(0, 255).astype(np.uint8)


def finish(sample: Sample) -> Sample:
    """The changes of look, after those of shape."""
    if random.random() < 0.5:
        sample = flip(sample)
    picture, boxes = sample
    if random.random() < 0.8:
        picture = recolour(picture)
    if random.random() < 0.2:
        picture = degrade(picture)
    return picture, boxes
