"""Goes on training a shipped detector with frames of your own, and exports the result beside it.

The folder holds `images/` and YOLO `labels/` (an empty label file: nothing there), and may hold
  classes.txt       names of your class numbers, one a line; without it they are the model's own, in its order
  valid/            images/ and labels/ to measure on; else the last fifth of your pictures, by name, is kept for that
  rejected/         pictures of false alarms, on which there is no object of the model at all
  rejected/CLASS/   pictures of false alarms of this class; whatever else is on them is not judged
Where the data that the model was made of is on this machine, part of each batch comes from there, so that it forgets less.
"""
from __future__ import annotations

import argparse
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import yaml

from augment import Sample
from checkpoint import load, recover
from dataset import load_folder
from evaluate import look, precision_figures, raised
from export import write_model
from model import Detector
from recipe import Recipe, RecipeError, Source, read_recipe, read_views, views_figure
from train import run

HERE = Path(__file__).resolve().parent
OWN, REJECTED = 0.6, 0.15  # shares of the samples; the rest is the old data, if any
REPLAYED = 400  # pictures of each old source that are trained on again
MEASURED = 120  # pictures of each old set that are measured on
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


def read_model(folder: Path) -> tuple[dict, Recipe]:
    """The manifest, and a recipe of the same network: the model's own if there is one, else a bare one."""
    manifest = yaml.safe_load((folder / "model.yaml").read_text())
    labels, given = tuple(manifest["labels"]), manifest["input"]
    size = (given["width"], given["height"])
    known = HERE / "recipes" / f"{manifest['name']}.yaml"
    if known.exists() and read_recipe(known).labels == labels:
        base = read_recipe(known)
    else:
        base = Recipe(name=manifest["name"], labels=labels, input=size, sizes=(size,), sources=())
    views = read_views((manifest.get("figures") or {}).get("views", []))
    several = bool(manifest["head"].get("multi_label", False))
    return manifest, replace(base, input=size, sizes=(size,), views=views, multi_label=several, weak=manifest.get("weak_thresholds", {}))


def names_of(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob("*") if p.suffix.lower() in PICTURES)


