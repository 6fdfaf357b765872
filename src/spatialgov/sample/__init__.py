"""A made-up city, the same for every seed: Qinglan District (青岚区), 24 km², about 3,000 basic units.

The committed city lies in ``data/boundaries/sample``; ``python -m spatialgov.sample OUT_DIR`` writes it anew.
"""

from pathlib import Path

from spatialgov.errors import NotFoundError
from spatialgov.language import t
from spatialgov.sample.write import DEFAULT_SEED, write_city

__all__ = ["DEFAULT_SEED", "boundaries_dir", "write_city"]


def boundaries_dir() -> Path:
    """Give the folder with the sample jurisdictions: of the checkout, or of the installed wheel.

    Raises
    ------
    NotFoundError
        When the installation carries neither.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_boundaries", package.parents[1] / "data" / "boundaries"):
        if (folder / "sample" / "manifest.json").is_file():
            return folder
    raise NotFoundError(
        t("The sample city is not part of this installation.", "本次安装不含示例城市数据。"),
        remedy=t(
            "Write it with: python -m spatialgov.sample data/boundaries/sample",
            "请运行：python -m spatialgov.sample data/boundaries/sample",
        ),
    )
