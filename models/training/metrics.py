"""Detections from raw outputs, and how good they are: COCO-style average precision with 101 recall points."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from augment import Sample, letterbox
from model import Detector, decode, grid, has_fast_bfloat16, predict

IOU_NMS, FLOOR, MOST = 0.45, 0.01, 100


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of every pair of boxes."""
    side = (np.minimum(a[:, None, 2:4], b[None, :, 2:4]) - np.maximum(a[:, None, :2], b[None, :, :2])).clip(0)
    inter = side.prod(-1)
    area = (a[:, 2:4] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:4] - b[:, :2]).prod(-1)[None]
    return inter / (area - inter + 1e-9)


def suppress(scores: np.ndarray, boxes: np.ndarray, floor: float = FLOOR, iou: float = IOU_NMS) -> np.ndarray:
    """Best boxes of one picture, N x 6: x1, y1, x2, y2, score, class. A cell may speak for several classes."""
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
def detect(model: Detector, pictures: list[np.ndarray], size: int, batch: int = 16, fast: bool = False,
           mirror: bool = False) -> list[np.ndarray]:
    """Detections for each picture, in its own pixels. fast computes in bfloat16; mirror as in `predict`."""
    model.eval()
    cells, strides = grid(size, size)
    found = []
    for start in range(0, len(pictures), batch):
        boxed, scales = zip(*(letterbox(p, size) for p in pictures[start:start + batch]))
        x = torch.from_numpy(np.stack(boxed)).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast and has_fast_bfloat16()):
            scores, sides = predict(model, x, mirror)
        boxes = decode(sides, cells, strides)
        for s, b, k in zip(scores.numpy(), boxes.numpy(), scales):
            rows = suppress(s, b)
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


def match(found: list[np.ndarray], samples: list[Sample], label: int, iou: float) -> Scored:
    """Pairs detections with objects, best score first, each object once."""
    scores, hits, objects = [], [], 0
    for rows, (_, truth) in zip(found, samples):
        rows, want = rows[rows[:, 5] == label], truth[truth[:, 0] == label][:, 1:]
        objects += len(want)
        overlap = iou_matrix(rows, want) if len(want) else np.zeros((len(rows), 0))
        for i in range(len(rows)):
            j = int(overlap[i].argmax()) if overlap.shape[1] else -1
            hit = j >= 0 and overlap[i, j] >= iou
            if hit:
                overlap[:, j] = -1
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


def alarm_rate(found: list[np.ndarray], threshold: float) -> float:
    """Share of pictures with any box at or above the threshold."""
    return float(np.mean([bool((rows[:, 4] >= threshold).any()) for rows in found])) if found else 0.0