def own_sources(data: Path, labels: tuple[str, ...]) -> tuple[Source, Source, list[Source]]:
    """To train on, to measure on, and rejected alarms."""
    names = names_of(data / "images")
    if len(names) < 5:
        raise RecipeError(f"{data / 'images'}: {len(names)} pictures; at least 5 are needed")
    table = data / "classes.txt"
    mapping = None
    if table.exists():
        mapping = {i: labels.index(n) for i, n in enumerate(table.read_text().split()) if n in labels}
    mine = Source("own", data / "images", data / "labels", OWN, mapping, longest=640)
    if (data / "valid/images").is_dir():
        held = replace(mine, name="own held-out", images=data / "valid/images", labels=data / "valid/labels")
    else:
        kept = max(1, len(names) // 5)
        held = replace(mine, name="own held-out", exclude=tuple(names[:-kept]), longest=1920)
        mine = replace(mine, exclude=tuple(names[-kept:]))
    root, rejected = data / "rejected", []
    for folder, trusted in [(root, None), *((root / n, (i,)) for i, n in enumerate(labels))]:
        if folder.is_dir() and names_of(folder):
            rejected.append(Source(f"rejected {folder.name}" if trusted else "rejected", folder, None, 1.0, trusted=trusted))
    return mine, held, [replace(r, share=REJECTED / len(rejected)) for r in rejected]


def figures_of(model: Detector, recipe: Recipe, sets: dict[str, list[Sample]], thresholds: np.ndarray) -> dict:
    """Per set the precision figures; for rejected alarms how many are still raised."""
    out = {}
    for name, samples in sets.items():
        found = look(model, [p for p, _ in samples], recipe)
        if name.startswith("rejected"):
            wanted = name.removeprefix("rejected").strip()
            classes = [recipe.labels.index(wanted)] if wanted else list(range(len(recipe.labels)))
            out[name] = {"pictures": len(samples), **raised(found, recipe, thresholds, classes)}
        else:
            out[name] = precision_figures(found, samples, recipe.labels, thresholds)
    return out


def table(before: dict, after: dict) -> str:
    """Both next to each other, as Markdown."""
    lines = ["| set | | before | after |", "| --- | --- | --- | --- |"]
    for name in before:
        a, b = before[name], after[name]
        if "alarm_rate" in a:
            lines.append(f"| {name}, {a['pictures']} pictures, trained on | still an alarm | {a['alarm_rate']:.3f} | {b['alarm_rate']:.3f} |")
            continue
        for label in a["ap50"]:
            lines.append(f"| {name} | AP50 {label} ({a['objects'][label]} objects) | {a['ap50'][label]:.3f} | {b['ap50'][label]:.3f} |")
            x, y = a["at_threshold"][label], b["at_threshold"][label]
            old, new = (f"{v['precision']:.3f}, {v['recall']:.3f}" for v in (x, y))
            lines.append(f"| {name} | precision, recall {label} | {old} | {new} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the shipped model")
    parser.add_argument("--data", type=Path, required=True, help="folder of your frames")
    parser.add_argument("--out", type=Path, required=True, help="folder for the new model; its name is the model's new name")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--peak", type=float, default=3e-4, help="highest learning rate")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=10, help="steps between two looks at the clock")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", args.out.resolve().name):
        raise RecipeError(f"{args.out}: the folder's name becomes the model's; small letters, digits, dots and dashes only")
    manifest, recipe = read_model(args.model)
    labels = recipe.labels
    mine, held, rejected = own_sources(args.data, labels)
    old = [s for s in recipe.sources if s.images.is_dir()]
    rest = 1 - OWN - sum(r.share for r in rejected)
    total = sum(s.share for s in old) or 1
    sources = (mine, *rejected, *(replace(s, share=s.share / total * rest, most=REPLAYED) for s in old))
    onto = tuple(n for n in recipe.paste.onto if n in {s.name for s in old})
    usable = recipe.paste.source in {s.name for s in old}
    recipe = replace(
        recipe, name=args.out.resolve().name, sources=sources, start=args.model / "model.onnx", minutes=args.minutes, batch=args.batch,
        steps=args.steps, warm=2 * args.steps, peak=args.peak, mosaic=0.0, plain=1.0, freeze_norm=True, report_epochs=10 ** 9, watch=MEASURED,
        negatives=replace(recipe.negatives, share=0.05, source=mine.name, erased=0.0), paste=replace(recipe.paste, onto=onto if usable else ()),
        clips=(), clips_held=(), source=f"{manifest['source']}; trained further on frames of your own",
    )
    common = manifest["head"]["score_threshold"]
    thresholds = np.array([(manifest.get("class_thresholds") or {}).get(manifest["classes"].get(n, n), common) for n in labels])
    measured = [held, *(v for v in recipe.valid if v.images.is_dir()), *rejected]
    sets = {v.name: list(load_folder(v, len(labels), most=MEASURED).values()) for v in measured}
    sets = {name: samples for name, samples in sets.items() if samples}
    recipe = replace(recipe, valid=())
    pictures = [p for s in (mine, *old) for p, _ in load_folder(s, len(labels), most=100).values()]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    before = figures_of(recover(args.model / "model.onnx", pictures, recipe.input).to(device).eval(), recipe, sets, thresholds)
    folder = HERE / "runs" / recipe.name
    if (folder / "last.pt").exists():
        shutil.rmtree(folder)  # a second try starts from the shipped weights, not from the first
    last = run(recipe, folder, args.processes, loaders=8)
    model, _ = load(last)
    after = figures_of(model.to(device), recipe, sets, thresholds)
    figures = {"input_px": list(recipe.input), **views_figure(recipe.views), "parameters": sum(p.numel() for p in model.parameters()),
               "score_threshold": float(thresholds.min()), "thresholds": {n: float(t) for n, t in zip(labels, thresholds)},
               "before": before, "after": after}
    print(write_model(last, recipe, figures, args.model / "golden.jpg", args.out, 1))
    (args.out / "card.md").write_text(f"# {recipe.name}\n\n`{manifest['name']}` version {manifest['version']}, trained further for {args.minutes:g} "
                                      f"minutes on {args.data.name}. Thresholds are those of `{manifest['name']}`.\n\n{table(before, after)}")
    print(table(before, after))


if __name__ == "__main__":
    main()
