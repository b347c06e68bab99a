"""All profiles: a new one is one file and one line here."""

from typing import Final

from gateway.adapters.esphome import ESPHOME
from gateway.adapters.profile import Profile
from gateway.adapters.tasmota import TASMOTA
from gateway.adapters.zigbee2mqtt import ZIGBEE2MQTT

PROFILES: Final[dict[str, Profile]] = {
    "esphome": ESPHOME,
    "tasmota": TASMOTA,
    "zigbee2mqtt": ZIGBEE2MQTT,
}
