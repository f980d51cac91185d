"""Which cells answer for which object (task-aligned assignment), and the three losses."""
from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from model import BINS, decode, distances, grid

TOP_CELLS = 10  # cells per object
BOX_WEIGHT, CLASS_WEIGHT, BIN_WEIGHT = 7.5, 0.5, 1.5


def iou_pairs(a: Tensor, b: Tensor) -> Tensor:
    """IoU of boxes that broadcast against each other over the last axis."""
    side = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    inter = side[..., 0] * side[..., 1]
    area = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1)
    return inter / (area - inter + 1e-7)


def ciou(a: Tensor, b: Tensor) -> Tensor:
    """Complete IoU: overlap, less the centres' distance and the aspects' difference."""
    iou = iou_pairs(a, b)
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    centre = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]).pow(2).sum(-1) / 4
    wa, ha = (a[..., 2:] - a[..., :2]).clamp(min=1e-3).unbind(-1)
    wb, hb = (b[..., 2:] - b[..., :2]).clamp(min=1e-3).unbind(-1)
    v = (torch.atan(wb / hb) - torch.atan(wa / ha)).pow(2) * (4 / math.pi ** 2)
    with torch.no_grad():
        alpha = v / (v - iou + 1 + 1e-7)
    return iou - centre / (hull.pow(2).sum(-1) + 1e-7) - alpha * v


@torch.no_grad()
def assign(scores: Tensor, boxes: Tensor, cells: Tensor, strides: Tensor, labels: Tensor, truth: Tensor,
           real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Per object the cells whose score and overlap agree best; a cell claimed twice goes to the larger overlap.

    scores B x N x C, boxes B x N x 4, labels B x M, truth B x M x 4, real B x M (false on padding rows).
    Returns the object of each cell (B x N), whether the cell is positive, and its soft target score.
    """
    centre = (cells + 0.5) * strides
    middle, half = (truth[..., :2] + truth[..., 2:]) / 2, (truth[..., 2:] - truth[..., :2]) / 2
    # An object smaller than a cell must still own one, so its reach is at least most of a cell.
    reach = torch.maximum(half[:, :, None], 0.75 * strides.expand(-1, 2))
    inside = ((centre - middle[:, :, None]).abs() < reach).all(-1) & real[..., None]
    overlap = iou_pairs(truth[:, :, None], boxes[:, None]) * inside
    score = scores.transpose(1, 2).gather(1, labels[..., None].expand(-1, -1, scores.shape[1]))
    align = score.sqrt() * overlap.pow(6)
    top = align.topk(min(TOP_CELLS, align.shape[-1]), -1)
    chosen = torch.zeros_like(inside).scatter_(2, top.indices, True) & inside & (align > 1e-12)
    masked = torch.where(chosen, overlap, torch.full_like(overlap, -1.0))
    best, owner = masked.max(1)
    positive = best >= 0
    kept = chosen & (owner[:, None] == torch.arange(truth.shape[1], device=truth.device)[None, :, None])
    peak = (align * kept).amax(2, keepdim=True)
    quality = (overlap * kept).amax(2, keepdim=True)
    soft = (align * kept / (peak + 1e-12) * quality).amax(1)
    return owner, positive, soft


def doubtful(labels: Tensor, truth: Tensor, cells: Tensor, strides: Tensor, classes: int) -> Tensor | None:
    """Where a score is neither right nor wrong: B x N x classes. Labels below zero are such places, see `augment.ignored`."""
    if not bool((labels < 0).any()):
        return None
    centre = (cells + 0.5) * strides
    inside = ((centre >= truth[:, :, None, :2]) & (centre < truth[:, :, None, 2:])).all(-1)
    bits = torch.arange(classes, device=labels.device)
    member = ((-labels).clamp(min=0)[..., None] >> bits) & 1
    return inside.float().transpose(1, 2) @ member.float() > 0


def detection_loss(cls: Tensor, box: Tensor, size: tuple[int, int], labels: Tensor, truth: Tensor,
                   real: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum for one batch, and its parts for the log. Size: height and width of the input."""
    cls, box = cls.float(), box.float()
    cells, strides = grid(*size, device=cls.device)
    unknown = doubtful(labels, truth, cells, strides, cls.shape[2])
    real, labels = real & (labels >= 0), labels.clamp(min=0)
    boxes = decode(distances(box), cells, strides)
    target = torch.zeros_like(cls)
    if truth.shape[1]:
        owner, positive, soft = assign(cls.detach().sigmoid(), boxes.detach(), cells, strides, labels, truth, real)
        target.scatter_(2, labels.gather(1, owner)[..., None], (soft * positive)[..., None])
    norm = target.sum().clamp(min=1.0)
    errors = F.binary_cross_entropy_with_logits(cls, target, reduction="none")
    if unknown is not None:
        errors = errors * (~unknown | (target > 0))
    parts = {"class": errors.sum() / norm}
    if truth.shape[1] and positive.any():
        where = positive.nonzero(as_tuple=True)
        want, weight = truth[where[0], owner[where]], soft[where]
        parts["box"] = ((1 - ciou(boxes[where], want)) * weight).sum() / norm
        centre, s = cells[where[1]] + 0.5, strides[where[1]]
        d = torch.cat((centre - want[:, :2] / s, want[:, 2:] / s - centre), -1).clamp(0, BINS - 1.01)
        low = d.floor().long()
        logs = box[where].reshape(-1, 4, BINS).log_softmax(-1)
        share = d - low
        bins = -(logs.gather(2, low[..., None])[..., 0] * (1 - share)
                 + logs.gather(2, low[..., None] + 1)[..., 0] * share).mean(-1)
        parts["bin"] = (bins * weight).sum() / norm
    else:
        parts["box"] = parts["bin"] = box.sum() * 0
    total = CLASS_WEIGHT * parts["class"] + BOX_WEIGHT * parts["box"] + BIN_WEIGHT * parts["bin"]
    return total, {k: float(v.detach()) for k, v in parts.items()}
