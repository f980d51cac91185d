"""Trains a detector as a recipe says, within a time budget.

The learning rate follows the clock, not the epoch count: on a shared CPU the time is known, the speed is not.
On a CPU each core runs a process of one thread with its part of the batch, and gradients meet once a step in shared
memory. Threads inside an operator would wait for each other hundreds of times a step, and on a machine with
other work that wait is most of the time. On a GPU one process computes and the others make its batches.
"""
from __future__ import annotations

import os

# Every process is to use one thread, numpy's matrix products included; they read this when they are loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import copy
import math
import multiprocessing
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from augment import Sample
from checkpoint import begin, save
from dataset import Mixture, collate, load_folder
from losses import detection_loss
from metrics import alarm_rate, detect, match, thresholds_for
from model import Detector, has_fast_bfloat16
from negatives import read_clip
from recipe import Recipe, Size, changed, parse_size, read_recipe

DECAY, AVERAGE = 0.05, 0.9995
GPU_BATCH = 8  # times the recipe's batch, on a GPU
HERE = Path(__file__).resolve().parent


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


def report(model: Detector, recipe: Recipe, valid: dict[str, list[Sample]], clips: dict[str, list[np.ndarray]]) -> str:
    """One line: mAP50 per set and class, the thresholds on the first set, false alarms per clip there."""
    line, thresholds = [], np.ones(len(recipe.labels))
    for i, (name, samples) in enumerate(valid.items()):
        if not samples:
            continue
        found = detect(model, [p for p, _ in samples], recipe.input, fast=True, several=recipe.multi_label)
        scored = [match(found, samples, c, 0.5) for c in range(model.classes)]
        ap = [s.average_precision() if s.objects else math.nan for s in scored]
        if i == 0:
            thresholds = thresholds_for(scored, recipe.precision, recipe.thresholds == "common")
            line.append("threshold " + " ".join(f"{t:.3f}" for t in sorted(set(thresholds))))
        line.append(f"{name} mAP50 {np.nanmean(ap) if not all(map(math.isnan, ap)) else 0:.4f} ({' '.join(f'{a:.3f}' for a in ap)})")
    watched = recipe.alarm_classes if recipe.alarm_classes is not None else range(len(recipe.labels))
    for name, frames in clips.items():
        line.append(f"{name} {alarm_rate(detect(model, frames, recipe.input, fast=True, several=recipe.multi_label), thresholds, watched):.3f}")
    return "; ".join(line)


def mine(model: Detector, data: Mixture, size: Size) -> None:
    """Frames the detector errs on are drawn more often."""
    if data.frames:
        found = detect(model, data.frames, size, fast=True)
        worst = np.array([rows[:, 4].max(initial=0.0) for rows in found])
        data.weights[:] = 0.3 + (worst / 0.2).clip(0, 3)


class Crew:
    """The processes of one run: their shared gradients and their clock."""

    def __init__(self, model: Detector, members: int) -> None:
        parameters = sum(p.numel() for p in model.parameters())
        self.members = members
        self.gradients = torch.zeros(members if members > 1 else 0, parameters).share_memory_()
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
        if self.members == 1:
            return
        torch.cat([p.grad.reshape(-1) for p in model.parameters()], out=self.gradients[member])
        self.gate.wait()
        mean, at = self.gradients.mean(0), 0
        for p in model.parameters():
            p.grad.copy_(mean[at:at + p.numel()].view_as(p))
            at += p.numel()
        self.gate.wait()


def seed(number: int) -> None:
    random.seed(number)
    np.random.seed(number % 2 ** 32)


class Reseed:
    """Gives every loader process its own numbers."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def __call__(self, worker: int) -> None:
        seed(self.epoch * 1000 + worker)


def batches(data: Mixture, sizes: list[Size], batch: int, loaders: int, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """The batches of an epoch, made here or by loader processes."""
    if not loaders:
        for size in sizes:
            yield collate([data[size] for _ in range(batch)])
        return
    yield from torch.utils.data.DataLoader(data, batch_sampler=[[size] * batch for size in sizes], num_workers=loaders, collate_fn=collate,
                                           pin_memory=True, prefetch_factor=4, worker_init_fn=Reseed(epoch))


def train_mode(model: Detector, freeze_norm: bool) -> None:
    """Training, where wanted with the normalisation's statistics as they are."""
    model.train()
    if freeze_norm:
        for block in model.modules():
            if isinstance(block, torch.nn.BatchNorm2d):
                block.eval()


class Precision:
    """Half precision where the device is quicker in it. Float16 needs its losses scaled, bfloat16 does not."""

    def __init__(self, device: torch.device) -> None:
        self.device = device.type
        self.dtype = torch.bfloat16 if has_fast_bfloat16(device) or device.type == "cpu" else torch.float16
        self.enabled = device.type == "cuda" or has_fast_bfloat16(device)
        self.scaler = torch.cuda.amp.GradScaler(enabled=self.dtype == torch.float16)

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device, dtype=self.dtype, enabled=self.enabled)


