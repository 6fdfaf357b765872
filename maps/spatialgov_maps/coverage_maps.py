"""The maps of a workspace's cameras: what they cover, the gaps, where others should stand.

Each takes a `CoverageQuestion`, with the area that its reader is limited to.
"""

from collections.abc import Mapping

import geopandas as gpd

from spatialgov.language import t
from spatialgov.workspace import CoverageQuestion, RemedyWish, Workspace
from spatialgov.workspace.coverage_results import class_name, level_name
from spatialgov.workspace.coverage_scenes import Scene
from spatialgov_maps.base import Map
from spatialgov_maps.context import Context, grid_headings, names_of
from spatialgov_maps.coverage_map import coverage_map
from spatialgov_maps.gap_map import gap_map
from spatialgov_maps.site_map import site_map
from spatialgov_maps.workspace_context import context_of, edition_text, joined, jurisdiction_name

__all__ = ["map_of_coverage", "map_of_gaps", "map_of_sites"]


def map_of_coverage(workspace: Workspace, question: CoverageQuestion, level: str | None = None) -> Map:
    """Draw what the cameras cover, by area.

    Raises
    ------
    NotFoundError
        When there are no cameras, or no ground that the reader may look at.
    InputError
        When there is no such level.
    """
    coverage = workspace.coverage_analysis
    areas = coverage.by_area(question, level=level)
    scene = coverage.scene(question)
    context = context_of(workspace, question.area)
    return coverage_map(
        areas,
        coverage.measure(question, level="all"),
        scene.sight,
        scene.own,
        headings=_headings(areas, scene, context),
        missing=coverage.about(question)["missing"],
        context=context,
        subtitle=_subtitle(scene, context),
    )


def map_of_gaps(workspace: Workspace, question: CoverageQuestion, *, weights: Mapping[str, float] | None = None) -> Map:
    """Draw what the cameras do not cover; raises as `map_of_coverage`."""
    coverage = workspace.coverage_analysis
    found = coverage.gaps(question, weights=weights)
    scene = coverage.scene(question)
    context = context_of(workspace, question.area)
    return gap_map(
        found,
        coverage.visits(question, found),
        scene.areas.frame,
        scene.sight,
        scene.sight.views.table[scene.own],
        context=context,
        subtitle=_subtitle(scene, context),
    )


def map_of_sites(workspace: Workspace, question: CoverageQuestion, wish: RemedyWish) -> Map:
    """Draw what to do about gaps; raises as `map_of_coverage` and `CoverageAnalysis.remedies`."""
    coverage = workspace.coverage_analysis
    plan = coverage.remedies(question, wish)
    scene = coverage.scene(question)
    context = context_of(workspace, question.area)
    return site_map(
        plan, scene.sight, scene.own, scene.areas.frame, context=context, subtitle=_subtitle(scene, context)
    )


def _subtitle(scene: Scene, context: Context) -> str:
    """Give what the page is about: the jurisdiction, the edition, the class of picture."""
    edition = "" if scene.edition is None else edition_text(scene.edition)
    needed = t("class of picture: {name}", "图像等级：{name}", name=class_name(scene.question.needed))
    return joined(jurisdiction_name(context), edition, needed)


def _headings(areas: gpd.GeoDataFrame, scene: Scene, context: Context) -> list[str]:
    """Give what to call each area: as other pages call grids, and jurisdictions by their names."""
    jurisdictions = context.jurisdictions
    own = scene.areas.frame.set_index("code")
    if areas["level"].eq("grid").all() and "community_code" in own:
        parents = own["community_code"].reindex(areas["code"]).to_numpy()
        return grid_headings(areas.assign(parent_code=parents), jurisdictions)
    names = {} if jurisdictions is None else dict(zip(jurisdictions["code"], names_of(jurisdictions), strict=True))
    return [
        names.get(code) or name or level_name(level)
        for code, name, level in zip(areas["code"], areas["name"], areas["level"], strict=True)
    ]
