"""Trains the garbage detector from scratch within a time budget.

The learning rate follows the clock, not the epoch count: on a shared CPU the time is known, the speed is not.
Each core runs a process of one thread with its part of the batch, and gradients meet once a step in shared
memory. Threads inside an operator would wait for each other hundreds of times a step, and on a machine with
other work that wait is most of the time.
"""
from __future__ import annotations

import argparse
import copy
import math
import multiprocessing
import os
import random
import time
from pathlib import Path

import numpy as np
import torch

from dataset import Mixture, collate, load_folder
from losses import detection_loss
from metrics import alarm_rate, detect, match, merge, threshold_for
from model import Detector, has_fast_bfloat16
from negatives import read_clip

DECAY, PLAIN, AVERAGE = 0.05, 0.8, 0.9995


def optimiser(model: Detector, peak: float) -> torch.optim.Optimizer:
    """AdamW; weight decay on convolution kernels alone."""
    kernels = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return torch.optim.AdamW([{"params": kernels, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}], lr=peak)


def learning_rate(peak: float, progress: float, step: int, warm: int) -> float:
    """Linear warm-up, then a cosine down to a hundredth."""
    return peak * min(1.0, (step + 1) / warm) * (0.01 + 0.99 * (1 + math.cos(math.pi * min(1.0, progress))) / 2)


@torch.no_grad()
def average(mean: Detector, model: Detector, step: int) -> None:
    """Moving average of the weights, quick at first."""
    k = AVERAGE * (1 - math.exp(-(step + 1) / 400))
    for a, b in zip(mean.state_dict().values(), model.state_dict().values()):
        if a.dtype.is_floating_point:
            a.lerp_(b, 1 - k)
        else:
            a.copy_(b)


def report(model: Detector, valid: dict[str, list], clips: dict[str, list[np.ndarray]], size: int) -> str:
    """One line: mAP50 per set and class, the threshold for precision 0.9, false alarms per clip there."""
    line, threshold = [], 1.0
    for name, samples in valid.items():
        if not samples:
            continue
        found = detect(model, [p for p, _ in samples], size, fast=True)
        scored = [match(found, samples, c, 0.5) for c in range(model.classes)]
        ap = [s.average_precision() for s in scored]
        if name == "real":
            threshold, _, recall = threshold_for(merge(scored), 0.9)
            line.append(f"threshold {threshold:.3f} recall {recall:.3f}")
        line.append(f"{name} mAP50 {np.mean(ap):.4f} ({' '.join(f'{a:.3f}' for a in ap)})")
    for name, frames in clips.items():
        line.append(f"{name} {alarm_rate(detect(model, frames, size, fast=True), threshold):.3f}")
    return "; ".join(line)


def mine(model: Detector, data: Mixture, size: int) -> None:
    """Frames the detector errs on are drawn more often."""
    found = detect(model, data.frames, size, fast=True)
    worst = np.array([rows[:, 4].max(initial=0.0) for rows in found])
    data.weights[:] = 0.3 + (worst / 0.2).clip(0, 3)


