"""Takes frames with their boxes out of films of scenarios (`simulators/render … film`), as a folder to train or to measure on."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from PIL import Image

from negatives import read_clip
from recipe import read_recipe

# As for the renderer's pictures: a box is worth learning where enough of the thing shows, or what shows is large.
VISIBLE = 0.3
VISIBLE_LARGE = 0.12
LARGE_SHARE = 0.004
SIDE_PX = 5


def worthy(box: dict, width: int, height: int) -> bool:
    """Whether a detector can be asked to find the thing."""
    x1, y1, x2, y2 = box["box"]
    if min((x2 - x1) * width, (y2 - y1) * height) < SIDE_PX:
        return False
    large = (x2 - x1) * (y2 - y1) * box["visible"] > LARGE_SHARE
    return box["visible"] >= VISIBLE or (large and box["visible"] >= VISIBLE_LARGE)


def lines(boxes: list[dict], labels: list[str], width: int, height: int) -> str:
    """Label lines of a frame. What shows too little is marked as unknown; classes of other detectors are left out."""
    rows = []
    for box in boxes:
        if box["class"] not in labels:
            continue
        x1, y1, x2, y2 = box["box"]
        mark = "" if worthy(box, width, height) else "?"
        place = f"{(x1 + x2) / 2:.5f} {(y1 + y2) / 2:.5f} {x2 - x1:.5f} {y2 - y1:.5f}"
        rows.append(f"{mark}{labels.index(box['class'])} {place}\n")
    return "".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("films", nargs="+", type=Path, help="mp4 files with `.boxes.ndjson` beside them, a line for each frame")
    parser.add_argument("--recipe", type=Path, default=here / "recipes/street.yaml", help="whose classes")
    parser.add_argument("--every", type=int, default=8, help="each so manieth frame")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    labels = list(read_recipe(args.recipe).labels)
    (args.out / "images").mkdir(parents=True, exist_ok=True)
    (args.out / "labels").mkdir(exist_ok=True)
    for film in args.films:
        truth = [json.loads(line) for line in film.with_suffix(".boxes.ndjson").read_text().splitlines()]
        frames = read_clip(film, len(truth), 1280)
        if len(frames) != len(truth):
            raise SystemExit(f"{film}: {len(frames)} frames, but boxes of {len(truth)}")
        taken = range(0, len(frames), args.every)
        for i in taken:
            height, width = frames[i].shape[:2]
            name = f"{film.parent.name}-{film.stem}-{i:05d}"
            # The label file comes first, so that a trainer may watch the folder meanwhile.
            (args.out / "labels" / f"{name}.txt").write_text(lines(truth[i]["boxes"], labels, width, height))
            Image.fromarray(frames[i]).save(args.out / "images" / f"{name}.jpg", quality=95)
        print(f"{len(taken)} frames of {film}")


if __name__ == "__main__":
    main()
