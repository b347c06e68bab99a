"""The links: in memory, and over MQTT 5."""
