"""Devices that speak their own protocol, and the scenarios they play."""
