"""Zigbee2MQTT: ``zigbee2mqtt/NAME`` as JSON, ``zigbee2mqtt/NAME/availability`` online or offline.

As https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html says. Names may have slashes
in them. ``last_seen``, where it is switched on, is the time: milliseconds, or a text with its zone.
"""

from gateway.adapters.profile import UNITS, Profile, vocabulary
from gateway.adapters.route import Route


def _routes(base: str) -> tuple[Route, ...]:
    return (
        Route(topic=f"{base}bridge/{{+}}", payload="nothing"),
        Route(topic=f"{base}{{device+}}/availability", payload="presence"),
        Route(topic=f"{base}{{device+}}/set", payload="nothing"),
        Route(topic=f"{base}{{device+}}/set/{{}}", payload="nothing"),
        Route(topic=f"{base}{{device+}}/get", payload="nothing"),
        Route(topic=f"{base}{{device+}}/action", payload="nothing"),
        Route(
            topic=f"{base}{{device+}}",
            time="last_seen",
            time_unit="ms",
            metrics=vocabulary(UNITS),
            only=False,
            ignore=("update", "color", "color_options"),
        ),
    )


ZIGBEE2MQTT = Profile(title="Zigbee2MQTT", base="zigbee2mqtt", routes=_routes)
