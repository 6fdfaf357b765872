"""Answers to whoever is out in the field: which packs there are, who is responsible, the nearest grid."""

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel, ConfigDict

from spatialgov.store import Edition
from spatialgov.workspace import Link, ListedPack, NearestGrid, Post, Responsible
from spatialgov_api.schemas import LinkAnswer, LocationAnswer

__all__ = ["FieldPacksAnswer", "NearestGridAnswer", "PackAddressesAnswer", "ResponsibleAnswer"]


def _link(link: Link) -> LinkAnswer:
    return LinkAnswer(level=link.level, code=link.code, name=link.name, name_en=link.name_en)


class ListedPackAnswer(LinkAnswer):
    """A jurisdiction that has a field pack, and of how many grids."""

    grids: int

    @classmethod
    def of(cls, listed: ListedPack) -> Self:
        """Give the answer for a pack."""
        return cls(**_link(listed.jurisdiction).model_dump(), grids=listed.grids)


class FieldPacksAnswer(BaseModel):
    """The field packs that there are in the edition in force, by code."""

    edition: int
    valid_from: str
    packs: list[ListedPackAnswer]

    @classmethod
    def of(cls, edition: Edition, packs: list[ListedPack]) -> Self:
        """Give the answer for an edition's packs."""
        listed = [ListedPackAnswer.of(pack) for pack in packs]
        return cls(edition=edition.id, valid_from=edition.valid_from.isoformat(), packs=listed)


class PackAddressesAnswer(BaseModel):
    """The addresses in the grids of a field pack: for each street its name, then number, building, lon, lat of each."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"edition": 2, "addresses": [["望桥路", [["1号", "2幢", 116.6021, 33.9123]]]]}]}
    )

    edition: int
    addresses: list[list[str | list[list[str | float]]]]


class PostAnswer(BaseModel):
    """A post, never the person who fills it; all but `post` is empty where not stated."""

    post: str
    post_en: str
    duty: str
    duty_en: str

    @classmethod
    def of(cls, post: Post) -> Self:
        """Give the answer for a post."""
        return cls(**asdict(post))


class ResponsiblePlaceAnswer(LinkAnswer):
    """A grid (`level` is ``grid``) or a jurisdiction, and the posts that answer for it."""

    posts: list[PostAnswer]

    @classmethod
    def of(cls, found: Responsible) -> Self:
        """Give the answer for a grid or a jurisdiction."""
        return cls(**_link(found.place).model_dump(), posts=[PostAnswer.of(post) for post in found.posts])


class ResponsibleAnswer(BaseModel):
    """Who answers for a grid or a jurisdiction, and for those above it, from the bottom up."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "responsible": [
                        {
                            "level": "grid",
                            "code": "990101001001003",
                            "name": "第3网格",
                            "name_en": "",
                            "posts": [
                                {
                                    "post": "第3网格网格员岗",
                                    "post_en": "Grid 3 patrol post",
                                    "duty": "日常巡查",
                                    "duty_en": "Patrol",
                                }
                            ],
                        }
                    ]
                }
            ]
        }
    )

    responsible: list[ResponsiblePlaceAnswer]

    @classmethod
    def of(cls, found: list[Responsible]) -> Self:
        """Give the answer for a chain."""
        return cls(responsible=[ResponsiblePlaceAnswer.of(one) for one in found])


class NearestGridAnswer(BaseModel):
    """The grid that a location lies in (`distance_m` is 0), or the nearest one with the distance to its border."""

    location: LocationAnswer
    distance_m: float

    @classmethod
    def of(cls, found: NearestGrid) -> Self:
        """Give the answer for a location."""
        return cls(location=LocationAnswer.of(found.location), distance_m=found.distance_m)
