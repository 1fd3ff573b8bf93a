"""The topics of the log as an AsyncAPI 3.0 document: the messages of each, their key, and their retention."""

from __future__ import annotations

from typing import Any

from commands.log import topics
from domain.records import TYPES, Payload
from domain.records.dead_letters import DeadLetter
from domain.records.time import StreamUnparked
from processors import load, registry, sites, vehicles

Document = dict[str, Any]

HANDLED: dict[str, frozenset[type[Payload]]] = {
    "registry": frozenset(registry.handlers.routes),
    "vehicles": frozenset(vehicles.handlers.routes),
    "sites": frozenset(sites.handlers.routes),
    "load": frozenset(load.handlers.routes),
}
"""The inputs of each processor. The host adds `StreamUnparked` to all of them."""
EVENT_KEY = "The stream that it belongs to, e.g. load:garage"
BINDING_VERSION = "0.5.0"
PARTITIONS = 64
REPLICAS = 3


def document(version: str) -> Document:
    """The whole document; `$ref`s lead to the schemas beside it."""
    channels = {topic: _channel(topic) for topic in topics.ON_BROKERS}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Commonwatt", "version": version, "description": (__doc__ or "").strip()},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": dict(_operation(topic, action) for topic in channels for action in _actions(topic)),
        "components": {"messages": {name: _record(name) for name in TYPES} | _rows()},
    }


def names_on(topic: str) -> list[str]:
    """The messages of a topic: record types by their names, and rows that are no records."""
    own = {topics.DESIRED: ["desired"], topics.TIMERS: _of_kind("timer"), topics.EVENTS: _of_kind("event")}
    if topic in own:
        return own[topic]
    if topic in topics.DEAD:
        return [DeadLetter.type_name]
    processor, _, what = topic.partition(".")
    if what in ("inputs", "parked"):
        taken: set[type[Payload]] = {*HANDLED[processor], StreamUnparked}
        return sorted(payload.type_name for payload in taken)
    return [what.removesuffix("s")]


def _of_kind(kind: str) -> list[str]:
    return sorted(name for name, payload in TYPES.items() if payload.record_kind == kind)


def _channel(topic: str) -> Document:
    from adapters.log.kafka.topics import configuration

    settings = configuration(topic, REPLICAS)
    numbers = {name: int(value) for name, value in settings.items() if name != "cleanup.policy"}
    return {
        "address": topic,
        "description": _description(topic),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names_on(topic)},
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": PARTITIONS,
                "replicas": REPLICAS,
                "topicConfiguration": {"cleanup.policy": [settings["cleanup.policy"]], **numbers},
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _description(topic: str) -> str:
    processor, _, what = topic.partition(".")
    descriptions = {
        topics.EVENTS: "The decisions. They never change, and are kept for ever.",
        topics.DESIRED: "The desired limit of each charger: the latest row.",
        topics.TIMERS: "Timers of streams and heartbeats of gateways: the latest row. Without a body: it has fired.",
    }
    return (
        descriptions.get(topic)
        or {
            "inputs": f"The inputs of `{processor}`: commands, observations, messages of other processors, timers.",
            "state": f"The state of each stream of `{processor}`, committed with its decisions. Private.",
            "parked": f"Inputs of `{processor}` that a defect parked, until their stream is released.",
            "inputs.dead": f"Unreadable inputs of `{processor}`, unchanged, with the reason.",
            "checkpoints": f"Positions and states of `{processor}`, from which a replay can start.",
        }[what]
    )


def _actions(topic: str) -> tuple[str, ...]:
    """What other systems may do: send inputs, and receive decisions. All other topics are private."""
    if topic.endswith(".inputs"):
        return ("send",)
    return ("receive",)


def _operation(topic: str, action: str) -> tuple[str, Document]:
    return f"{action}.{topic}", {"action": action, "channel": {"$ref": f"#/channels/{topic}"}}


def _record(name: str) -> Document:
    """A record: its data, within the envelope."""
    payload = {
        "allOf": [
            {"$ref": "./envelope.json"},
            {"properties": {"type": {"const": name}, "data": {"$ref": f"./{name}.json"}}},
        ]
    }
    return _message(name, TYPES[name].__doc__, payload, EVENT_KEY) | {
        "correlationId": {
            "location": "$message.payload#/correlationid",
            "description": "The id of the request or observation that all this follows from.",
        },
    }


def _rows() -> dict[str, Document]:
    """The messages that are no records."""
    from pydantic import TypeAdapter

    from domain.load_control.desired import Desired

    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    offsets = {"type": "object", "additionalProperties": {"type": "integer"}}
    state = {
        "shape": {"type": "string", "description": "A hash of the shape; a state with another one is not read."},
        "state": {"type": "object"},
    }
    checkpoint: Document = {name: {"type": "string"} for name in ("name", "processor", "build", "digest")}
    checkpoint |= {"inputs": offsets, "events": offsets, "states": texts}
    desired = TypeAdapter(Desired).json_schema()
    return {
        "desired": _message("desired", Desired.__doc__, desired, "The charger's id"),
        "state": _message("state", "The state of one stream.", _closed(state), "The stream"),
        "checkpoint": _message("checkpoint", "Positions and states.", _closed(checkpoint), "The processor's name"),
    }


def _closed(properties: Document) -> Document:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _message(name: str, text: str | None, payload: Document, key: str) -> Document:
    return {
        "name": name,
        "summary": " ".join((text or "").split()),
        "payload": payload,
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": BINDING_VERSION}},
    }
