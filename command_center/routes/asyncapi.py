"""What is said on MQTT topics, described: AsyncAPI 3.0 from the same structs that are encoded."""

from typing import Any, Final

import msgspec
from fastapi import APIRouter
from fastapi.responses import Response

from command_center.alert_topics import CURSOR, AlertTopics
from command_center.answers import json
from command_center.cursor import FORM
from contract.messages import AlertChanged, Event, type_prefix
from contract.pattern import for_documents
from contract.topics import alert_topic
from contract.wire import JSON

TEMPLATE: Final = "#/components/schemas/{name}"
MISSED: Final = """One CloudEvent (structured JSON, QoS 1, not retained) per change of an alert.

`cursor` is where to go on after it. Who was away subscribes first, then reads
`GET /api/alerts?after=CURSOR` (each alert as it is now) or follows `/api/alerts/stream` from there
(every change), with an API token. At least once: the same change has the same `source` and `id`.
"""


def router(topics: AlertTopics | None) -> APIRouter:
    """The route."""
    routes = APIRouter(include_in_schema=False)
    described = document(is_on=topics is not None)

    @routes.get("/api/asyncapi.json")
    async def asyncapi() -> Response:
        return json(described)

    return routes


def document(*, is_on: bool) -> dict[str, Any]:
    """The document; without channels where nothing is said on topics."""
    channel = {
        "address": alert_topic("{post}", "{rule}"),
        "description": MISSED,
        "parameters": {
            "post": {"description": "A border place: its UN/LOCODE, like KEMBA."},
            "rule": {"description": "The rule that raised the alert, like seal_opened."},
        },
        "messages": {"alertChanged": {"$ref": "#/components/messages/alertChanged"}},
    }
    operation = {
        "action": "send",
        "channel": {"$ref": "#/channels/alerts"},
        "bindings": {"mqtt": {"qos": 1, "retain": False}},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Greenlane command center", "version": "1"},
        "defaultContentType": JSON,
        "channels": {"alerts": channel} if is_on else {},
        "operations": {"sayAlert": operation} if is_on else {},
        "components": {
            "messages": {"alertChanged": _message()},
            "schemas": {**_schemas(), "AlertChangedEvent": _event()},
        },
    }


def _message() -> dict[str, Any]:
    return {
        "name": type_prefix + AlertChanged.type,
        "contentType": JSON,
        "payload": {"$ref": TEMPLATE.format(name="AlertChangedEvent")},
    }


def _schemas() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([AlertChanged, Event], ref_template=TEMPLATE)
    documented: dict[str, Any] = for_documents(components)
    return documented


def _event() -> dict[str, Any]:
    """The envelope, with its data and the cursor."""
    envelope = dict(_schemas()["Event"])
    properties = {
        **envelope["properties"],
        "type": {"const": type_prefix + AlertChanged.type},
        "data": {"$ref": TEMPLATE.format(name="AlertChanged")},
        CURSOR: {"type": "string", "pattern": f"^{FORM.pattern}$"},
    }
    required = [*envelope["required"], CURSOR]
    return {
        **envelope,
        "title": "AlertChangedEvent",
        "properties": properties,
        "required": required,
    }
