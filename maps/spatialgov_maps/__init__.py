"""The pictures: folium maps that ask no other host for anything, and the web pages.

Maps are made by `plan_map.plan_map`, `heat_map.heat_map`, `recommend_map.recommend_map` and, of a workspace's cameras,
by `coverage_maps`; written by `base.save_html` or served by `base.html`. The pages lie in `static_dir`.
"""

from pathlib import Path

__all__ = ["static_dir"]


def static_dir() -> Path:
    """Give the folder of the web pages: ``index.html``, ``docs.html``, ``css``, ``js`` and ``vendor``.

    Serve it under ``/static/``, ``index.html`` at ``/`` and ``docs.html`` at ``/docs``.
    """
    return Path(__file__).resolve().parent / "static"
