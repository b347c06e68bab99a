// InfluxDB 2.x: readings by the minute, kept for two years. NOT TESTED: no InfluxDB 2 has run this.
//
//   influx bucket create --name greenlane --retention 90d
//   influx bucket create --name greenlane-minutes --retention 730d
//   influx task create --file influxdb-2-minutes.flux
//
// For hours: another bucket without --retention, `every: 1h`, `range(start: -8d)`.
option task = {name: "greenlane reading minutes", every: 5m, offset: 30s}

readings = () =>
    from(bucket: "greenlane")
        |> range(start: -2h)
        |> filter(fn: (r) => r._measurement == "reading" and r._field == "value")

readings()
    |> aggregateWindow(every: 1m, fn: mean, createEmpty: false)
    |> to(bucket: "greenlane-minutes")

readings()
    |> aggregateWindow(every: 1m, fn: min, createEmpty: false)
    |> set(key: "_field", value: "low")
    |> to(bucket: "greenlane-minutes")

readings()
    |> aggregateWindow(every: 1m, fn: max, createEmpty: false)
    |> set(key: "_field", value: "high")
    |> to(bucket: "greenlane-minutes")
