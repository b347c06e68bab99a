"""The doctor: looks at a box and its configurations, changes nothing, and advises in sentences."""
