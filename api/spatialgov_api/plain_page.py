"""Pages of a few words, without scripts: the frame that they share."""

from spatialgov.language import current_language
from spatialgov_maps.assets import inline_style

__all__ = ["plain_page"]

_FRAME = """<!DOCTYPE html>
<html lang="{tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
base-uri 'none'; form-action {forms}">
<title>{title} – spatialgov</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header class="top">
<p class="brand"><a href="{home}?lang={lang}"><span aria-hidden="true" class="mark"></span>spatialgov</a></p>
<a class="button quiet" href="?lang={other_tag}{query}" lang="{other_tag}">{other}</a>
</header>
{main}
</body>
</html>
"""


def plain_page(title: str, main: str, *, home: str = "./", query: str = "", has_form: bool = False) -> str:
    """Give a page.

    Parameters
    ----------
    title, main
        HTML: what stands in the title, and the element ``main``.
    home
        Way to the start page.
    query
        What the same page in the other language is asked for with, besides the language: ``&amp;next=…``.
    has_form
        Whether the page may send a form, to this service.
    """
    chinese = current_language() == "zh"
    return _FRAME.format(
        tag="zh-CN" if chinese else "en",
        lang=current_language(),
        style=inline_style("css/start.css"),
        other="English" if chinese else "中文",
        other_tag="en" if chinese else "zh",
        forms="'self'" if has_form else "'none'",
        title=title,
        main=main,
        home=home,
        query=query,
    )
