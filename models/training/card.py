"""Writes the tables of a card between its two marks, from figures.yaml."""
from __future__ import annotations

import argparse
from pathlib import Path

import yaml

OPEN, CLOSE = "<!-- figures -->", "<!-- end of figures -->"


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def set_table(name: str, figures: dict) -> str:
    """Per class what a set says."""
    rows = [[label, str(figures["objects"][label]), number(ap), number(figures["at_threshold"][label]["precision"]),
             number(figures["at_threshold"][label]["recall"])] for label, ap in figures["ap50"].items()]
    text = f"**{name}**, {figures['pictures']} pictures: mAP50 {number(figures['map50'])}, mAP50-95 {number(figures['map50_95'])}.\n\n"
    text += table(["class", "objects", "AP50", "precision at the threshold", "recall there"], rows)
    if "empty" in figures:
        empty = figures["empty"]
        raised = ", ".join(f"{label} {n}" for label, n in empty["alarms"].items())
        text += f"\nOf these, {empty['pictures']} show no object of the classes that raise alarms; pictures with one all the same: {raised}.\n"
    return text


def clip_table(clips: dict) -> str:
    rows = [[f"`{name}`", str(c["frames"]), f"{c['seconds']:.0f}", number(c["alarm_rate"]), number(c["highest_score"]), f"{c['alarms_per_hour']:.0f}"]
            for name, c in clips.items()]
    return table(["clip", "frames", "seconds", "frames with an alarm", "highest score", "false alarms per hour"], rows)


def tables(figures: dict) -> str:
    parts = []
    if "thresholds" in figures:
        parts.append("Thresholds: " + ", ".join(f"{name} {t:.3f}" for name, t in figures["thresholds"].items()) + ".\n")
    parts += [set_table(name, f) for name, f in figures.items() if isinstance(f, dict) and "ap50" in f]
    parts.append("Clips that were never trained on. Every frame is looked at; alarms of one class less than 5 s apart count once:\n\n"
                 + clip_table(figures["clips_held_out"]))
    parts.append("Clips trained on, so no proof:\n\n" + clip_table(figures["clips_trained_on"]))
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", type=Path)
    parser.add_argument("card", type=Path)
    args = parser.parse_args()
    before, rest = args.card.read_text().split(OPEN)
    after = rest.split(CLOSE)[1]
    args.card.write_text(f"{before}{OPEN}\n\n{tables(yaml.safe_load(args.figures.read_text()))}\n{CLOSE}{after}")


if __name__ == "__main__":
    main()
