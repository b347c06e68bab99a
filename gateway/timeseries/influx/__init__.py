"""What InfluxDB wants to hear, whichever version it is: shared by the sinks that speak to one."""
