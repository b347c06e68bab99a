"""Detectors and where they come from: X-ray physics, training, evaluation, passports."""
