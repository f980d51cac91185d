"""Detections from raw outputs, and how good they are: COCO-style average precision with 101 recall points."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from augment import Sample, Size, letterbox
from model import Detector, decode, grid, has_fast_bfloat16, predict
from views import FLOOR, IOU_NMS, MOST, View, Views


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of every pair of boxes."""
    side = (np.minimum(a[:, None, 2:4], b[None, :, 2:4]) - np.maximum(a[:, None, :2], b[None, :, :2])).clip(0)
    inter = side.prod(-1)
    area = (a[:, 2:4] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:4] - b[:, :2]).prod(-1)[None]
    return inter / (area - inter + 1e-9)


def suppress(scores: np.ndarray, boxes: np.ndarray, floor: float = FLOOR, iou: float = IOU_NMS, several: bool = True) -> np.ndarray:
    """Best boxes of one picture, N x 6: x1, y1, x2, y2, score, class. A cell may speak for several classes, or for its best alone."""
    if not several:
        scores = np.where(scores == scores.max(1, keepdims=True), scores, 0)
    kept = []
    for label in range(scores.shape[1]):
        score = scores[:, label]
        order = np.argsort(-score)[:300]
        order = order[score[order] > floor]
        rows = np.concatenate((boxes[order], score[order, None], np.full((len(order), 1), label)), 1)
        overlap = iou_matrix(rows, rows)
        best: list[int] = []
        for i in range(len(rows)):
            if not best or overlap[i, best].max() <= iou:
                best.append(i)
        kept.append(rows[best])
    found = np.concatenate(kept)
    return found[np.argsort(-found[:, 4], kind="stable")][:MOST]


@torch.no_grad()
def detect(model: Detector, pictures: list[np.ndarray], size: Size, batch: int = 16, fast: bool = False,
           views: tuple[View, ...] = (), several: bool = True) -> list[np.ndarray]:
    """Detections for each picture, in its own pixels. fast computes in bfloat16; views as in `views.py`, several as in `suppress`."""
    model.eval()
    device = next(model.parameters()).device
    cells, strides = grid(size[1], size[0], device)
    found = []
    for start in range(0, len(pictures), batch):
        boxed, scales = zip(*(letterbox(p, size) for p in pictures[start:start + batch]))
        x = torch.from_numpy(np.stack(boxed)).permute(0, 3, 1, 2).to(device).float().contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=fast and has_fast_bfloat16(device)):
            if views:
                rows = Views(model, views)(x).cpu().numpy()
                found += [np.concatenate((r[:, :4] / k, r[:, 4:]), 1)[r[:, 4] > FLOOR] for r, k in zip(rows, scales)]
                continue
            scores, sides = predict(model, x)
        boxes = decode(sides, cells, strides)
        for s, b, k in zip(scores.cpu().numpy(), boxes.cpu().numpy(), scales):
            rows = suppress(s, b, several=several)
            rows[:, :4] /= k
            found.append(rows)
    return found


@dataclass
class Scored:
    """Every detection of one class with whether it hit, best score first; and the number of objects."""
    score: np.ndarray
    hit: np.ndarray
    objects: int

    def average_precision(self) -> float:
        if not self.objects or not len(self.score):
            return 0.0
        hits = np.cumsum(self.hit)
        precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
        at = np.searchsorted(hits / self.objects, np.linspace(0, 1, 101))
        return float(np.append(precision, 0.0)[at].mean())


def places(truth: np.ndarray, label: int) -> np.ndarray:
    """Where it is unknown whether the class is there: corners."""
    return truth[(truth[:, 0] < 0) & ((-truth[:, 0]).astype(int) >> label & 1 == 1)][:, 1:]


def judged(rows: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The detections less those mostly in a place where their class is unknown."""
    keep = [not len(unknown) or covered(row, unknown) < 0.5 for row in rows for unknown in [places(truth, int(row[5]))]]
    return rows[np.array(keep, bool)]


def covered(row: np.ndarray, unknown: np.ndarray) -> float:
    """The largest share of the box that lies in one of the places."""
    side = (np.minimum(row[2:4], unknown[:, 2:4]) - np.maximum(row[:2], unknown[:, :2])).clip(0)
    return float(side.prod(1).max() / max(1e-9, (row[2:4] - row[:2]).prod()))


def match(found: list[np.ndarray], samples: list[Sample], label: int, iou: float) -> Scored:
    """Pairs detections with objects, best score first, each object once. Those mostly in a place to ignore do not count."""
    scores, hits, objects = [], [], 0
    for rows, (_, truth) in zip(found, samples):
        rows, want = rows[rows[:, 5] == label], truth[truth[:, 0] == label][:, 1:]
        unknown = places(truth, label)
        objects += len(want)
        overlap = iou_matrix(rows, want) if len(want) else np.zeros((len(rows), 0))
        for i in range(len(rows)):
            j = int(overlap[i].argmax()) if overlap.shape[1] else -1
            hit = j >= 0 and overlap[i, j] >= iou
            if hit:
                overlap[:, j] = -1
            elif len(unknown) and covered(rows[i], unknown) >= 0.5:
                continue
            scores.append(rows[i, 4])
            hits.append(hit)
    order = np.argsort(-np.array(scores), kind="stable") if scores else np.zeros(0, int)
    return Scored(np.array(scores)[order] if scores else np.zeros(0), np.array(hits, float)[order] if hits else np.zeros(0), objects)


def merge(parts: list[Scored]) -> Scored:
    """All classes as one list."""
    score, hit = np.concatenate([p.score for p in parts]), np.concatenate([p.hit for p in parts])
    order = np.argsort(-score, kind="stable")
    return Scored(score[order], hit[order], sum(p.objects for p in parts))


def threshold_for(scored: Scored, precision: float) -> tuple[float, float, float]:
    """The lowest score at which the precision holds, with precision and recall there."""
    hits = np.cumsum(scored.hit)
    reached = np.nonzero(hits / np.arange(1, len(hits) + 1) >= precision)[0]
    if not len(reached):
        return 1.0, 1.0, 0.0
    i = reached[-1]
    return float(scored.score[i]), float(hits[i] / (i + 1)), float(hits[i] / max(1, scored.objects))


def alarms(found: list[np.ndarray], thresholds: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    """Which pictures have any box of these classes at or above the class's threshold."""
    return np.array([bool(((rows[:, 4] >= thresholds[rows[:, 5].astype(int)]) & np.isin(rows[:, 5], classes)).any())
                     for rows in found], bool)


def alarm_rate(found: list[np.ndarray], thresholds: np.ndarray, classes: Sequence[int]) -> float:
    """Share of pictures with any such box."""
    return float(alarms(found, thresholds, classes).mean()) if found else 0.0


def thresholds_for(scored: list[Scored], precision: float, common: bool) -> np.ndarray:
    """Per class the lowest score with the precision; rounded upwards, so that the stated number still gives it."""
    if common:
        at = [threshold_for(merge(scored), precision)[0]] * len(scored)
    else:
        at = [threshold_for(s, precision)[0] for s in scored]
    return np.ceil(np.array(at) * 1000) / 1000
