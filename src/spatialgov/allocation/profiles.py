"""Profiles of the workload: named, versioned weights, each an assumption until it is fitted to handling times."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from spatialgov.errors import InputError, NotFoundError, UnreadableFileError
from spatialgov.language import t

__all__ = [
    "DEDICATED",
    "RURAL",
    "URBAN",
    "WorkloadProfile",
    "looked_up",
    "profile_named",
    "profiles",
    "read_profiles",
]

Basis = Literal["assumed", "fitted"]

_TEXTS = ("name", "version", "basis", "source")


@dataclass(frozen=True, slots=True)
class WorkloadProfile:
    """Weights of the workload: minutes a month, where nothing else is said.

    Attributes
    ----------
    name, version
        Cited wherever a workload is shown; other weights need another version.
    basis
        ``assumed``, or ``fitted`` to handling times (`spatialgov.allocation.fit_profile`).
    source
        Where the weights come from, English (``en``) and Chinese (``zh``).
    minutes_per_household, minutes_per_person, minutes_per_floating_person
        Visits and services.
    minutes_per_incident, minutes_by_category
        To handle one incident, the way excluded: in general, and of categories by their code or a class above it.
    trips_per_incident, trips_by_category
        How often someone goes there, likewise.
    trip_minutes
        There and back, where no road network tells.
    minutes_per_place, minutes_by_place
        A place, in general and by its kind: visits and inspections.
    minutes_per_road_km
        Patrol, by road class; a class that is not named is not patrolled.
    minutes_per_km2
        Ground, roads apart.
    """

    name: str
    version: str
    minutes_per_household: float = 0.0
    minutes_per_person: float = 0.0
    minutes_per_floating_person: float = 0.0
    minutes_per_incident: float = 0.0
    minutes_by_category: Mapping[str, float] = field(default_factory=dict, hash=False)
    trips_per_incident: float = 0.0
    trips_by_category: Mapping[str, float] = field(default_factory=dict, hash=False)
    trip_minutes: float = 0.0
    minutes_per_place: float = 0.0
    minutes_by_place: Mapping[str, float] = field(default_factory=dict, hash=False)
    minutes_per_road_km: Mapping[str, float] = field(default_factory=dict, hash=False)
    minutes_per_km2: float = 0.0
    basis: Basis = "assumed"
    source: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name in _TEXTS:
                continue
            weights = {one.name: value}
            if isinstance(value, Mapping):
                weights = {f"{one.name}[{key}]": weight for key, weight in value.items()}
            for name, weight in weights.items():
                if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < np.inf:
                    raise InputError(
                        t("{name} is {value}.", "{name} 的值为 {value}。", name=name, value=repr(weight)),
                        remedy=t("Give a number, zero or more.", "请给出非负数。"),
                    )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a profile from what `as_dict` gives; weights that are left out are 0.

        Raises
        ------
        InputError
            When it has no name or version, an unknown weight, or one that is no number of 0 or more.
        """
        known = {one.name: one for one in fields(cls)}
        if unknown := [str(key) for key in values if key not in known]:
            raise InputError(
                t("A profile has no weight {name}.", "工作量参数中没有 {name}。", name=repr(unknown[0])),
                remedy=t("Weights are: {names}.", "可用参数：{names}。", names=", ".join(known)),
            )
        for name in ("name", "version"):
            if not isinstance(values.get(name), str) or not values[name]:
                raise InputError(
                    t("The profile has no {name}.", "工作量参数缺少 {name}。", name=name),
                    remedy=t("Give it a name and a version, as text.", "请以文本给出名称与版本。"),
                )
        for name, value in values.items():
            nested = isinstance(value, Mapping)
            if name not in ("name", "version", "basis") and nested != (known[name].default_factory is dict):
                raise InputError(
                    t("{name} is {value}.", "{name} 的值为 {value}。", name=name, value=repr(value)),
                    remedy=t("Give a number, or a table of them where the weight is “by”.", "请按参数给出数值或表。"),
                )
        if values.get("basis", "assumed") not in ("assumed", "fitted"):
            raise InputError(
                t("basis is {value}.", "basis 的值为 {value}。", value=repr(values["basis"])),
                remedy=t("Write “assumed” or “fitted”.", "请写 assumed 或 fitted。"),
            )
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Give the profile as a plain mapping, for JSON: what a reader needs to check the figure."""
        return asdict(self)

    def handling_minutes(self, categories: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give the minutes to handle an incident of each category, the way excluded."""
        return looked_up(categories, self.minutes_by_category, self.minutes_per_incident)

    def trips(self, categories: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give the trips to an incident of each category."""
        return looked_up(categories, self.trips_by_category, self.trips_per_incident)

    def place_minutes(self, kinds: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give the minutes a month for a place of each kind."""
        by_kind = self.minutes_by_place
        return np.array([by_kind.get(kind, self.minutes_per_place) for kind in np.asarray(kinds, object)], np.float64)


def looked_up(categories: npt.ArrayLike, by_code: Mapping[str, float], otherwise: float) -> npt.NDArray[np.float64]:
    """Give the weight of each code: of itself, or of the nearest class above it that has one."""
    codes, place = np.unique(np.asarray(categories, dtype=object).astype(str), return_inverse=True)
    weight = [
        next((by_code[code[:end]] for end in range(len(code), 0, -1) if code[:end] in by_code), otherwise)
        for code in codes.tolist()
    ]
    return np.array(weight, np.float64)[place] if weight else np.zeros(0)


def read_profiles(path: str | Path) -> tuple[WorkloadProfile, ...]:
    """Read profiles from a JSON file: one mapping as `WorkloadProfile.as_dict` gives it, or a list of them.

    Raises
    ------
    UnreadableFileError
        When the file can't be read or is no JSON.
    InputError
        When a profile is none, with what is wrong.
    """
    file = Path(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFileError(
            t("{file} can't be read: {reason}", "无法读取 {file}：{reason}", file=file.name, reason=error),
            remedy=t("Give a JSON file of profiles, UTF-8.", "请提供 UTF-8 编码的 JSON 参数文件。"),
        ) from error
    entries = content if isinstance(content, list) else [content]
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        raise InputError(
            t("{file} holds no profiles.", "{file} 中没有工作量参数。", file=file.name),
            remedy=t("Write one mapping, or a list of them.", "请写一个对象或对象列表。"),
        )
    return tuple(WorkloadProfile.from_dict(entry) for entry in entries)


@cache
def profiles() -> Mapping[str, WorkloadProfile]:
    """Give the profiles that come with the product, by name."""
    return _by_name(read_profiles(Path(__file__).with_name("profiles.json")))


def _by_name(found: Iterable[WorkloadProfile]) -> dict[str, WorkloadProfile]:
    return {one.name: one for one in found}


def profile_named(name: str, among: Collection[WorkloadProfile] = ()) -> WorkloadProfile:
    """Give a profile by its name: one of `among`, else one that comes with the product.

    Raises
    ------
    NotFoundError
        When there is none; the remedy lists them.
    """
    known = {**profiles(), **_by_name(among)}
    if name not in known:
        raise NotFoundError(
            t("There is no workload profile {name}.", "没有名为 {name} 的工作量参数。", name=repr(name)),
            remedy=t("Profiles are: {names}.", "可用：{names}。", names=", ".join(known)),
        )
    return known[name]


URBAN, RURAL, DEDICATED = (profiles()[name] for name in ("urban", "rural", "dedicated"))
