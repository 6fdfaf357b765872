"""The maps of a workspace's service points, checkpoints and patrol beats.

Each takes a question with the area that its reader is limited to, and raises what `ServiceAnalysis` raises for it.
"""

from dataclasses import replace

import geopandas as gpd

from spatialgov.language import t
from spatialgov.workspace import BeatQuestion, CheckpointQuestion, ServiceQuestion, Workspace
from spatialgov.workspace.service_results import demand_name, speeds_name
from spatialgov_maps.base import Map
from spatialgov_maps.beat_map import beat_map
from spatialgov_maps.checkpoint_map import checkpoint_map
from spatialgov_maps.context import names_of
from spatialgov_maps.service_point_map import service_point_map
from spatialgov_maps.workspace_context import context_of, edition_text, joined, jurisdiction_name

__all__ = ["map_of_beats", "map_of_checkpoints", "map_of_service_points"]


def map_of_service_points(workspace: Workspace, question: ServiceQuestion) -> Map:
    """Draw which centre serves which grid in force, and where new ones should stand."""
    plan = workspace.service_analysis.service_points(question)
    context = context_of(workspace, question.area)
    subtitle = joined(
        jurisdiction_name(context),
        edition_text(plan.basis["edition"]),
        demand_name(question.demand),
        speeds_name(question.speeds),
    )
    return service_point_map(plan, context=context, subtitle=subtitle)


def map_of_checkpoints(workspace: Workspace, question: CheckpointQuestion) -> Map:
    """Draw where to stand so that nobody leaves a jurisdiction unseen."""
    plan = workspace.service_analysis.checkpoints(question)
    context = context_of(workspace, question.area)
    return checkpoint_map(plan, context=context, subtitle=_names(plan.ground))


def map_of_beats(workspace: Workspace, question: BeatQuestion) -> Map:
    """Draw the patrol beats of a jurisdiction."""
    plan = workspace.service_analysis.beats(question)
    context = replace(context_of(workspace, question.area), roads=None)
    shift = t("shift of {h:g} hours", "每班 {h:g} 小时", h=question.shift_h)
    return beat_map(plan, context=context, subtitle=joined(_names(plan.ground), shift, speeds_name(question.speeds)))


def _names(ground: gpd.GeoDataFrame) -> str:
    return t(", ", "、").join(names_of(ground))
