"""Averages the weights of a run and of one fine-tuned from it: often better, and calmer, than either."""
from __future__ import annotations

import argparse
from pathlib import Path

import torch

from checkpoint import save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path, help="checkpoint of the run")
    parser.add_argument("second", type=Path, help="checkpoint that was trained with --start first")
    parser.add_argument("--share", type=float, default=0.6, help="of the second, 0..1")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    a, b = torch.load(args.first), torch.load(args.second)
    mean = {k: v.lerp(b["mean"][k], args.share) if v.dtype.is_floating_point else b["mean"][k] for k, v in a["mean"].items()}
    save(args.out, {**b, "model": mean, "mean": mean, "epoch": a["epoch"] + b["epoch"], "spent": a["spent"] + b["spent"]})


if __name__ == "__main__":
    main()
