"""The agent on one box: device, driver, detector, outbox."""
