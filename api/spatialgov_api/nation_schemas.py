"""The shapes of lookups in the national table."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from spatialgov.nation import Entry
from spatialgov.workspace.nation import NationalLocation

__all__ = ["NationAnswer", "NationJurisdictionAnswer", "NationLocateManyAnswer", "NationLocationAnswer"]


class NationLinkAnswer(BaseModel):
    """One jurisdiction above a grid."""

    level: str
    code: str


class NationLocationAnswer(BaseModel):
    """The grid of a location, who published it, and the jurisdictions above it, from the province down."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "990101001001003",
                    "jurisdiction": "990101000000",
                    "on_border": False,
                    "datum": "gcj02",
                    "edition": 2,
                    "chain": [
                        {"level": "province", "code": "990000000000"},
                        {"level": "city", "code": "990100000000"},
                        {"level": "district", "code": "990101000000"},
                    ],
                }
            ]
        }
    )

    code: str
    jurisdiction: str
    on_border: bool
    datum: str
    edition: int
    chain: list[NationLinkAnswer]

    @classmethod
    def of(cls, found: NationalLocation) -> "NationLocationAnswer":
        """Give the answer for a location."""
        chain = [NationLinkAnswer(level=level, code=code) for level, code in found.chain.items()]
        return cls(
            code=found.code,
            jurisdiction=found.jurisdiction,
            on_border=found.on_border,
            datum=found.datum,
            edition=found.edition,
            chain=chain,
        )


class NationLocateManyAnswer(BaseModel):
    """The grid code of each location, in the order of the request; null outside all grids.

    `editions` are those that the answers come from, by jurisdiction.
    """

    editions: dict[str, int]
    datum: str
    codes: list[str | None]


class NationJurisdictionAnswer(BaseModel):
    """What a jurisdiction has published last: how many grids, its own number of the edition, and when (UTC)."""

    code: str
    grids: int
    edition: int
    published_at: str

    @classmethod
    def of(cls, code: str, entry: Entry) -> "NationJurisdictionAnswer":
        """Give the answer for an entry of the table."""
        return cls(code=code, grids=entry.grids, edition=entry.edition, published_at=entry.published_at)


class NationAnswer(BaseModel):
    """Who has published to the national table, sorted by code, and how many grids they have together."""

    grids: int
    jurisdictions: list[NationJurisdictionAnswer]

    @classmethod
    def of(cls, entries: Mapping[str, Entry]) -> "NationAnswer":
        """Give the answer for the entries of the table."""
        listed = [NationJurisdictionAnswer.of(code, entries[code]) for code in sorted(entries)]
        return cls(grids=sum(entry.grids for entry in entries.values()), jurisdictions=listed)
