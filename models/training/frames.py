"""Takes frames out of a clip, with their boxes where it has a `_gt.json`, as a folder to train or to measure on."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from PIL import Image

from negatives import read_clip
from recipe import read_recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("clip", type=Path)
    parser.add_argument("--truth", type=Path, help="`_gt.json` of the clip")
    parser.add_argument("--map", nargs="*", default=[], help="such as motorbike=two-wheeler; a class of no label is marked as unknown")
    parser.add_argument("--recipe", type=Path, default=here / "recipes/street.yaml", help="whose classes")
    parser.add_argument("--frames", type=int, default=10_000, help="at most this many, spread evenly")
    parser.add_argument("--longest", type=int, default=768)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    labels = list(read_recipe(args.recipe).labels)
    renamed = dict(pair.split("=", 1) for pair in args.map)
    (args.out / "images").mkdir(parents=True, exist_ok=True)
    (args.out / "labels").mkdir(exist_ok=True)
    truth = json.loads(args.truth.read_text()) if args.truth else None
    frames = read_clip(args.clip, args.frames, args.longest)
    count = len(truth["frames"]) if truth else len(frames)
    step = max(1, count // args.frames)
    for i, frame in enumerate(frames):
        name = f"{args.clip.stem}-{i * step:05d}"
        if truth:
            rows = []
            for box in truth["frames"][i * step]["boxes"]:
                own = renamed.get(box["cls"], box["cls"])
                x1, y1, x2, y2 = (v / s for v, s in zip(box["xyxy"], (truth["w"], truth["h"]) * 2))
                label = labels.index(own) if own in labels else "?"
                rows.append(f"{label} {(x1 + x2) / 2:.5f} {(y1 + y2) / 2:.5f} {x2 - x1:.5f} {y2 - y1:.5f}\n")
            (args.out / "labels" / f"{name}.txt").write_text("".join(rows))
        Image.fromarray(frame).save(args.out / "images" / f"{name}.jpg", quality=95)
    print(f"{len(frames)} frames in {args.out}")


if __name__ == "__main__":
    main()
