"""What a query asks of Prometheus: enough of its language to see that it asks for what there is."""

from __future__ import annotations

import re

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from adapters.notify.notifier import NOTIFICATIONS
from adapters.timeseries.dead_letters import DEAD_LETTERS
from api.operations.metrics import Metrics

FUNCTIONS = {"absent", "avg", "histogram_quantile", "increase", "max", "min", "rate", "sum", "topk"}
WORDS = {"by"}
OTHERS = {"up": {"job", "instance"}}
"""What Prometheus knows by itself."""
EVERY = {"job", "instance"}
TOKEN = re.compile(r"\s+|[a-zA-Z_:][\w:]*|\d+(?:\.\d+)?|[-+*/()<>,]|==|!=|>=|<=")
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)?\{([^{}]*)\}")
MATCHER = re.compile(r'([a-zA-Z_]\w*)(=~|!~|!=|=)"([^"]*)"')


def exported() -> dict[str, set[str]]:
    """Every series of /metrics, with its labels."""
    metrics = Metrics()
    found = {name: set(labels) for name, labels in OTHERS.items()}
    for gauge in (*vars(metrics).values(), NOTIFICATIONS, DEAD_LETTERS):
        if not hasattr(gauge, "_labelnames"):
            continue
        labels = set(gauge._labelnames) | EVERY
        suffixes = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(gauge._type, ("",))
        for suffix in suffixes:
            found[gauge._name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    told = {family.name for family in text_string_to_metric_families(generate_latest(metrics._registry).decode())}
    assert told <= {re.sub("_(bucket|count|sum|total)$", "", name) for name in found}
    return found


def asked(query: str) -> dict[str, set[str]]:
    """The metrics that a query names, with the labels that it selects them by.

    Raises `ValueError` where it is no query, as far as this can tell.
    """
    found: dict[str, set[str]] = {}

    def take(selector: re.Match[str]) -> str:
        name, matchers = selector.groups()
        labels = [MATCHER.fullmatch(one.strip()) for one in matchers.split(",")]
        if name is None or None in labels:
            raise ValueError(f"no selector: {selector[0]}")
        found.setdefault(name, set()).update(label[1] for label in labels if label is not None)
        return name

    plain = re.sub(r"\[\d+[smhd]\]", "", SELECTOR.sub(take, query))
    grouped = set(re.findall(r"\w+", " ".join(re.findall(r"\bby\s*\(([^()]*)\)", plain))))
    tokens = TOKEN.findall(plain)
    if "".join(tokens) != plain:
        raise ValueError(f"not understood: {query}")
    _balanced(plain)
    words = {token for token in tokens if re.match(r"[a-zA-Z_]", token)}
    for name in words - FUNCTIONS - WORDS - grouped:
        found.setdefault(name, set())
    return {name: labels | grouped for name, labels in found.items()}


def _balanced(text: str) -> None:
    depth = 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
    if depth:
        raise ValueError(f"parentheses: {text}")
