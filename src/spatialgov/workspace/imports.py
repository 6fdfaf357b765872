"""Bring data in: every loader once, each with a report of what it took, what it refused and what it dropped."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov import sample
from spatialgov.bulk import Hands
from spatialgov.coverage.cameras.reading import CameraRules, open_cameras
from spatialgov.errors import (
    ConflictError,
    FaultyDataError,
    InputError,
    MissingColumnError,
    NotFoundError,
    UnreadableFileError,
)
from spatialgov.faults import Fault, errors_only
from spatialgov.incidents.categories import read_categories
from spatialgov.incidents.duplicates import NEAR_M, NEAR_MINUTES
from spatialgov.incidents.quality import QualityTally, Repeat
from spatialgov.incidents.reading import ADDRESS, IncidentRules
from spatialgov.language import t
from spatialgov.locate.address import read_addresses
from spatialgov.osm_extract import is_extract
from spatialgov.osm_layers import read_buildings, read_roads
from spatialgov.places import Place, as_place, here, pinned
from spatialgov.responsible_posts import read_responsible_posts
from spatialgov.store import Store
from spatialgov.store.models import LAYERS, frame_columns
from spatialgov.store.records import LoadCounts
from spatialgov.units import read_units
from spatialgov.vector_io import read_vector
from spatialgov.vector_io.batches import first_bytes, open_batches
from spatialgov.workspace.categories import categories_in_force
from spatialgov.workspace.loading import MOST_FAULTS, load
from spatialgov.workspace.loading_in_parts import JudgeIncidents, load_in_parts
from spatialgov.workspace.locations import Locations
from spatialgov.workspace.reports import ImportReport

__all__ = ["OSM_NOTE", "SAMPLE_NOTE", "Imports"]

OSM_NOTE = "openstreetmap"
"""Set once something of OpenStreetMap is in the store: its licence asks that every map says so."""
SAMPLE_NOTE = "sample_city"
"""The note that says which sample city a store holds."""


class Imports:
    """The loaders of a workspace; each is one transaction of the store."""

    def __init__(self, store: Store, locations: Locations) -> None:
        self._store = store
        self._locations = locations

    def units(
        self,
        path: str | Path,
        *,
        datum: str | None = None,
        crs: str | None = None,
        layer: str | None = None,
        columns: Mapping[str, str] | None = None,
        keep: Sequence[str] = (),
        keep_sound: bool = False,
        name: str | None = None,
    ) -> ImportReport:
        """Read basic units and add them as a new set; see `spatialgov.units.read_units` for the parameters.

        Raises
        ------
        FaultyDataError
            When units are faulty and `keep_sound` is not set; nothing is stored.
        """
        units = read_units(path, datum=datum, crs=crs, layer=layer, columns=columns, keep=keep, keep_sound=keep_sound)
        source = Path(path).name
        self._store.add_unit_set(units.frame, name=name or source, datum=units.datum, source=source)
        return ImportReport(
            "units",
            len(units),
            refused=errors_only(units.faults),
            warnings=[f for f in units.faults if f.severity == "warning"],
            dropped_columns=units.dropped_columns,
        )

    def jurisdictions(self, path: str | Path, *, datum: str | None = None) -> ImportReport:
        """Read jurisdictions (`code, level, name, name_en, parent_code`) in place of those that are there."""
        frame, dropped = _asked_for(path, datum, ["code", "level", "name", "name_en", "parent_code"], {"name_en": ""})
        count = self._store.replace_jurisdictions(frame)
        return ImportReport("jurisdictions", count, dropped_columns=dropped)

    def layer(self, kind: str, path: str | Path, *, datum: str | None = None) -> ImportReport:
        """Read a layer (buildings, roads, barriers, places, exclusion_zones, addresses) in place of the one there.

        Raises
        ------
        InputError
            When there is no such layer.
        FaultyDataError
            When a row has no place; of addresses only when no row can be used: bad ones are refused, the others go in.
        """
        if kind not in LAYERS:
            raise InputError(
                t("There is no layer {kind}.", "没有名为 {kind} 的图层。", kind=repr(kind)),
                remedy=t("Layers are: {names}.", "可用图层：{names}。", names=", ".join(LAYERS)),
            )
        if kind == "addresses":
            return self._addresses(path, datum)
        wanted, optional = _layer_columns(kind)
        frame, dropped = _asked_for(path, datum, wanted, optional)
        count = self._store.replace_layer(kind, frame)
        return ImportReport(kind, count, dropped_columns=dropped)

    def _addresses(self, path: str | Path, datum: str | None) -> ImportReport:
        """Read addresses; a bad row is refused with its reason and the others go in, if there are others."""
        data = read_addresses(path, datum=datum)
        refused = errors_only(data.faults)
        if data.frame.empty and refused:
            message = t("{file}: no row can be used.", "{file}：没有可用的行。", file=Path(path).name)
            raise FaultyDataError(message, refused, remedy=refused[0].remedy)
        count = self._store.replace_layer("addresses", data.frame)
        warnings = [fault for fault in data.faults if fault.severity == "warning"]
        return ImportReport(
            "addresses", count, refused=refused, warnings=warnings, dropped_columns=data.dropped_columns
        )

    def posts(self, path: str | Path) -> ImportReport:
        """Read which post is responsible for which grid or jurisdiction, in place of those that are there.

        A bad row is refused with its reason and the others go in. Codes of no grid in force and no jurisdiction are
        taken and pointed out: a plan may not be published yet.

        Raises
        ------
        FaultyDataError
            When no row can be used.
        """
        data = read_responsible_posts(path)
        refused = errors_only(data.faults)
        if data.frame.empty and refused:
            message = t("{file}: no row can be used.", "{file}：没有可用的行。", file=Path(path).name)
            raise FaultyDataError(message, refused, remedy=refused[0].remedy)
        opened = self._locations.in_force()
        known = set(self._store.jurisdictions()["code"]) | set(() if opened is None else opened.about)
        strange = data.frame.loc[~data.frame["code"].isin(known), "code"]
        warnings = [
            Fault(
                "unknown_code",
                t("No grid in force and no jurisdiction has this code.", "现行网格和行政区划中均无此代码。"),
                t("Check the code, or publish the plan that has it.", "请核对代码，或发布含有该网格的方案。"),
                "warning",
                column="code",
                item=code,
            )
            for code in dict.fromkeys(strange)
        ]
        count = self._store.replace_responsible_posts(data.frame)
        return ImportReport(
            "posts", count, refused=refused, warnings=warnings[:MOST_FAULTS], dropped_columns=data.dropped_columns
        )

    def categories(self, path: str | Path, *, valid_from: datetime | None = None) -> ImportReport:
        """Read a list of incident categories (`code, name, name_en`) as a new version; the earlier ones stay.

        Parameters
        ----------
        path
            See `spatialgov.incidents.read_categories`.
        valid_from
            Aware; from when the list is in force, now when not given. A list that equals the newest adds nothing.
        """
        listed = read_categories(path)
        version, added = self._store.add_categories(listed, valid_from=valid_from)
        new, same = (len(listed), 0) if added else (0, len(listed))
        return ImportReport("categories", new, same, version=version)

    def incidents(
        self,
        path: str | Place,
        *,
        datum: str | None = None,
        timezone: str | None = None,
        columns: Mapping[str, str] | None = None,
        refused: Path | None = None,
        dry_run: bool = False,
        hands: Hands | None = None,
    ) -> ImportReport:
        """Load incidents and assign them to the grids in force, if any; loading twice changes nothing.

        A bad row is refused with its reason and the others go in, in one transaction: all of them, or none when the
        file turns out to be damaged. Memory does not grow with the file (but for 60 bytes a row), and no other writer
        waits while it is read. See `spatialgov.vector_io.open_batches` for the formats.

        A row with an `address` and no coordinates is placed by the table of addresses where that is certain; the text
        is not stored. The report tells the quality of the rows, and which of them probably repeat another one of the
        file or of the store.

        Parameters
        ----------
        path, datum, timezone, columns
            See `spatialgov.incidents.read_incidents`. A file in an object store is fetched once, and again by each
            worker that reads parts of it.
        refused
            Where to write the rows that were refused: as they were, with `row`, `column`, `reason` and `remedy`, to be
            mended and sent again. CSV becomes CSV, JSON lines of JSON, Parquet Parquet, all else GeoPackage; a name
            without suffix gets the usual one. Nowhere when not given.
        dry_run
            Whether to store nothing and only say what would become of the rows.
        hands
            Have the rows read, judged and assigned in parts (`spatialgov.bulk`), where the file is a CSV that is not
            packed, nor UTF-16, and has no column `address`. What comes out is the same.
        """
        edition = self._locations.in_force()
        number = None if edition is None else edition.edition.id

        tally = QualityTally(categories_in_force(self._store).table["code"])

        def tallied(frames: Iterator[gpd.GeoDataFrame]) -> Iterator[gpd.GeoDataFrame]:
            for frame in frames:
                tally.add(frame)
                yield frame

        def upsert(frames: Iterator[gpd.GeoDataFrame]) -> LoadCounts:
            counts = self._store.upsert_incidents(tallied(frames), edition_id=number, dry_run=dry_run)
            changed = counts.accepted + counts.updated and not dry_run
            if changed and number is not None and not counts.assigned:  # another edition was published meanwhile
                self._locations.assign_incidents()
            return counts

        book = cache(self._locations.address_book)
        rules = IncidentRules(columns, timezone, lambda text: book().match(text))
        source = pinned(as_place(path))
        file = open_batches(here(source), rules.names.values(), datum=datum, instead=rules.names[ADDRESS])
        how: dict[str, Any] = {"edition": edition, "refused": refused, "dry_run": dry_run}
        if hands is not None and rules.names[ADDRESS] not in file.names and file.pieces(sys.maxsize):
            job = JudgeIncidents(source, datum, timezone, dict(columns or {}))
            try:
                report = load_in_parts(job, hands, file, rules, upsert, **how)
            except UnreadableFileError:  # from which line on, only one who reads all of it can say
                report = load("incidents", file, rules, upsert, **how)
        else:
            report = load("incidents", file, rules, upsert, **how)
        self._remember_others(tally, dry_run=dry_run)
        repeats = [_repeat(one) for one in tally.repeats(MOST_FAULTS - len(report.warnings))]
        return replace(report, quality=tally.result(), warnings=[*report.warnings, *repeats])

    def _remember_others(self, tally: QualityTally, *, dry_run: bool) -> None:
        """Show a tally the incidents of its period that are not of its file, if there are any."""
        if tally.period is None:
            return
        there = self._store.incident_count(*tally.period)
        # when they are stored, all rows of the file lie in the period
        if there == 0 or (there == tally.rows and not dry_run):
            return
        columns = ("source_id", "category", "occurred_at", "occurred_until", "geometry")
        for frame in self._store.incident_batches(*tally.period, columns):
            tally.add_before(frame)

    def cameras(
        self,
        path: str | Path,
        *,
        datum: str | None = None,
        columns: Mapping[str, str] | None = None,
        refused: Path | None = None,
        dry_run: bool = False,
    ) -> ImportReport:
        """Load cameras in the manner of `incidents`; see `spatialgov.coverage.open_cameras` for the formats.

        Cameras outside all jurisdictions, if the store has any, are taken and pointed out: in the sea, in another town.
        """
        ground = self._ground()
        strays: list[Fault] = []

        def looked_at(frames: Iterator[gpd.GeoDataFrame]) -> Iterator[gpd.GeoDataFrame]:
            for frame in frames:
                if ground is not None:
                    outside = ~shapely.intersects(ground, frame.geometry.to_numpy())
                    strays.extend(map(_stray, frame[outside].itertuples(index=False)))
                yield frame

        def upsert(frames: Iterator[gpd.GeoDataFrame]) -> LoadCounts:
            return self._store.upsert_cameras(looked_at(frames), dry_run=dry_run)

        rules = CameraRules(columns)
        file = open_cameras(Path(path), rules, datum=datum)
        report = load("cameras", file, rules, upsert, edition=None, refused=refused, dry_run=dry_run)
        if not dry_run and is_extract(first_bytes(Path(path))):
            self._store.set_note(OSM_NOTE, Path(path).name)
        return replace(report, warnings=[*report.warnings, *strays[: MOST_FAULTS - len(report.warnings)]])

    def _ground(self) -> BaseGeometry | None:
        """Give the ground of all jurisdictions; None without any."""
        areas = self._store.jurisdictions()
        if areas.empty:
            return None
        ground: BaseGeometry = shapely.union_all(areas[areas["parent_code"] == ""].geometry.to_numpy())
        shapely.prepare(ground)
        return ground

    def osm(self, path: str | Path, tell: Callable[[str], None] = lambda _: None) -> Iterator[ImportReport]:
        """Load the cameras, the buildings and the roads of an extract of OpenStreetMap, a report each.

        Cameras are added to those there, or updated; buildings and roads take the place of the layers there, unless
        the extract has none. No other tag is read than those that say where a thing is and what it is like.

        Parameters
        ----------
        path
            An extract, ``.osm.pbf``.
        tell
            Is told what is being read.

        Raises
        ------
        UnreadableFileError
            When the file is damaged, or no extract; nothing is stored.
        """
        file = Path(path)
        if not is_extract(first_bytes(file)):
            raise UnreadableFileError(
                t("{file} is no extract of OpenStreetMap.", "{file} 不是 OpenStreetMap 数据摘录。", file=file.name),
                remedy=t(
                    "Name a file .osm.pbf; osmium and osmconvert write it.",
                    "请提供 .osm.pbf 文件（可用 osmium 转换）。",
                ),
            )

        def count(what: str) -> Callable[[int], None]:
            return lambda n: tell(t("{what}: {n:,} read …", "{what}：已读 {n:,} 个 ……", what=what, n=n))

        buildings = read_buildings(file, count(t("buildings", "建筑物")))
        roads = read_roads(file, count(t("roads", "道路")))
        self._store.set_note(OSM_NOTE, file.name)
        try:
            yield self.cameras(file)
        except NotFoundError:
            yield ImportReport("cameras", 0)
        for kind, layer in (("buildings", buildings), ("roads", roads)):
            stored = self._store.replace_layer(kind, layer.frame) if len(layer.frame) else 0
            yield ImportReport(kind, stored, left_out=layer.left_out)

    def sample_city(self) -> Iterator[ImportReport]:
        """Load the sample city into an empty store, a report a layer; does nothing when it is there already.

        Raises
        ------
        ConflictError
            When the store holds other data: a real town is never mixed with a made-up one.
        """
        folder = sample.boundaries_dir() / "sample"
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        mark = f"{manifest['name_en']} {manifest['seed']}"
        if self._store.note(SAMPLE_NOTE) == mark:
            return
        if self._store.unit_sets() and self._store.note(SAMPLE_NOTE) is None:
            raise ConflictError(
                t("The store holds data of your own.", "数据库中已有您自己的数据。"),
                remedy=t("Give the demo another --data-dir.", "请为演示指定另一个 --data-dir。"),
            )
        yield self.jurisdictions(folder / "jurisdictions.geojson")
        for kind in LAYERS:
            if kind == "addresses":
                yield self.layer(kind, folder / "addresses.csv", datum="wgs84")
            else:
                yield self.layer(kind, folder / f"{kind}.geojson")
        yield self.categories(folder / "incident_categories.csv")
        yield self.incidents(folder / "incidents.csv", datum="wgs84")
        yield self.cameras(folder / "cameras.csv", datum="wgs84")
        # Units last: only they are added, not replaced, and so tell a store that was interrupted from one of a town.
        yield self.units(folder / "units.geojson", name=manifest["name"])
        self._store.set_note(SAMPLE_NOTE, mark)


def _stray(camera: Any) -> Fault:
    """Point out a camera outside all jurisdictions."""
    return Fault(
        "outside_jurisdictions",
        t("It lies outside all jurisdictions.", "位于所有行政区划之外。"),
        t("Check its coordinates and their datum.", "请核对坐标及坐标基准。"),
        "warning",
        item=camera.camera_id,
        lon=camera.geometry.x,
        lat=camera.geometry.y,
    )


def _repeat(repeat: Repeat) -> Fault:
    """Say that a row probably repeats another incident."""
    other = repeat.of_id or t("row {n}", "第 {n} 行", n=repeat.of_row)
    message = t(
        "It has the category of {other}, at most {m:g} m and {n:g} minutes away: probably the same incident.",
        "与 {other} 类别相同，相距不超过 {m:g} 米、{n:g} 分钟，可能是同一事件。",
        other=other,
        m=NEAR_M,
        n=NEAR_MINUTES,
    )
    remedy = t("If so, delete one of them at its source.", "若是，请在来源处删去其一。")
    return Fault("near_duplicate", message, remedy, "warning", row=repeat.row)


def _layer_columns(kind: str) -> tuple[list[str], dict[str, Any]]:
    columns = [c for c in frame_columns(LAYERS[kind]) if c.name != "geometry"]
    optional = {c.name: None if c.nullable else "" for c in columns if c.nullable or c.default is not None}
    return [c.name for c in columns], optional


def _asked_for(
    path: str | Path, datum: str | None, wanted: Sequence[str], optional: Mapping[str, Any]
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Read the columns that were asked for; the others are dropped and named."""
    frame = read_vector(path, datum=datum).frame
    missing = [name for name in wanted if name not in frame and name not in optional]
    if missing:
        raise MissingColumnError(
            t(
                "{file} lacks the columns {names}.",
                "{file} 缺少列 {names}。",
                file=Path(path).name,
                names=", ".join(missing),
            ),
            remedy=t("It needs: {names}.", "需要的列：{names}。", names=", ".join(wanted)),
        )
    kept = pd.DataFrame({name: frame[name] if name in frame else optional[name] for name in wanted}, index=frame.index)
    for name in (name for name in wanted if optional.get(name) == ""):
        kept[name] = kept[name].fillna("")
    dropped = [str(name) for name in frame.columns if name not in wanted and name != "geometry"]
    faults = [
        Fault(
            "missing_geometry",
            t("Row {row} has no place.", "第 {row} 行没有位置。", row=int(row) + 1),
            t("Give it a geometry, or delete the row.", "请补充几何，或删除该行。"),
            row=int(row) + 1,
        )
        for row in frame.index[frame.geometry.isna() | frame.geometry.is_empty]
    ]
    if faults:
        message = t(
            "{file}: {n} rows have no place, the first is row {row}.",
            "{file}：{n} 行没有位置，首个为第 {row} 行。",
            file=Path(path).name,
            n=len(faults),
            row=faults[0].row,
        )
        raise FaultyDataError(message, faults, remedy=faults[0].remedy)
    return gpd.GeoDataFrame(kept, geometry=frame.geometry), dropped
