"""Make a field pack: the grids of one jurisdiction in one small file, to be asked without a network."""

import tempfile
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spatialgov.errors import NotFoundError
from spatialgov.language import t
from spatialgov.locate.field_pack import encode_field_pack
from spatialgov.responsible_posts import POST_COLUMNS
from spatialgov.store import Edition

if TYPE_CHECKING:
    from spatialgov.workspace.locations import Link, OpenEdition

__all__ = ["FieldPack", "make_field_pack", "no_grids"]


@dataclass(frozen=True, slots=True)
class FieldPack:
    """A field pack.

    Attributes
    ----------
    content
        The file (`spatialgov.locate.field_pack` tells its format).
    edition
        The edition that its answers come from.
    jurisdiction
        Whose grids it has; None for all of the edition.
    grids
        How many these are.
    """

    content: bytes
    edition: Edition
    jurisdiction: "Link | None"
    grids: int

    def save(self, path: Path) -> None:
        """Write the file beside `path` and rename it into place.

        Raises
        ------
        OSError
            When it can't be written.
        """
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            beside = Path(folder, path.name)
            beside.write_bytes(self.content)
            beside.replace(path)


def make_field_pack(opened: "OpenEdition", code: str | None, posts: pd.DataFrame) -> FieldPack:
    """Give the pack with the grids of a jurisdiction, or with all grids of an edition, and who answers for them.

    Parameters
    ----------
    opened
        The edition.
    code
        That of the jurisdiction; None for all of the edition.
    posts
        The responsible posts (`POST_COLUMNS`).

    Raises
    ------
    NotFoundError
        When none of the edition's grids lies in a jurisdiction of that code.
    """
    codes = opened.locator.codes
    about = [opened.about[grid] for grid in codes]
    own = {link for _, chain in about for link in chain if link.code == code}
    chosen = [i for i, (_, chain) in enumerate(about) if code is None or not own.isdisjoint(chain)]
    if not chosen:
        raise no_grids(opened, code)
    chains = {chain: i for i, chain in enumerate(dict.fromkeys(about[i][1] for i in chosen))}
    links = {link: i for i, link in enumerate(dict.fromkeys(link for chain in chains for link in chain))}
    jurisdiction = next(iter(own), None)
    header = {
        "edition": opened.edition.id,
        "valid_from": opened.edition.valid_from.isoformat(),
        "jurisdiction": None if jurisdiction is None else asdict(jurisdiction),
        "links": [asdict(link) for link in links],
        "chains": [[links[link] for link in chain] for chain in chains],
        "grids": [[codes[i], about[i][0], chains[about[i][1]]] for i in chosen],
        "posts": _posts_of(posts, {codes[i] for i in chosen} | {link.code for link in links}),
    }
    content = encode_field_pack(opened.locator.edges, np.array(chosen), header)
    return FieldPack(content, opened.edition, jurisdiction, len(chosen))


def _posts_of(posts: pd.DataFrame, codes: Collection[str]) -> dict[str, list[list[str]]]:
    """Give code → for each of its posts: post, post_en, duty, duty_en."""
    found: dict[str, list[list[str]]] = {}
    for code, *post in zip(*(posts[name].tolist() for name in POST_COLUMNS), strict=True):
        if code in codes:
            found.setdefault(code, []).append(post)
    return found


def no_grids(opened: "OpenEdition", code: str | None) -> NotFoundError:
    """Give the error for a jurisdiction without grids."""
    return NotFoundError(
        t(
            "No grid of edition {edition} lies in a jurisdiction with the code “{code}”.",
            "第 {edition} 版中没有属于代码为“{code}”的行政区划的网格。",
            edition=opened.edition.id,
            code=code or "",
        ),
        remedy=t(
            "Name the 12-digit code of a district, a subdistrict or a community that has grids.",
            "请给出有网格的区县、街道或社区的 12 位代码。",
        ),
    )
