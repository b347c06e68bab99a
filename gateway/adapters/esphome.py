"""ESPHome over MQTT: one topic per value, ``PREFIX/sensor/NAME/state``; ``PREFIX/status``.

As https://esphome.io/components/mqtt.html says. The prefix is the name of the node unless the YAML
says otherwise (`topic_prefix`). States are retained by default, and say no time: what the broker
had kept is not read, for nobody knows when it was measured; what comes after is.
"""

from gateway.adapters.profile import UNITS, Profile, vocabulary
from gateway.adapters.route import Route


def _routes(base: str) -> tuple[Route, ...]:
    values = {
        "payload": "value",
        "metrics": vocabulary(UNITS | {"wifi_signal": "dBm", "uptime": "s"}),
        "only": False,
    }
    return (
        Route(topic=f"{base}{{device}}/status", payload="presence"),
        Route(topic=f"{base}{{device}}/sensor/{{metric}}/state", **values),  # type: ignore[arg-type]  # the fields of a route
        Route(topic=f"{base}{{device}}/binary_sensor/{{metric}}/state", **values),  # type: ignore[arg-type]  # the fields of a route
        Route(topic=f"{base}{{device}}/switch/{{metric}}/state", **values),  # type: ignore[arg-type]  # the fields of a route
    )


ESPHOME = Profile(title="ESPHome", base="", routes=_routes)
