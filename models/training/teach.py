"""Labels real pictures with a public COCO detector (YOLOX layout), so that people and vehicles on them can be learned from.

Sure finds become boxes. Doubtful ones become places to ignore (`?CLASS`), and what the teacher has no name for
may hide under what it does name: a tricycle under a motorcycle, a muck truck under a truck.
"""
from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from augment import letterbox
from metrics import suppress
from model import STRIDES

# COCO's number to our class, and our classes that it may be instead.
COCO = {0: "person", 1: "two-wheeler", 2: "car", 3: "two-wheeler", 5: "truck", 7: "truck"}
INSTEAD = {"person": (), "two-wheeler": ("tricycle",), "car": ("truck",), "truck": ("car", "muck-truck", "tricycle")}
DOUBT = 0.1


def decoded(raw: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Scores N x classes and corners N x 4 in input pixels."""
    cells = []
    for s in STRIDES:
        ys, xs = np.mgrid[0:size[1] // s, 0:size[0] // s]
        cells.append(np.stack((xs.ravel(), ys.ravel(), np.full(xs.size, s)), 1))
    grid = np.concatenate(cells).astype(np.float32)
    centre, half = (raw[:, :2] + grid[:, :2]) * grid[:, 2:], np.exp(raw[:, 2:4].clip(max=10)) * grid[:, 2:] / 2
    return raw[:, 4:5] * raw[:, 5:], np.concatenate((centre - half, centre + half), 1)


def look(teacher: Path, pictures: list[Path], size: tuple[int, int]) -> list[np.ndarray]:
    """The teacher's finds per picture: corners as shares of the picture, score, COCO's class."""
    here = Path(__file__).resolve().parent
    found = []
    command = ["node", str(here / "teacher.mjs"), str(teacher), *map(str, size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        count = sum((size[0] // s) * (size[1] // s) for s in STRIDES)
        for file in pictures:
            picture = np.asarray(Image.open(file).convert("RGB"))
            canvas, scale = letterbox(picture, size)
            process.stdin.write(np.ascontiguousarray(canvas[..., ::-1]).tobytes())
            process.stdin.flush()
            raw = np.frombuffer(process.stdout.read(count * 85 * 4), np.float32).reshape(count, 85)
            scores, boxes = decoded(raw, size)
            ours = scores[:, list(COCO)]
            rows = suppress(ours, boxes / scale / np.array([*picture.shape[1::-1]] * 2), DOUBT, several=False)
            rows[:, 5] = np.array(list(COCO))[rows[:, 5].astype(int)]
            found.append(rows)
    return found


def lines(rows: np.ndarray, labels: list[str], sure: float) -> str:
    """A label file."""
    out = []
    for x1, y1, x2, y2, score, coco in rows:
        x1, y1, x2, y2 = (min(1.0, max(0.0, float(v))) for v in (x1, y1, x2, y2))
        name = COCO[int(coco)]
        place = f"{(x1 + x2) / 2:.5f} {(y1 + y2) / 2:.5f} {x2 - x1:.5f} {y2 - y1:.5f}"
        out.append(f"{'' if score >= sure else '?'}{labels.index(name)} {place}")
        out += [f"?{labels.index(other)} {place}" for other in INSTEAD[name]]
    return "".join(f"{line}\n" for line in out)


def main() -> None:
    from recipe import read_recipe

    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("images", type=Path, help="folder of pictures")
    parser.add_argument("--out", type=Path, required=True, help="folder for the label files")
    parser.add_argument("--recipe", type=Path, default=here / "recipes/street.yaml", help="whose classes")
    parser.add_argument("--teacher", type=Path, default=here / "../../../shared/data/onnx/yolox_nano_coco.onnx")
    parser.add_argument("--sure", type=float, default=0.45, help="lowest score of a box to learn")
    args = parser.parse_args()
    labels = list(read_recipe(args.recipe).labels)
    pictures = sorted(p for p in args.images.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    args.out.mkdir(parents=True, exist_ok=True)
    total = 0
    for file, rows in zip(pictures, look(args.teacher, pictures, (416, 416))):
        (args.out / f"{file.stem}.txt").write_text(lines(rows, labels, args.sure))
        total += int((rows[:, 4] >= args.sure).sum())
    print(f"{len(pictures)} pictures, {total} boxes in {args.out}")


if __name__ == "__main__":
    main()
