"""Things cut out of renderings and set into photographs.

Without them a detector learns the short cut that what looks photographed never holds what only the renderer can draw.
A thing is cut along its mask where the renderer left one, else along its box with soft edges; so that such edges
are no short cut either, pieces of rendered ground without any thing are set in as well.
"""
from __future__ import annotations

import random

import numpy as np
from PIL import Image, ImageFilter

from augment import Sample, ignored

ALONE, BARE = 0.8, 0.35  # largest tolerated share of the box under another one; share of pieces without a thing


def soft_box(w: int, h: int) -> np.ndarray:
    """A mask that fades out over the outer tenth."""
    ramp_x, ramp_y = (np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / max(1.0, 0.1 * n) for n in (w, h))
    return np.minimum(ramp_x[None, :], ramp_y[:, None]).clip(0, 1).astype(np.float32)


def related(boxes: np.ndarray, chosen: int, classes: tuple[int, ...]) -> np.ndarray:
    """Rows that lie mostly within the chosen one, itself among them: a stall comes with its canopy."""
    box = boxes[chosen, 1:]
    low, high = np.maximum(boxes[:, 1:3], box[:2]), np.minimum(boxes[:, 3:], box[2:])
    inside = (high - low).clip(0).prod(1) / np.maximum(1e-6, (boxes[:, 3:] - boxes[:, 1:3]).prod(1))
    return (inside > ALONE) | (np.arange(len(boxes)) == chosen)


def piece(source: Sample, mask: np.ndarray | None, classes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Pixels, mask 0..1 and boxes (in pixels of the piece) of one thing, or of bare ground; none where there is none."""
    picture, boxes = source
    h, w = picture.shape[:2]
    wanted = np.flatnonzero(np.isin(boxes[:, 0], classes))
    if not len(wanted):
        return None
    bare = random.random() < BARE
    if bare:
        pw, ph = random.randint(w // 8, w // 3), random.randint(h // 8, h // 3)
        x, y = random.randint(0, w - pw), random.randint(0, h - ph)
        window = np.array((x, y, x + pw, y + ph), np.float32)
        clear = (boxes[:, 1] >= window[2]) | (boxes[:, 3] <= x) | (boxes[:, 2] >= window[3]) | (boxes[:, 4] <= y)
        if not clear.all():
            return None
        kept = boxes[:0]
    else:
        chosen = int(random.choice(wanted))
        kept = boxes[related(boxes, chosen, classes)]
        grow = (kept[:, 3:].max(0) - kept[:, 1:3].min(0)) * (0.02 if mask is not None else 0.06) + 2
        window = np.concatenate((kept[:, 1:3].min(0) - grow, kept[:, 3:].max(0) + grow)).round()
        window = window.clip(0, (w, h, w, h))
    x1, y1, x2, y2 = (int(v) for v in window)
    if min(x2 - x1, y2 - y1) < 16:
        return None
    alpha = soft_box(x2 - x1, y2 - y1)
    if mask is not None and not bare:
        numbers = mask[y1:y2, x1:x2]
        own = np.flatnonzero(related(boxes, chosen, classes)) + 1
        cut = Image.fromarray((np.isin(numbers, own) * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(1))
        alpha = np.asarray(cut, np.float32) / 255
    return picture[y1:y2, x1:x2], alpha, kept - np.array([0, x1, y1, x1, y1], np.float32)


def toned(part: np.ndarray, under: np.ndarray) -> np.ndarray:
    """The piece moved a random way towards the brightness and contrast of where it goes."""
    part = part.astype(np.float32)
    k = random.uniform(0, 0.7)
    gain = (under.std() + 10) / (part.std() + 10)
    aim = (part - part.mean((0, 1))) * np.clip(gain, 0.6, 1.5) + 0.5 * (part.mean((0, 1)) + under.mean((0, 1)))
    return part * (1 - k) + aim * k


def pasted(sample: Sample, source: Sample, mask: np.ndarray | None, classes: tuple[int, ...]) -> Sample:
    """The sample with one piece of the source in its lower two thirds. What it hides is marked as unknown."""
    cut = piece(source, mask, classes)
    picture, boxes = sample
    h, w = picture.shape[:2]
    if cut is None:
        return sample
    part, alpha, own = cut
    ph, pw = part.shape[:2]
    side = random.uniform(0.15, 0.55) * min(w, h) * (pw / ph) ** 0.5
    k = min(side / pw, 0.9 * w / pw, 0.9 * h / ph)
    nw, nh = max(8, round(pw * k)), max(8, round(ph * k))
    if min(nw, nh) < 12:
        return sample
    mirrored = random.random() < 0.5
    x = random.randint(0, w - nw)
    y = min(h - nh, max(0, round(random.uniform(0.35, 1.0) * h) - nh))
    part = np.asarray(Image.fromarray(part).resize((nw, nh), Image.BOX if k < 0.6 else Image.BILINEAR))
    alpha = np.asarray(Image.fromarray(alpha).resize((nw, nh), Image.BILINEAR))[..., None]
    if mirrored:
        part, alpha = part[:, ::-1], alpha[:, ::-1]
    out = picture.copy()
    under = out[y:y + nh, x:x + nw]
    out[y:y + nh, x:x + nw] = (toned(part, under) * alpha + under * (1 - alpha)).clip(0, 255).astype(np.uint8)
    moved = own.copy()
    moved[:, 1::2] = own[:, 1::2] * (nw / pw)
    moved[:, 2::2] = own[:, 2::2] * (nh / ph)
    if mirrored:
        moved[:, [1, 3]] = nw - moved[:, [3, 1]]
    moved += np.array([0, x, y, x, y], np.float32)
    return out, np.concatenate((hidden(boxes, x, y, x + nw, y + nh), moved)).astype(np.float32)


def hidden(boxes: np.ndarray, x1: int, y1: int, x2: int, y2: int) -> np.ndarray:
    """Boxes behind the piece: mostly hidden ones become places to ignore, full-picture places stay."""
    out = boxes.copy()
    low, high = np.maximum(boxes[:, 1:3], (x1, y1)), np.minimum(boxes[:, 3:], (x2, y2))
    share = (high - low).clip(0).prod(1) / np.maximum(1e-6, (boxes[:, 3:] - boxes[:, 1:3]).prod(1))
    for i in np.flatnonzero((share > 0.4) & (boxes[:, 0] >= 0)):
        out[i] = ignored([int(boxes[i, 0])], *boxes[i, 1:])
    return out
