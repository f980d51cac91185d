"""Pictures with nothing on them: what the detector must stay silent on.

Real pictures with objects alone teach it that every picture holds some. So a share of what it sees is
clip frames, the empty parts of the real pictures, those pictures with their objects painted over, and noise.
"""
from __future__ import annotations

import random
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from augment import NO_BOXES, Sample, Size


def read_clip(path: Path, frames: int, longest: int = 640) -> list[np.ndarray]:
    """Frames spread evenly over a clip, RGB, scaled down to the longest side."""
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-count_packets", "-select_streams", "v:0", "-show_entries",
         "stream=width,height,nb_read_packets", "-of", "csv=p=0", str(path)], capture_output=True, text=True, check=True)
    w, h, count = (int(v) for v in probe.stdout.strip().split(",")[:3])
    scale = min(1.0, longest / max(w, h))
    w, h = round(w * scale / 2) * 2, round(h * scale / 2) * 2
    step = max(1, count // frames)
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-vf", f"select=not(mod(n\\,{step})),scale={w}:{h}", "-vsync", "0",
         "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
    return list(np.frombuffer(raw, np.uint8).reshape(-1, h, w, 3)[:frames])


def clip_seconds(path: Path) -> float:
    """How long a clip plays."""
    probe = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)],
                           capture_output=True, text=True, check=True)
    return float(probe.stdout.strip())


def empty_crop(sample: Sample, tries: int = 12) -> Sample | None:
    """The largest of some random windows that touch no object; none if the picture is full."""
    picture, boxes = sample
    h, w = picture.shape[:2]
    best: tuple[int, int, int, int] | None = None
    for _ in range(tries):
        cw, ch = random.randint(w // 4, w), random.randint(h // 4, h)
        x, y = random.randint(0, w - cw), random.randint(0, h - ch)
        clear = (boxes[:, 1] >= x + cw) | (boxes[:, 3] <= x) | (boxes[:, 2] >= y + ch) | (boxes[:, 4] <= y)
        if clear.all() and (best is None or cw * ch > best[2] * best[3]):
            best = (x, y, cw, ch)
    if best is None:
        return None
    x, y, cw, ch = best
    return picture[y:y + ch, x:x + cw], NO_BOXES


def beside(box: np.ndarray, boxes: np.ndarray, w: int, h: int) -> tuple[int, int, int, int] | None:
    """A strip next to the box that holds no object, the widest side first."""
    x1, y1, x2, y2 = (int(v) for v in box)
    bw, bh = x2 - x1, y2 - y1
    strips = [(max(0, x1 - bw), y1, x1, y2), (x2, y1, min(w, x2 + bw), y2), (x1, max(0, y1 - bh), x2, y1), (x1, y2, x2, min(h, y2 + bh))]
    for s in sorted(strips, key=lambda s: -(s[2] - s[0]) * (s[3] - s[1])):
        clear = (boxes[:, 1] >= s[2]) | (boxes[:, 3] <= s[0]) | (boxes[:, 2] >= s[3]) | (boxes[:, 4] <= s[1])
        if min(s[2] - s[0], s[3] - s[1]) >= 6 and clear.all():
            return s
    return None


def erased(sample: Sample) -> Sample | None:
    """The picture with every object painted over from beside it, edges blurred; none where there is no room."""
    picture, boxes = sample
    h, w = picture.shape[:2]
    source = Image.fromarray(picture)
    image = source.copy()
    for box in boxes[:, 1:]:
        grown = np.array((max(0, box[0] - 3), max(0, box[1] - 3), min(w, box[2] + 3), min(h, box[3] + 3)))
        strip = beside(grown, boxes, w, h)
        if strip is None:
            return None
        x1, y1, x2, y2 = (int(v) for v in grown)
        patch = source.crop(strip).resize((x2 - x1, y2 - y1), Image.BILINEAR).transpose(Image.FLIP_LEFT_RIGHT)
        mask = Image.new("L", (x2 - x1 + 8, y2 - y1 + 8), 0)
        mask.paste(255, (5, 5, x2 - x1 + 3, y2 - y1 + 3))
        image.paste(patch, (x1, y1), mask.filter(ImageFilter.BoxBlur(2)).crop((4, 4, x2 - x1 + 4, y2 - y1 + 4)))
    return np.asarray(image), NO_BOXES


def synthetic(size: Size) -> Sample:
    """Gradients, blotches, stripes and lettering: cheap shapes of many colours that are never an object."""
    rng = np.random
    coarse = rng.randint(0, 256, (rng.randint(1, 24), rng.randint(1, 24), 3)).astype(np.uint8)
    method = random.choice((Image.NEAREST, Image.BILINEAR, Image.BICUBIC))
    image = Image.fromarray(coarse).resize(size, method)
    if random.random() < 0.5:
        image = Image.blend(image, Image.new("RGB", size, tuple(rng.randint(0, 256, 3).tolist())), random.uniform(0.3, 0.9))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default()
    for _ in range(rng.randint(0, 14)):
        colour = tuple(rng.randint(0, 256, 3).tolist())
        x, y, w, h = (int(v) for v in rng.rand(4) * (*size, *size))
        kind = random.randrange(4)
        if kind == 0:
            draw.rectangle((x, y, x + w // 3, y + h // 3), fill=colour)
        elif kind == 1:
            draw.ellipse((x, y, x + w // 3, y + h // 3), fill=colour)
        elif kind == 2:
            draw.line((x, y, w, h), fill=colour, width=random.randint(1, 9))
        else:
            label = Image.new("L", (60, 12))
            ImageDraw.Draw(label).text((0, 0), "".join(random.choices("ABCDEFGH0123456789 -", k=9)), 255, font=font)
            image.paste(colour, (x, y), label.resize((max(30, w // 2), max(8, h // 8))))
    out = np.asarray(image)
    if random.random() < 0.4:
        out = (out + rng.randn(size[1], size[0], 1) * random.uniform(3, 30)).clip(0, 255).astype(np.uint8)
    return out, NO_BOXES
