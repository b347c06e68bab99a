"""Simulated dual-energy baggage X-rays: the only pictures the shipped weights are trained on."""