def run(recipe: Recipe, folder: Path, processes: int, loaders: int) -> Path:
    """Trains, or goes on with what the folder holds; gives the checkpoint."""
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / "last.pt"
    data = Mixture(recipe)
    watched = (*recipe.negatives.held, *recipe.clips_held, *recipe.negatives.clips, *recipe.clips)
    clips = {p.stem: read_clip(p, min(60, recipe.watch // 4)) for p in watched}
    model = Detector(len(recipe.labels), recipe.widths, recipe.head, recipe.depths)
    if recipe.start is not None and not last.exists():
        samples = [s for pool in data.pools.values() for s in pool.samples]
        fresh = begin(model, recipe.start, [p for p, _ in samples[:: max(1, len(samples) // 128)]], recipe.input)
        print(f"starts from {recipe.start.name}; new: {', '.join(fresh) or 'nothing'}", flush=True)
    model = model.to(device, memory_format=torch.channels_last)
    mean, steps, precision = copy.deepcopy(model), optimiser(model, recipe.peak), Precision(device)
    crew = Crew(model, 1 if device.type == "cuda" else processes)
    loaders = max(1, loaders) if device.type == "cuda" else 0
    batch = recipe.batch * (GPU_BATCH if device.type == "cuda" else 1)
    epoch = step = 0
    if last.exists():
        saved = torch.load(last, map_location=device)
        model.load_state_dict(saved["model"])
        mean.load_state_dict(saved["mean"])
        steps.load_state_dict(saved["optimiser"])
        epoch, step, crew.clock[0] = saved["epoch"], saved["step"], saved["spent"]
    print(f"{recipe.name} on {device}: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters; "
          + ", ".join(f"{len(p.samples)} {name}" for name, p in data.pools.items()) + f", {len(data.frames)} frames", flush=True)

    member = crew.start()
    while float(crew.clock) < recipe.minutes * 60:
        began, before, sums = time.monotonic(), float(crew.clock), {}
        progress = before / 60 / recipe.minutes
        plain = progress > 1 - recipe.plain
        random.seed(epoch)
        sizes = random.choices([recipe.input] if plain else recipe.sizes, k=recipe.steps)
        seed(epoch * 100 + member)
        data.rescan()
        data.mosaic_share = 0.0 if plain else recipe.mosaic
        train_mode(model, recipe.freeze_norm)
        for pictures, labels, boxes, real in batches(data, sizes, batch, loaders, epoch):
            for group in steps.param_groups:
                group["lr"] = learning_rate(recipe.peak, progress, step, recipe.warm)
            x = pictures.to(device, non_blocking=True).float().contiguous(memory_format=torch.channels_last)
            with precision.autocast():
                cls, box = model(x)
            height, width = pictures.shape[2:]
            loss, parts = detection_loss(cls, box, (height, width), labels.to(device), boxes.to(device), real.to(device))
            steps.zero_grad(set_to_none=False)
            precision.scaler.scale(loss).backward()
            precision.scaler.unscale_(steps) if precision.scaler.is_enabled() else None
            crew.meet(model, member)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            precision.scaler.step(steps)
            precision.scaler.update()
            step += 1
            if member == 0:
                average(mean, model, step)
            for k, v in parts.items():
                sums[k] = sums.get(k, 0.0) + v
        epoch += 1
        if member == 0:
            took = time.monotonic() - began
            print(f"epoch {epoch} at {(before + took) / 60:.1f} min, {took / recipe.steps:.3f} s/step, {len(data)} pictures, "
                  + ", ".join(f"{k} {v / recipe.steps:.3f}" for k, v in sums.items()), flush=True)
            if epoch % recipe.report_epochs == 0 or before + took >= recipe.minutes * 60:
                valid = {v.name: list(load_folder(v, len(recipe.labels), most=recipe.watch).values()) for v in recipe.valid}
                mine(mean, data, recipe.input)
                print("  " + report(mean, recipe, valid, clips), flush=True)
            crew.clock[0] = before + time.monotonic() - began
            save(last, {"config": model.config, "model": model.state_dict(), "mean": mean.state_dict(), "optimiser": steps.state_dict(),
                        "epoch": epoch, "step": step, "spent": float(crew.clock), "size": recipe.input, "labels": recipe.labels})
        crew.gate.wait()
    if member:
        os._exit(0)
    return last


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, default=HERE / "recipes/garbage.yaml")
    parser.add_argument("--run", type=Path, help="folder; runs/NAME by default. What is there is resumed")
    parser.add_argument("--start", type=Path, help="checkpoint or model.onnx whose weights a new run starts from")
    parser.add_argument("--processes", type=int, default=2, help="on a CPU")
    parser.add_argument("--loaders", type=int, default=min(12, os.cpu_count() or 1), help="on a GPU: processes that make batches")
    over = parser.add_argument_group("instead of what the recipe says")
    over.add_argument("--minutes", type=float)
    over.add_argument("--sizes", type=parse_size, nargs="+", help="such as 256 or 512x288")
    over.add_argument("--size", type=parse_size, help="input of the finished detector")
    over.add_argument("--batch", type=int, help="pictures a process takes in a step")
    over.add_argument("--steps", type=int, help="steps in an epoch")
    over.add_argument("--peak", type=float, help="highest learning rate")
    over.add_argument("--warm", type=int, help="steps until the learning rate is reached")
    over.add_argument("--look", type=int, help="epochs between two looks at the validation pictures")
    over.add_argument("--mosaic", type=float, help="share of mosaics, but for the last fifth")
    over.add_argument("--clips", type=Path, nargs="*", help="clips without objects, to train on")
    over.add_argument("--held", type=Path, nargs="*", help="clips without objects, only watched")
    args = parser.parse_args()
    recipe = read_recipe(args.recipe)
    negatives = changed(recipe.negatives, clips=args.clips, held=args.held)
    recipe = changed(recipe, minutes=args.minutes, sizes=args.sizes, input=args.size, batch=args.batch, steps=args.steps, peak=args.peak,
                     mosaic=args.mosaic, warm=args.warm, report_epochs=args.look, start=args.start, negatives=negatives)
    run(recipe, args.run or HERE / "runs" / recipe.name, args.processes, args.loaders)


if __name__ == "__main__":
    main()
