"""Averages the weights of a run and of one fine-tuned from it: often better, and calmer, than either."""
from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from checkpoint import load, save, unfolded, weights_of
from dataset import load_folder
from export import fuse
from recipe import Recipe, read_recipe

PICTURES = 128  # to put the normalisation back with
HERE = Path(__file__).resolve().parent


def mixed(a: dict[str, Tensor], b: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """The first with this share of the second, weight by weight."""
    return {k: v.lerp(b[k], share) if v.dtype.is_floating_point else b[k] for k, v in a.items()}


def with_graph(graph: Path, second: Path, share: float, recipe: Recipe) -> dict[str, Tensor]:
    """The same where the first is a shipped graph: its normalisation is folded in, so the second's must be, too."""
    model, _ = load(second)
    first, own = weights_of(graph), fuse(model).state_dict()
    samples = [p for source in recipe.valid for p, _ in load_folder(source, len(recipe.labels), most=PICTURES).values()]
    return unfolded(mixed({k: v for k, v in first.items() if k in own}, own, share), samples[:PICTURES], recipe.input).state_dict()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path, help="checkpoint of the run, or the model.onnx that the second started from")
    parser.add_argument("second", type=Path, help="checkpoint that was trained with --start first")
    parser.add_argument("--share", type=float, default=0.6, help="of the second, 0..1")
    parser.add_argument("--recipe", type=Path, default=HERE / "recipes/garbage.yaml", help="of a graph: whose pictures are to be used")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    b = torch.load(args.second)
    if args.first.suffix == ".onnx":
        mean = with_graph(args.first, args.second, args.share, read_recipe(args.recipe))
        save(args.out, {**b, "model": mean, "mean": mean})
        return
    a = torch.load(args.first)
    mean = mixed(a["mean"], b["mean"], args.share)
    save(args.out, {**b, "model": mean, "mean": mean, "epoch": a["epoch"] + b["epoch"], "spent": a["spent"] + b["spent"]})


if __name__ == "__main__":
    main()
