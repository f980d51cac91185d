"""Measures a checkpoint as its recipe says: precision on each set, and false alarms on pictures and clips without objects."""
from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import yaml

from augment import Sample
from checkpoint import load
from dataset import load_folder
from metrics import Scored, alarms, detect, judged, match, merge, thresholds_for
from model import Detector
from negatives import clip_seconds, read_clip
from recipe import Recipe, changed, parse_size, read_recipe, views_figure

HERE = Path(__file__).resolve().parent
GAP_S = 5.0  # alarms of one class nearer than this are one


def look(model: Detector, pictures: list[np.ndarray], recipe: Recipe, fast: bool = False) -> list[np.ndarray]:
    """What the recipe's detector finds in each picture."""
    return detect(model, pictures, recipe.input, fast=fast, views=recipe.views, several=recipe.multi_label)


def by_class(found: list[np.ndarray], samples: list[Sample], iou: float, classes: int) -> list[Scored]:
    return [match(found, samples, c, iou) for c in range(classes)]


def at(scored: list[Scored], thresholds: list[float]) -> dict[str, float]:
    """Precision and recall of the detections at or above their thresholds."""
    hits = np.concatenate([s.hit[s.score >= t] for s, t in zip(scored, thresholds)])
    return {"precision": round(float(hits.mean()) if len(hits) else 1.0, 3),
            "recall": round(float(hits.sum() / max(1, sum(s.objects for s in scored))), 3)}


def precision_figures(found: list[np.ndarray], samples: list[Sample], labels: tuple[str, ...], thresholds: np.ndarray) -> dict:
    """Average precision (101 recall points) and what holds at the thresholds, over the classes that the set has."""
    half = by_class(found, samples, 0.5, len(labels))
    there = [c for c, s in enumerate(half) if s.objects]
    strict = [[match(found, samples, c, iou).average_precision() for c in there] for iou in np.arange(0.5, 0.96, 0.05)]
    return {
        "pictures": len(samples), "objects": {labels[c]: half[c].objects for c in there},
        "map50": round(float(np.mean([half[c].average_precision() for c in there])), 4) if there else None,
        "map50_95": round(float(np.mean(strict)), 4) if there else None,
        "ap50": {labels[c]: round(half[c].average_precision(), 4) for c in there},
        "at_threshold": {"all": at([half[c] for c in there], [thresholds[c] for c in there]) if there else None,
                         **{labels[c]: at([half[c]], [thresholds[c]]) for c in there}},
    }


def raised(found: list[np.ndarray], recipe: Recipe, thresholds: np.ndarray, classes: list[int]) -> dict:
    """On pictures without objects of these classes: share with a box, and the highest score, per class."""
    return {"alarm_rate": round(float(alarms(found, thresholds, classes).mean()), 4),
            "highest_score": round(max((float(r[np.isin(r[:, 5], classes), 4].max(initial=0.0)) for r in found), default=0.0), 3),
            "alarms": {recipe.labels[c]: int(alarms(found, thresholds, [c]).sum()) for c in classes}}


def clip_figures(model: Detector, clips: tuple[Path, ...], recipe: Recipe, thresholds: np.ndarray, classes: list[int],
                 args: argparse.Namespace) -> dict:
    """Per clip: frames looked at, and what was raised. Alarms an hour count one for what lasts, per class."""
    figures = {}
    for clip in clips:
        found = look(model, read_clip(clip, args.frames, longest=1920), recipe, args.fast)
        seconds = clip_seconds(clip)
        apart = max(1, round(GAP_S / (seconds / max(1, len(found)))))
        events = 0
        for c in classes:
            where = np.flatnonzero(alarms(found, thresholds, [c]))
            events += int(len(where) > 0) + int((np.diff(where) > apart).sum())
        figures[clip.name] = {"frames": len(found), "seconds": round(seconds, 1), **raised(found, recipe, thresholds, classes),
                              "alarms_per_hour": round(events / seconds * 3600, 1)}
    return figures


