"""What the pages load: our own style and scripts, and those of others from npm, which the set-up fetches."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException
from starlette.responses import FileResponse

HERE = Path(__file__).parent
FILES = {
    "page.css": HERE / "static/page.css",
    "page.js": HERE / "static/page.js",
    "chart.js": HERE / "static/chart.js",
    "icon.svg": HERE / "static/icon.svg",
}
FETCHED = {
    "htmx.js": HERE / "node_modules/htmx.org/dist/htmx.min.js",
    "hx-sse.js": HERE / "node_modules/htmx.org/dist/ext/hx-sse.min.js",
    "uplot.js": HERE / "node_modules/uplot/dist/uPlot.iife.min.js",
    "uplot.css": HERE / "node_modules/uplot/dist/uPlot.min.css",
}
HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
"""No-cache: a browser asks whether it is still the same, which costs a 304."""

router = APIRouter(include_in_schema=False)


@router.get("/assets/{name}")
async def asset(name: str) -> FileResponse:
    """One of the files."""
    file = FILES.get(name) or FETCHED.get(name)
    if file is None or not file.exists():
        raise HTTPException(404, "there is no such file")
    return FileResponse(file, headers=HEADERS)


def are_fetched() -> bool:
    """Whether all that comes from npm is there."""
    return all(file.exists() for file in FETCHED.values())
