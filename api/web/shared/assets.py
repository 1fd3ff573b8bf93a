"""The files that the pages load: our own style and scripts, and packages from npm, which the set-up fetches."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException
from starlette.responses import FileResponse

HERE = Path(__file__).parent
NPM = HERE.parent / "node_modules"
FILES = {
    "page.css": HERE / "static/page.css",
    "page.js": HERE / "static/page.js",
    "chart.js": HERE / "static/chart.js",
    "icon.svg": HERE / "static/icon.svg",
}
FETCHED = {
    "htmx.js": NPM / "htmx.org/dist/htmx.min.js",
    "hx-sse.js": NPM / "htmx.org/dist/ext/hx-sse.min.js",
    "uplot.js": NPM / "uplot/dist/uPlot.iife.min.js",
    "uplot.css": NPM / "uplot/dist/uPlot.min.css",
}
HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
"""No-cache: the browser checks each time whether the file has changed, which costs a 304."""

router = APIRouter(include_in_schema=False)


@router.get("/assets/{name}")
async def asset(name: str) -> FileResponse:
    """A file that the pages load."""
    file = FILES.get(name) or FETCHED.get(name)
    if file is None or not file.exists():
        raise HTTPException(404, "there is no such file")
    return FileResponse(file, headers=HEADERS)


def are_fetched() -> bool:
    """Whether all files from npm are there."""
    return all(file.exists() for file in FETCHED.values())
