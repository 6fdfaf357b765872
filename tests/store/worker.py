"""A process of its own for `test_concurrency.py`: opens the store and writes until it is done, or killed."""

import sys

import geopandas as gpd
import pandas as pd
import sqlalchemy as sa

from spatialgov.store import Store
from spatialgov.store.database import Database
from spatialgov.store.models import Note


def count_up(url: str, rounds: int) -> None:
    """Read a number and write the next one."""
    database = Database.open(url)
    for _ in range(rounds):
        with database.write() as connection:
            value = int(connection.scalar(sa.select(Note.value).where(Note.key == "n")) or 0)
            connection.execute(sa.update(Note).where(Note.key == "n").values(value=str(value + 1)))
    database.close()


def load_forever(url: str, batch: int) -> None:
    """Load batches of incidents, and say the number of each one that is in."""
    store = Store.open(url)
    number = 0
    while True:
        incidents = gpd.GeoDataFrame(
            {
                "source_id": [f"{number}-{row}" for row in range(batch)],
                "category": "0101",
                "occurred_at": pd.Timestamp("2026-01-01", tz="UTC"),
                "status": "open",
            },
            geometry=gpd.points_from_xy([116.0] * batch, [33.0] * batch),
            crs="EPSG:4326",
        )
        store.upsert_incidents(incidents)
        print(number, flush=True)
        number += 1


if __name__ == "__main__":
    {"count_up": count_up, "load_forever": load_forever}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
