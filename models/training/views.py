"""Looks at a picture several times, at other sizes and mirrored, and makes one answer of what was found.

A detector of this size splits large heaps when it sees them large, and misses far bins when it sees them small. Boxes
that meet count with the mean of their scores over all views; a box that one view alone has counts with a part of its score.
All of it is plain tensor arithmetic, so that it goes into the exported graph.
"""
from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from augment import Size
from model import Detector, decode, grid, predict

IOU_NMS, IOU_SAME = 0.45, 0.5
FLOOR, MOST = 0.01, 100
CANDIDATES = 60  # boxes of a class that a view may bring
ROUNDS = 6  # after so many, suppression by matrices is that by the list in all but contrived cases


@dataclass(frozen=True)
class View:
    """One look: the picture resized to this width and height, mirrored or not."""

    size: Size
    mirror: bool = False


def overlap(a: Tensor, b: Tensor) -> Tensor:
    """IoU of every pair of boxes: ... x N x 4 and ... x M x 4 give ... x N x M."""
    a, b = a.unsqueeze(-2), b.unsqueeze(-3)
    side = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    inter = side[..., 0] * side[..., 1]
    area = (a[..., 2] - a[..., 0]) * (a[..., 3] - a[..., 1]) + (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
    return inter / (area - inter + 1e-9)


def suppressed(scores: Tensor, boxes: Tensor) -> Tensor:
    """Scores of boxes that are sorted by them, best first, with 0 for those that a kept better one covers (Cluster-NMS)."""
    covers = torch.triu((overlap(boxes, boxes) > IOU_NMS).float(), diagonal=1)
    keep = torch.ones_like(scores)
    for _ in range(ROUNDS):
        keep = 1 - (covers * keep.unsqueeze(-1)).amax(-2)
    return scores * keep


def best(scores: Tensor, boxes: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The best of them, sorted: ... x N and ... x N x 4 give ... x most."""
    top, at = scores.topk(most, dim=-1)
    return top, boxes.gather(-2, at.unsqueeze(-1).expand(*at.shape, 4))


class Views(nn.Module):
    """Pictures to rows of x1, y1, x2, y2 in pixels of the first view, score, class; best first, MOST of them, unused ones with score 0."""

    def __init__(self, model: Detector, views: tuple[View, ...]) -> None:
        super().__init__()
        self.model, self.views = model, views

    def look(self, images: Tensor, view: View) -> tuple[Tensor, Tensor]:
        """Scores and boxes of one view, classes x CANDIDATES for each picture, overlaps taken out."""
        width, height = view.size
        x = images
        if (int(images.shape[2]), int(images.shape[3])) != (height, width):
            x = F.interpolate(images, size=(height, width), mode="bilinear", align_corners=False)
        scores, sides = predict(self.model, x.flip(3) if view.mirror else x)
        boxes = decode(sides, *grid(height, width, images.device))
        if view.mirror:
            boxes = torch.stack((width - boxes[..., 2], boxes[..., 1], width - boxes[..., 0], boxes[..., 3]), -1)
        boxes = boxes * torch.tensor([images.shape[3] / width, images.shape[2] / height] * 2, device=images.device)
        by_class = scores.transpose(1, 2)
        top, at = best(by_class, boxes.unsqueeze(1).expand(-1, by_class.shape[1], -1, -1), min(CANDIDATES, boxes.shape[1]))
        return suppressed(top, at), at

    def forward(self, images: Tensor) -> Tensor:
        looks = [self.look(images, view) for view in self.views]
        merged = [self.agreed(looks, i) for i in range(len(looks))]
        scores, boxes = (torch.cat(parts, 2) for parts in zip(*merged))
        scores, boxes = best(scores, boxes, scores.shape[2])
        scores = suppressed(scores, boxes)
        count = scores.shape[1]
        label = torch.arange(count, device=images.device, dtype=scores.dtype)[None, :, None, None].expand(*scores.shape, 1)
        rows = torch.cat((boxes, scores.unsqueeze(-1), label), -1).flatten(1, 2)
        top = rows[..., 4].topk(min(MOST, rows.shape[1]), dim=-1)[1]
        return rows.gather(1, top.unsqueeze(-1).expand(*top.shape, 6))

    def agreed(self, looks: list[tuple[Tensor, Tensor]], own: int) -> tuple[Tensor, Tensor]:
        """A view's boxes with the mean of their scores over all views, and the mean of the boxes weighted by them."""
        scores, boxes = looks[own]
        total, weighed = scores, boxes * scores.unsqueeze(-1)
        for i, (others, places) in enumerate(looks):
            if i == own:
                continue
            found, at = ((overlap(boxes, places) > IOU_SAME).to(others.dtype) * others.unsqueeze(-2)).max(-1)
            # What another view does not have adds nothing.
            total = total + found
            weighed = weighed + places.gather(-2, at.unsqueeze(-1).expand(*at.shape, 4)) * found.unsqueeze(-1)
        mean = weighed / total.clamp(min=1e-6).unsqueeze(-1)
        return total * (scores > 0) / len(looks), mean
