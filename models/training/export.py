"""Turns a checkpoint into model.onnx and model.yaml.

The graph gives boxes the YOLOX way, N x (cx, cy, w, h, objectness, classes), not decoded, so that the gateway's
one head of that kind reads it. The classes' scores already say how well the box fits; objectness is constant 1.
"""
from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
import yaml
from PIL import Image
from torch import Tensor, nn

from augment import letterbox
from metrics import IOU_NMS, detect
from model import Conv, Detector, predict

LABELS = ["garbage", "garbage_bin", "overflow"]


def fuse(model: Detector) -> Detector:
    """Folds batch norm and the pixel scale into the convolutions."""
    for block in [m for m in model.modules() if isinstance(m, Conv)]:
        norm, conv = block.norm, block.conv
        gain = norm.weight / (norm.running_var + norm.eps).sqrt()
        conv.weight = nn.Parameter(conv.weight * gain[:, None, None, None])
        conv.bias = nn.Parameter(norm.bias - norm.running_mean * gain)
        block.norm = nn.Identity()
    first = model.stem[0].conv
    first.weight = nn.Parameter(first.weight * model.scale)
    model.scale = 1
    return model


class YoloxOutput(nn.Module):
    """The network with its distances restated as centre offsets and logarithms of sizes."""

    def __init__(self, model: Detector, mirror: bool) -> None:
        super().__init__()
        self.model, self.mirror = model, mirror

    def forward(self, images: Tensor) -> Tensor:
        scores, sides = predict(self.model, images, self.mirror)
        low, high = sides[..., :2], sides[..., 2:]
        centre = (high - low) / 2 + 0.5
        size = (high + low).clamp(min=1e-4).log()
        return torch.cat((centre, size, torch.ones_like(scores[..., :1]), scores), -1)


def load(checkpoint: Path) -> tuple[Detector, dict]:
    """The averaged weights of a checkpoint, and the checkpoint."""
    saved = torch.load(checkpoint, map_location="cpu")
    model = Detector(**saved["config"])
    model.load_state_dict(saved["mean"])
    return model.eval(), saved


def golden(model: Detector, picture: Path, size: int, thresholds: dict[str, float], mirror: bool, out: Path) -> list[dict]:
    """Stores the picture at the input's size, so that no resizing differs, and what is found in it."""
    image = Image.open(picture).convert("RGB")
    k = size / max(image.size)
    image.resize((round(image.width * k), round(image.height * k)), Image.LANCZOS).save(out, quality=92)
    rows = detect(model, [np.asarray(Image.open(out))], size, mirror=mirror)[0]
    found = [(LABELS[int(r[5])], r) for r in rows]
    return [{"class": name, "score": round(float(r[4]), 3), "box": [round(float(v), 1) for v in r[:4]]}
            for name, r in found if r[4] >= thresholds[name]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--figures", type=Path, required=True, help="figures.yaml of evaluate.py")
    parser.add_argument("--picture", type=Path, required=True, help="rendered picture for golden.jpg")
    parser.add_argument("--out", type=Path, default=here.parent / "garbage")
    parser.add_argument("--version", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    figures = yaml.safe_load(args.figures.read_text())
    size, threshold, mirror = figures["input_px"], figures["score_threshold"], figures["mirror"]
    args.out.mkdir(parents=True, exist_ok=True)

    model, saved = load(args.checkpoint)
    boxes = golden(model, args.picture, size, dict.fromkeys(LABELS, threshold), mirror, args.out / "golden.jpg")
    wrapped = YoloxOutput(fuse(model), mirror).eval()
    file = args.out / "model.onnx"
    torch.onnx.export(wrapped, torch.zeros(1, 3, size, size), str(file), opset_version=14, input_names=["images"],
                      output_names=["output"], do_constant_folding=True)
    canvas, _ = letterbox(np.asarray(Image.open(args.out / "golden.jpg")), size)
    x = torch.from_numpy(canvas).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        y = wrapped(x)
    reference = {"size": size, "pixels": x.flatten().int().tolist(), "output": [round(v, 6) for v in y.flatten().tolist()]}
    (args.checkpoint.parent / "reference.json").write_text(json.dumps(reference))

    manifest = {
        "name": "garbage", "version": args.version, "file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "licence": "Apache-2.0",
        "source": "trained from scratch by models/training on garbage_detection_dataset (CC-BY-4.0) and renderings of our own",
        "input": {"name": "images", "width": size, "height": size, "layout": "nchw", "channels": "rgb", "scale": 1,
                  "mean": [0, 0, 0], "std": [1, 1, 1], "letterbox": {"mode": "top-left", "pad": 114}},
        "head": {"type": "yolox", "strides": [8, 16, 32], "iou_threshold": IOU_NMS, "score_threshold": threshold,
                 "multi_label": True},
        "labels": LABELS, "classes": {name: name for name in LABELS},
        "golden": {"image": "golden.jpg", "iou": 0.8, "score_tolerance": 0.1, "boxes": boxes},
        "figures": {**figures, "epochs": saved["epoch"], "training_minutes": round(saved["spent"] / 60)},
    }
    (args.out / "model.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120))
    print(f"{file.stat().st_size / 1e6:.1f} MB, {len(boxes)} boxes in golden.jpg: {sorted({b['class'] for b in boxes})}")


if __name__ == "__main__":
    main()
