"""What a training run is made of: a YAML file, checked, with paths relative to itself."""
from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from views import View

Size = tuple[int, int]  # width, height in pixels
MAX_CLASSES = 24  # ignored classes travel as bits of a float32


class RecipeError(ValueError):
    """Says which file and key are wrong."""


@dataclass(frozen=True)
class Source:
    """A folder of pictures with YOLO labels and its share of the samples."""

    name: str
    images: Path
    labels: Path | None = None  # none: nothing is labelled, and `trusted` says what is surely absent
    share: float = 0.0
    map: dict[int, int] | None = None  # number in the files to number here; others become ignored places
    trusted: tuple[int, ...] | None = None  # classes of which an unlabelled place surely shows none; none: all
    favour: dict[int, float] = field(default_factory=dict)  # pictures with the class are drawn this often
    exclude: tuple[str, ...] = ()  # file names
    most: int | None = None  # pictures taken, spread evenly; none: all
    longest: int = 448  # longer pictures are kept at this size, pixels
    cover: float = 0.0  # share of the pictures that fill the input instead of fitting into it
    zoom: float = 0.0  # share of the pictures of which a part is shown enlarged, as a camera's `regions` are
    aspect: float = 1.0  # width is multiplied by it, for frames that were stored squeezed


@dataclass(frozen=True)
class Negatives:
    """Pictures with nothing on them. The kinds are weights against each other."""

    share: float = 0.0
    clips: tuple[Path, ...] = ()
    held: tuple[Path, ...] = ()  # only watched
    frames: float = 0.4
    noise: float = 0.07
    erased: float = 0.28
    empty: float = 0.25
    source: str = ""  # whose objects are painted over and whose empty parts are cut out


@dataclass(frozen=True)
class Paste:
    """Things cut out of one source and set into pictures of others."""

    share: float = 0.0  # of the samples drawn from `onto`
    source: str = ""
    classes: tuple[int, ...] = ()
    onto: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quiet:
    """Sources without objects of the alarm classes, and the share of their pictures that may raise one at the thresholds."""

    sources: tuple[str, ...] = ()
    rate: float = 0.005
    most: int = 300  # pictures looked at in each


@dataclass(frozen=True)
class Recipe:
    name: str
    labels: tuple[str, ...]
    input: Size
    sizes: tuple[Size, ...]
    sources: tuple[Source, ...]
    widths: tuple[int, ...] = (16, 32, 64, 128, 160)
    depths: tuple[int, ...] = (1, 2, 2, 1)
    head: int = 64
    views: tuple[View, ...] = ()  # of the finished detector; none: one look at `input`
    multi_label: bool = False  # a place may be several classes at once
    start: Path | None = None
    minutes: float = 95
    batch: int = 8
    steps: int = 168
    peak: float = 2e-3
    mosaic: float = 0.15
    plain: float = 0.2  # last share of the time: no mosaics, full size alone
    jitter: float = 0.4
    warm: int = 400  # steps until the peak
    freeze_norm: bool = False
    report_epochs: int = 5
    watch: int = 1000  # pictures of a set that a report while training looks at
    negatives: Negatives = Negatives()
    paste: Paste = Paste()
    valid: tuple[Source, ...] = ()
    clips: tuple[Path, ...] = ()  # clips that show none of `alarm_classes`
    clips_held: tuple[Path, ...] = ()
    alarm_classes: tuple[int, ...] | None = None  # none: all
    thresholds: str = "common"  # or `per-class`
    thresholds_on: tuple[str, ...] = ()  # names of sets in `valid`; none: the first
    quiet: Quiet = Quiet()
    precision: float = 0.9
    weak: dict[str, float] = field(default_factory=dict)  # by class, from which score on boxes below the threshold are reported as weak
    source: str = ""
    licence: str = "Apache-2.0"
    description: str = ""


def read_recipe(path: Path) -> Recipe:
    """The recipe of a file. Unknown keys, unknown classes and bad sizes are refused by name."""
    try:
        raw = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: {error}") from error
    if not isinstance(raw, dict) or not raw.get("labels"):
        raise RecipeError(f"{path}: labels: missing")
    return _Reader(path, [str(v) for v in raw["labels"]]).recipe(raw)


def as_size(value: Any) -> Size:
    """Width and height of `320` or `[512, 288]`; both multiples of 32."""
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or any(not isinstance(v, int) or v < 32 or v % 32 for v in pair):
        raise ValueError(f"{value} is no size: width and height must be multiples of 32")
    return pair


def read_views(raw: list[dict[str, Any]]) -> tuple[View, ...]:
    """Views of `[{size: 416}, {size: 320, mirror: true}]`; the first is the input of the finished detector."""
    return tuple(View(**{**v, "size": as_size(v["size"])}) for v in raw)


def views_figure(views: tuple[View, ...]) -> dict[str, Any]:
    """The views as a manifest's figures have them, so that training can go on from there."""
    return {"views": [{"size": list(v.size), "mirror": v.mirror} for v in views]} if views else {}


