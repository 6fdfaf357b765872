"""What the page says before its tables."""

__all__ = ["HEAD", "PACKAGES"]

PACKAGES = ("playwright", "fastapi", "uvicorn")
HEAD = """# First view of the pages

Written by `make bench-pages`: the sample city served on localhost (the page was asked for once before), opened in
Debian's chromium-headless-shell, Chromium without a window and without a graphics card, so that WebGL runs on the
processor. {runs} browsers one after the other, each new, with nothing in its cache; medians. {date}; {versions}.

* **first_view_ms**: from the navigation to the page's mark `first-view`: data, map, labels and lists are all seen.
* **ready_ms**: from the navigation until the page can be worked with. The workbench shows a picture of the plan, its
  lists and numbers first, and the map takes its place as soon as MapLibre has begun; on the other pages both are one.
* **slowest_ms**: the worst of the runs.
* **again_ms**: the same page opened a second time by the same browser.
* **what_if_ms**: a camera of the whole city is dragged on the tab *Coverage*; from when it is let go until the panel
  shows the last numbers of what is covered then.
* **renderer_cpu_ms**, **gpu_cpu_ms**, **browser_cpu_ms**: CPU time of Chromium's processes until it is ready; on
  a machine with a graphics card the second is next to nothing.
* **requests**, **wire_kb**: until nothing comes for a second, what comes after the first view included; bodies as
  they are sent, and 300 bytes a request for its headers. **again_requests**, **again_kb**: the second time.
"""