class Crew:
    """The processes of one run: their shared gradients and their clock."""

    def __init__(self, model: Detector, members: int) -> None:
        parameters = sum(p.numel() for p in model.parameters())
        self.members = members
        self.gradients = torch.zeros(members, parameters).share_memory_()
        self.clock = torch.zeros(1, dtype=torch.float64).share_memory_()
        self.gate = multiprocessing.get_context("fork").Barrier(members, timeout=900)

    def start(self) -> int:
        """Forks the others; which member this process is."""
        for member in range(1, self.members):
            if os.fork() == 0:
                return member
        return 0

    def meet(self, model: Detector, member: int) -> None:
        """Replaces every member's gradients by their mean."""
        torch.cat([p.grad.reshape(-1) for p in model.parameters()], out=self.gradients[member])
        self.gate.wait()
        mean, at = self.gradients.mean(0), 0
        for p in model.parameters():
            p.grad.copy_(mean[at:at + p.numel()].view_as(p))
            at += p.numel()
        self.gate.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--data", type=Path, default=here / "../../../shared/data/images/garbage_cn")
    parser.add_argument("--rendered", type=Path, default=here / "work/rendered")
    parser.add_argument("--clips", type=Path, nargs="*", default=[], help="clips without garbage, to train on")
    parser.add_argument("--held", type=Path, nargs="*", default=[], help="clips without garbage, only watched")
    parser.add_argument("--run", type=Path, default=here / "runs/garbage")
    parser.add_argument("--minutes", type=float, default=95)
    parser.add_argument("--sizes", type=int, nargs="+", default=[224, 256, 288, 320])
    parser.add_argument("--size", type=int, default=320, help="input of the finished detector")
    parser.add_argument("--batch", type=int, default=8, help="pictures a process takes in a step")
    parser.add_argument("--steps", type=int, default=168, help="steps in an epoch")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--warm", type=int, default=400, help="steps until the learning rate is reached")
    parser.add_argument("--look", type=int, default=5, help="epochs between two looks at the validation pictures")
    parser.add_argument("--mosaic", type=float, default=0.15, help="share of mosaics, but for the last fifth")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights a new run starts from (fine-tuning)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.run.mkdir(parents=True, exist_ok=True)

    data = Mixture(args.data / "train", args.rendered / "train", args.clips)
    valid = {"real": list(load_folder(args.data / "valid").values()), "rendered": []}
    clips = {p.stem: read_clip(p, 60) for p in args.held + args.clips}
    model = Detector().to(memory_format=torch.channels_last)
    mean, steps = copy.deepcopy(model), optimiser(model, args.peak)
    crew = Crew(model, args.processes)
    epoch = step = 0
    last = args.run / "last.pt"
    if args.start is not None and not last.exists():
        weights = torch.load(args.start)["mean"]
        model.load_state_dict(weights)
        mean.load_state_dict(weights)
    if last.exists():
        saved = torch.load(last)
        model.load_state_dict(saved["model"])
        mean.load_state_dict(saved["mean"])
        steps.load_state_dict(saved["optimiser"])
        epoch, step, crew.clock[0] = saved["epoch"], saved["step"], saved["spent"]
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, {len(data.real)} pictures, "
          f"{len(data.frames)} frames, {len(valid['real'])} valid", flush=True)

    bfloat16 = has_fast_bfloat16()
    member = crew.start()
    while float(crew.clock) < args.minutes * 60:
        began, before, sums = time.monotonic(), float(crew.clock), {}
        progress = before / 60 / args.minutes
        random.seed(epoch)
        sizes = random.choices([args.size] if progress > PLAIN else args.sizes, k=args.steps)
        random.seed(epoch * 100 + member)
        np.random.seed(epoch * 100 + member)
        data.rescan()
        data.mosaic_share = 0.0 if progress > PLAIN else args.mosaic
        model.train()
        for size in sizes:
            for group in steps.param_groups:
                group["lr"] = learning_rate(args.peak, progress, step, args.warm)
            pictures, labels, boxes, real = collate([data[size] for _ in range(args.batch)])
            x = pictures.float().contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
                cls, box = model(x)
            loss, parts = detection_loss(cls, box, (size, size), labels, boxes, real)
            steps.zero_grad(set_to_none=False)
            loss.backward()
            crew.meet(model, member)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            steps.step()
            step += 1
            if member == 0:
                average(mean, model, step)
            for k, v in parts.items():
                sums[k] = sums.get(k, 0.0) + v
        epoch += 1
        if member == 0:
            took = time.monotonic() - began
            print(f"epoch {epoch} at {(before + took) / 60:.1f} min, {took / args.steps:.3f} s/step, {len(data.rendered)} rendered, "
                  + ", ".join(f"{k} {v / args.steps:.3f}" for k, v in sums.items()), flush=True)
            if epoch % args.look == 0 or before + took >= args.minutes * 60:
                valid["rendered"] = list(load_folder(args.rendered / "valid").values())
                mine(mean, data, args.size)
                print("  " + report(mean, valid, clips, args.size), flush=True)
            crew.clock[0] = before + time.monotonic() - began
            torch.save({"config": model.config, "model": model.state_dict(), "mean": mean.state_dict(), "optimiser": steps.state_dict(),
                        "epoch": epoch, "step": step, "spent": float(crew.clock), "size": args.size}, last.with_suffix(".new"))
            last.with_suffix(".new").replace(last)  # a stop while writing leaves the old one whole
        crew.gate.wait()


if __name__ == "__main__":
    main()
