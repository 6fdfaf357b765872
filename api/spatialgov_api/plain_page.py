"""Pages of a few words, which need no scripts: the frame that they share."""

from spatialgov.language import current_language
from spatialgov_maps.assets import inline_style

__all__ = ["plain_page"]

_FRAME = """<!DOCTYPE html>
<html lang="{tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {allowed}; \
style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action {allowed}">
<title>{title} – spatialgov</title>
<link rel="icon" href="data:,">
<style>{style}</style>
{script}</head>
<body>
<header class="top">
<p class="brand"><a href="{home}?lang={lang}"><span aria-hidden="true" class="mark"></span>spatialgov</a></p>
<a class="button quiet" href="?lang={other_tag}{query}" lang="{other_tag}">{other}</a>
</header>
{main}
</body>
</html>
"""


def plain_page(title: str, main: str, *, home: str = "./", query: str = "", form_script: str = "") -> str:
    """Give a page.

    Parameters
    ----------
    title, main
        HTML: what stands in the title, and the element ``main``.
    home
        Way to the start page.
    query
        What the same page in the other language is asked for with, besides the language: ``&amp;next=…``.
    form_script
        Of a page that may send a form, to this service: the file of the pages that goes with the form.
    """
    chinese = current_language() == "zh"
    return _FRAME.format(
        tag="zh-CN" if chinese else "en",
        lang=current_language(),
        style=inline_style("css/start.css"),
        other="English" if chinese else "中文",
        other_tag="en" if chinese else "zh",
        allowed="'self'" if form_script else "'none'",
        script=f'<script type="module" src="static/{form_script}"></script>\n' if form_script else "",
        title=title,
        main=main,
        home=home,
        query=query,
    )