def parse_size(text: str) -> Size:
    """`320` or `512x288`, as on a command line."""
    parts = [int(v) for v in text.split("x")]
    return as_size(parts[0] if len(parts) == 1 else parts)


class _Reader:
    def __init__(self, path: Path, labels: list[str]) -> None:
        self.path, self.labels, self.root = path, labels, path.resolve().parent

    def fail(self, key: str, why: str) -> RecipeError:
        return RecipeError(f"{self.path}: {key}: {why}")

    def classes(self, names: Any, key: str) -> tuple[int, ...]:
        unknown = [n for n in names if n not in self.labels]
        if unknown:
            raise self.fail(key, f"{unknown[0]} is none of the labels")
        return tuple(self.labels.index(n) for n in names)

    def paths(self, names: Any) -> tuple[Path, ...]:
        return tuple(self.root / n for n in names)

    def made(self, kind: Any, raw: dict[str, Any], key: str) -> Any:
        """A dataclass of what is given, where every key is known."""
        known = {f.name for f in fields(kind)}
        for name in raw:
            if name not in known:
                raise self.fail(f"{key}.{name}".strip("."), f"not a key; there are {', '.join(sorted(known))}")
        try:
            return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()})
        except TypeError as error:
            raise self.fail(key or "recipe", str(error)) from error

    def source_of(self, raw: dict[str, Any], key: str) -> Source:
        out = dict(raw)
        folder = out.pop("folder", None)
        if folder is not None:
            out.setdefault("images", f"{folder}/images")
            out.setdefault("labels", f"{folder}/labels")
        if "images" not in out or "name" not in out:
            raise self.fail(key, "needs a name, and a folder or images")
        out["images"] = self.root / out["images"]
        if out.get("labels") is not None:
            out["labels"] = self.root / out["labels"]
        if "map" in out:
            out["map"] = {int(k): self.classes([v], f"{key}.map")[0] for k, v in out["map"].items()}
        if "trusted" in out:
            out["trusted"] = self.classes(out["trusted"], f"{key}.trusted")
        if "favour" in out:
            out["favour"] = {self.classes([k], f"{key}.favour")[0]: float(v) for k, v in out["favour"].items()}
        exclude = out.get("exclude")
        if isinstance(exclude, str):
            out["exclude"] = (self.root / exclude).read_text().split()
        return self.made(Source, out, key)

    def recipe(self, raw: dict[str, Any]) -> Recipe:
        out = dict(raw)
        if len(self.labels) > MAX_CLASSES:
            raise self.fail("labels", f"at most {MAX_CLASSES}")
        for key in ("sources", "valid"):
            out[key] = [self.source_of(v, f"{key}[{i}]") for i, v in enumerate(raw.get(key, []))]
        if "negatives" in raw:
            negatives = dict(raw["negatives"])
            for key in ("clips", "held"):
                negatives[key] = self.paths(negatives.get(key, []))
            out["negatives"] = self.made(Negatives, negatives, "negatives")
        if "paste" in raw:
            paste = {**raw["paste"], "classes": self.classes(raw["paste"].get("classes", []), "paste.classes")}
            out["paste"] = self.made(Paste, paste, "paste")
        if "quiet" in raw:
            quiet = dict(raw["quiet"])
            quiet["sources"] = quiet.pop("from", [])
            out["quiet"] = self.made(Quiet, quiet, "quiet")
        for key in ("clips", "clips_held"):
            out[key] = self.paths(raw.get(key, []))
        self.classes(raw.get("weak", {}), "weak")
        if raw.get("alarm_classes") is not None:
            out["alarm_classes"] = self.classes(raw["alarm_classes"], "alarm_classes")
        try:
            out["views"] = read_views(raw.get("views", []))
        except (KeyError, TypeError, ValueError) as error:
            raise self.fail("views", str(error)) from error
        if raw.get("start") is not None:
            out["start"] = self.root / raw["start"]
        try:
            out["input"] = as_size(raw["input"])
            out["sizes"] = tuple(as_size(v) for v in raw.get("sizes", [raw["input"]]))
        except (KeyError, TypeError, ValueError) as error:
            raise self.fail("input, sizes", str(error)) from error
        made: Recipe = self.made(Recipe, out, "")
        names = {s.name for s in made.sources}
        wanted = {"negatives.source": [made.negatives.source], "paste.source": [made.paste.source], "paste.onto": made.paste.onto,
                  "quiet.from": made.quiet.sources}
        for key, given in wanted.items():
            for name in given:
                if name and name not in names:
                    raise self.fail(key, f"{name} is none of the sources")
        if made.thresholds not in ("common", "per-class"):
            raise self.fail("thresholds", "common or per-class")
        return made


def changed(recipe: Recipe, **values: Any) -> Recipe:
    """The recipe with those values that are given."""
    return replace(recipe, **{k: v for k, v in values.items() if v is not None})
