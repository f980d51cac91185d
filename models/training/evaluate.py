"""Measures a checkpoint: precision on real and rendered pictures, and false alarms on clips without garbage."""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import yaml

from augment import Sample
from dataset import load_folder
from export import LABELS, load
from metrics import Scored, alarm_rate, detect, match, merge, threshold_for
from model import Detector
from negatives import read_clip


def by_class(found: list[np.ndarray], samples: list[Sample], iou: float) -> list[Scored]:
    return [match(found, samples, c, iou) for c in range(len(LABELS))]


def at(scored: Scored, threshold: float) -> dict[str, float]:
    """Precision and recall of the detections at or above a threshold."""
    hits = scored.hit[scored.score >= threshold]
    return {"precision": round(float(hits.mean()) if len(hits) else 1.0, 3),
            "recall": round(float(hits.sum() / max(1, scored.objects)), 3)}


def precision_figures(found: list[np.ndarray], samples: list[Sample], threshold: float) -> dict:
    """Average precision (101 recall points) and what holds at the threshold."""
    half = by_class(found, samples, 0.5)
    strict = [np.mean([s.average_precision() for s in by_class(found, samples, iou)]) for iou in np.arange(0.5, 0.96, 0.05)]
    return {
        "pictures": len(samples), "map50": round(float(np.mean([s.average_precision() for s in half])), 4),
        "map50_95": round(float(np.mean(strict)), 4),
        "ap50": {name: round(s.average_precision(), 4) for name, s in zip(LABELS, half)},
        "at_threshold": {"all": at(merge(half), threshold), **{name: at(s, threshold) for name, s in zip(LABELS, half)}},
    }


def clip_figures(model: Detector, clips: list[Path], size: int, threshold: float, args: argparse.Namespace) -> dict:
    """Per clip: frames looked at, the share of them with any box, and the highest score."""
    figures = {}
    for clip in clips:
        found = detect(model, read_clip(clip, args.frames, longest=1920), size, fast=args.fast, mirror=args.mirror)
        figures[clip.name] = {"frames": len(found), "alarm_rate": round(alarm_rate(found, threshold), 4),
                              "highest_score": round(max(float(r[:, 4].max(initial=0.0)) for r in found), 3)}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, default=here / "../../../shared/data/images/garbage_cn")
    parser.add_argument("--rendered", type=Path, default=here / "work/rendered")
    parser.add_argument("--clips", type=Path, nargs="*", default=[], help="clips trained on")
    parser.add_argument("--held", type=Path, nargs="*", default=[], help="clips never trained on")
    parser.add_argument("--size", type=int, help="input; the checkpoint's own by default")
    parser.add_argument("--frames", type=int, default=2000, help="at most this many frames of a clip")
    parser.add_argument("--precision", type=float, default=0.9, help="sets the score threshold on the real pictures")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--mirror", action="store_true", help="also look at the mirror image, see model.predict")
    parser.add_argument("--fast", action="store_true", help="compute in bfloat16; for a quick look")
    parser.add_argument("--out", type=Path, help="figures.yaml beside the checkpoint by default")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, saved = load(args.checkpoint)
    model = model.to(memory_format=torch.channels_last)
    size = args.size or saved["size"]

    real = list(load_folder(args.data / "valid").values())
    found = detect(model, [p for p, _ in real], size, fast=args.fast, mirror=args.mirror)
    # Rounded upwards, so that the stated threshold still gives the precision.
    threshold = float(np.ceil(threshold_for(merge(by_class(found, real, 0.5)), args.precision)[0] * 1000) / 1000)
    figures = {"input_px": size, "mirror": args.mirror, "parameters": sum(p.numel() for p in model.parameters()), "score_threshold": threshold,
               "real": precision_figures(found, real, threshold)}
    rendered = list(load_folder(args.rendered / "valid").values())
    if rendered:
        found = detect(model, [p for p, _ in rendered], size, fast=args.fast, mirror=args.mirror)
        figures["rendered"] = precision_figures(found, rendered, threshold)
        empty = [rows for rows, (_, boxes) in zip(found, rendered) if not len(boxes)]
        figures["rendered"]["empty"] = {"pictures": len(empty), "alarm_rate": round(alarm_rate(empty, threshold), 4)}
    figures["clips_held_out"] = clip_figures(model, args.held, size, threshold, args)
    figures["clips_trained_on"] = clip_figures(model, args.clips, size, threshold, args)
    text = yaml.safe_dump(figures, sort_keys=False)
    (args.out or args.checkpoint.parent / "figures.yaml").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
