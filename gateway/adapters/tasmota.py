"""Tasmota over MQTT: ``tele/NAME/SENSOR`` and ``STATE`` as nested JSON, ``LWT`` Online or Offline.

As https://tasmota.github.io/docs/MQTT/ says, with the default FullTopic ``%prefix%/%topic%/``. Its
``Time`` is local time without a zone: it is used where `utc_offset` says which zone that is, else
the time of arrival is.
"""

from gateway.adapters.profile import Profile, vocabulary
from gateway.adapters.route import Metric, Route

_SENSED = {
    "Temperature": "Cel",
    "DewPoint": "Cel",
    "Humidity": "%RH",
    "Pressure": "hPa",
    "SeaPressure": "hPa",
    "Illuminance": "lx",
    "CarbonDioxide": "ppm",
    "Voltage": "V",
    "Current": "A",
    "Power": "W",
    "ApparentPower": "VA",
    "ReactivePower": "var",
    "Total": "kWh",
    "Today": "kWh",
    "Yesterday": "kWh",
}
_RELAYS = ("POWER", *(f"POWER{number}" for number in range(1, 9)))
_SAYS = {"TempUnit": "C", "PressureUnit": "hPa"}
"""Else the units above would be wrong: `SetOption8 0` and `SetOption24 0` on the device."""


def _routes(base: str) -> tuple[Route, ...]:
    state = {
        **{relay: Metric() for relay in _RELAYS},
        "UptimeSec": Metric(unit="s"),
        "Wifi.Signal": Metric(unit="dBm"),
        "Wifi.RSSI": Metric(),
    }
    return (
        Route(topic=f"{base}{{device}}/LWT", payload="presence"),
        Route(
            topic=f"{base}{{device}}/SENSOR",
            time="Time",
            metrics=vocabulary(_SENSED),
            only=False,
            must_say=_SAYS,
        ),
        Route(
            topic=f"{base}{{device}}/STATE", time="Time", metrics=state, only=True, must_say=_SAYS
        ),
    )


TASMOTA = Profile(title="Tasmota", base="tele", routes=_routes)
