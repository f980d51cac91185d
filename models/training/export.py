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

from augment import Size, fit, letterbox
from checkpoint import load
from metrics import detect
from model import Conv, Detector, predict
from recipe import Recipe, as_size, read_recipe, read_views
from views import IOU_NMS, View, Views

HERE = Path(__file__).resolve().parent


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

    def __init__(self, model: Detector) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        scores, sides = predict(self.model, images)
        low, high = sides[..., :2], sides[..., 2:]
        centre = (high - low) / 2 + 0.5
        size = (high + low).clamp(min=1e-4).log()
        return torch.cat((centre, size, torch.ones_like(scores[..., :1]), scores), -1)


def golden(model: Detector, picture: Path, size: Size, thresholds: dict[str, float], views: tuple[View, ...], several: bool, out: Path) -> list[dict]:
    """Stores the picture at the input's size, so that no resizing differs, and what is found in it."""
    image = Image.open(picture).convert("RGB")
    k = fit(np.asarray(image), size)
    image.resize((round(image.width * k), round(image.height * k)), Image.LANCZOS).save(out, quality=92)
    rows = detect(model, [np.asarray(Image.open(out))], size, views=views, several=several)[0]
    found = [(list(thresholds)[int(r[5])], r) for r in rows]
    return [{"class": name, "score": round(float(r[4]), 3), "box": [round(float(v), 1) for v in r[:4]]}
            for name, r in found if r[4] >= thresholds[name]]


def head(recipe: Recipe, figures: dict) -> dict:
    """How the gateway reads the graph's output. A graph with views has suppressed what overlaps itself."""
    if figures.get("views"):
        return {"type": "end-to-end", "layout": "rows", "iou_threshold": IOU_NMS, "score_threshold": figures["score_threshold"]}
    return {"type": "yolox", "strides": [8, 16, 32], "iou_threshold": IOU_NMS, "score_threshold": figures["score_threshold"],
            "multi_label": recipe.multi_label}


def manifest(recipe: Recipe, version: int, file: Path, boxes: list[dict], figures: dict) -> dict:
    """What the gateway reads beside the graph."""
    width, height = as_size(figures["input_px"])
    out = {
        "name": recipe.name, "version": version, **({"description": recipe.description} if recipe.description else {}),
        "file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "licence": recipe.licence, "source": recipe.source,
        "input": {"name": "images", "width": width, "height": height, "layout": "nchw", "channels": "rgb", "scale": 1,
                  "mean": [0, 0, 0], "std": [1, 1, 1], "letterbox": {"mode": "top-left", "pad": 114}},
        "head": head(recipe, figures),
        "labels": list(recipe.labels), "classes": {name: name for name in recipe.labels},
        **({"class_thresholds": figures["thresholds"]} if "thresholds" in figures else {}),
        **({"weak_thresholds": recipe.weak} if recipe.weak else {}),
        "golden": {"image": "golden.jpg", "iou": 0.8, "score_tolerance": 0.1, "boxes": boxes},
        "figures": {k: v for k, v in figures.items() if k != "thresholds"},
    }
    return out


def write_model(checkpoint: Path, recipe: Recipe, figures: dict, picture: Path, out: Path, version: int) -> str:
    """Writes model.onnx, model.yaml and golden.jpg, and beside the checkpoint what check.mjs compares; gives a line to print."""
    size, views = as_size(figures["input_px"]), read_views(figures.get("views", []))
    thresholds = figures.get("thresholds") or dict.fromkeys(recipe.labels, figures["score_threshold"])
    out.mkdir(parents=True, exist_ok=True)
    model, saved = load(checkpoint)
    boxes = golden(model, picture, size, thresholds, views, recipe.multi_label, out / "golden.jpg")
    wrapped = (Views(fuse(model), views) if views else YoloxOutput(fuse(model))).eval()
    file = out / "model.onnx"
    torch.onnx.export(wrapped, torch.zeros(1, 3, size[1], size[0]), str(file), opset_version=14, input_names=["images"],
                      output_names=["output"], do_constant_folding=True)
    canvas, _ = letterbox(np.asarray(Image.open(out / "golden.jpg")), size)
    x = torch.from_numpy(canvas).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        y = wrapped(x)
    reference = {"size": size, "pixels": x.flatten().int().tolist(), "output": [round(v, 6) for v in y.flatten().tolist()]}
    (checkpoint.parent / "reference.json").write_text(json.dumps(reference))
    stated = {**figures, "epochs": saved["epoch"], "training_minutes": round(saved["spent"] / 60)}
    text = yaml.safe_dump(manifest(recipe, version, file, boxes, stated), sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
    (out / "model.yaml").write_text(text)
    return f"{file.stat().st_size / 1e6:.1f} MB, {len(boxes)} boxes in golden.jpg: {sorted({b['class'] for b in boxes})}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--recipe", type=Path, default=HERE / "recipes/garbage.yaml")
    parser.add_argument("--figures", type=Path, required=True, help="figures.yaml of evaluate.py")
    parser.add_argument("--picture", type=Path, required=True, help="rendered picture for golden.jpg")
    parser.add_argument("--out", type=Path, help="the model's folder by default")
    parser.add_argument("--version", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    recipe = read_recipe(args.recipe)
    figures = yaml.safe_load(args.figures.read_text())
    print(write_model(args.checkpoint, recipe, figures, args.picture, args.out or HERE.parent / recipe.name, args.version))


if __name__ == "__main__":
    main()