def quiet_thresholds(model: Detector, recipe: Recipe, thresholds: np.ndarray, classes: list[int], args: argparse.Namespace) -> np.ndarray:
    """Thresholds raised until the training photographs without such objects stay as silent as the recipe wants."""
    out = thresholds.copy()
    for source in (s for s in recipe.sources if s.name in recipe.quiet.sources):
        samples = list(load_folder(source, len(recipe.labels), most=recipe.quiet.most).values())
        if not samples:
            continue
        found = look(model, [p for p, _ in samples], recipe, args.fast)
        found = [judged(rows, boxes) for rows, (_, boxes) in zip(found, samples)]
        for c in classes:
            best = np.sort([float(r[r[:, 5] == c, 4].max(initial=0.0)) for r in found])[::-1]
            allowed = int(recipe.quiet.rate * len(best))
            out[c] = max(out[c], np.ceil((best[allowed] + 0.001) * 1000) / 1000)
    return out


def measure(model: Detector, recipe: Recipe, args: argparse.Namespace) -> dict:
    """All figures, in the order of a card."""
    count, common = len(recipe.labels), recipe.thresholds == "common"
    watched = list(recipe.alarm_classes) if recipe.alarm_classes is not None else list(range(count))
    sets = {v.name: list(load_folder(v, count, most=args.most).values()) for v in recipe.valid}
    found = {name: look(model, [p for p, _ in samples], recipe, args.fast) for name, samples in sets.items()}
    deciding = recipe.thresholds_on or tuple(sets)[:1]
    scored = [merge([match(found[n], sets[n], c, 0.5) for n in deciding]) for c in range(count)]
    thresholds = thresholds_for(scored, recipe.precision, common)
    if recipe.quiet.sources:
        thresholds = quiet_thresholds(model, recipe, thresholds, watched, args)
    thresholds = thresholds.clip(max=1.0)
    figures: dict = {"input_px": recipe.input[0] if recipe.input[0] == recipe.input[1] else list(recipe.input), **views_figure(recipe.views),
                     "parameters": sum(p.numel() for p in model.parameters()), "score_threshold": float(thresholds.min())}
    if not common:
        figures["thresholds"] = {name: float(t) for name, t in zip(recipe.labels, thresholds)}
    for name, samples in sets.items():
        if not samples:
            continue
        figures[name] = precision_figures(found[name], samples, recipe.labels, thresholds)
        empty = [judged(rows, boxes) for rows, (_, boxes) in zip(found[name], samples) if not np.isin(boxes[:, 0], watched).any()]
        if empty:
            figures[name]["empty"] = {"pictures": len(empty), **raised(empty, recipe, thresholds, watched)}
    figures["clips_held_out"] = clip_figures(model, (*recipe.clips_held, *recipe.negatives.held), recipe, thresholds, watched, args)
    figures["clips_trained_on"] = clip_figures(model, (*recipe.clips, *recipe.negatives.clips), recipe, thresholds, watched, args)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--recipe", type=Path, default=HERE / "recipes/garbage.yaml")
    parser.add_argument("--clips", type=Path, nargs="*", help="clips trained on, instead of the recipe's")
    parser.add_argument("--held", type=Path, nargs="*", help="clips never trained on, instead of the recipe's")
    parser.add_argument("--size", type=parse_size, help="input; the checkpoint's own by default")
    parser.add_argument("--frames", type=int, default=2000, help="at most this many frames of a clip")
    parser.add_argument("--most", type=int, help="at most this many pictures of a set; for a quick look")
    parser.add_argument("--precision", type=float, help="sets the score thresholds")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="one look at the checkpoint's own size instead of the recipe's views")
    parser.add_argument("--fast", action="store_true", help="compute in bfloat16; for a quick look")
    parser.add_argument("--out", type=Path, help="figures.yaml beside the checkpoint by default")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    recipe = read_recipe(args.recipe)
    model, saved = load(args.checkpoint)
    model = model.to("cuda" if torch.cuda.is_available() else "cpu", memory_format=torch.channels_last)
    negatives = changed(recipe.negatives, clips=args.clips, held=args.held)
    recipe = changed(recipe, negatives=negatives, input=args.size or saved["size"], precision=args.precision)
    recipe = replace(recipe, views=()) if args.plain or args.size else recipe
    recipe = replace(recipe, input=recipe.views[0].size) if recipe.views else recipe
    text = yaml.safe_dump(measure(model, recipe, args), sort_keys=False)
    (args.out or args.checkpoint.parent / "figures.yaml").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
