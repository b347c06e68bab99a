"""A post on which something happens all the time, and what an open page keeps of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec
from playwright.sync_api import CDPSession, Page

from contract.identifiers import Source
from contract.messages import DeviceTwin, Reading, ScanChanged
from contract.signing import Key
from tests.web import scene
from tests.web.center import Center

SERIES: Final = tuple((f"scale-{n}", "axle load", "kg") for n in (1, 2))
TIMERS: Final = """
window.timers = new Set();
for (const [begin, end] of [["setTimeout", "clearTimeout"], ["setInterval", "clearInterval"]]) {
  const [began, ended] = [window[begin], window[end]];
  window[begin] = (act, ...rest) => {
    const id = began(() => { if (begin === "setTimeout") timers.delete(id); act(); }, ...rest);
    timers.add(id);
    return id;
  };
  window[end] = (id) => { timers.delete(id); ended(id); };
}
"""
"""Runs first on a page: the timers that wait are counted."""
_COUNTED: Final = """
() => {
  const { board, live } = document.querySelector("gl-top").view;
  const drawn = [...document.querySelectorAll("gl-chart, gl-plot, gl-metric")];
  return {
    timers: timers.size,
    alerts: board.alerts.size,
    scans: board.scans.size,
    acts: board.acts.size,
    watched: live.watching().length,
    points: Math.max(0, ...drawn.map((chart) => chart.line?.points?.all.length ?? 0)),
  };
}
"""
HAS: Final = """
(alerts) => {
  const { board, live } = document.querySelector("gl-top").view;
  return live.state === "live" && board.alerts.size === alerts
    && [...board.alerts.values()].every(({ state }) => state === "closed");
}
"""
"""Whether the page is live and has heard to the end of so many alerts."""
LEAVE: Final = '() => document.querySelector("gl-top").view.live.resync()'
"""The page leaves the line and comes back for a snapshot, as after a break."""


@dataclass
class Busy:
    """Alerts come and are closed, scans come, a device is lost and found, readings stream."""

    center: Center
    key: Key
    told: int = 0

    def begin(self) -> None:
        """What stays: one agent, two scales, a scanner."""
        body = scene.bag()
        self.center.gateway.blobs[scene.picture_of(body).sha256] = body
        self.center.gateway.series = SERIES
        self._devices(is_found=True)

    def _devices(self, *, is_found: bool) -> None:
        at = scene.now()
        twins = tuple(
            DeviceTwin(device=name, family="modbus", lane="2", is_found=is_found, said_up_to=at)
            for name, *_ in SERIES
        )
        scanner = DeviceTwin(device="xray-a", family="folder", lane="3", said_up_to=at)
        agent = scene.agent(at=at, devices=(*twins, scanner), public_key=self.key.public)
        self.center.tell(agent, scene.whole())

    def turn(self, alerts: int) -> None:
        """One round of everything; ``alerts`` are opened, taken and closed; scans change."""
        at, body = scene.now(), scene.bag()
        self._devices(is_found=False)
        for number in range(self.told, self.told + alerts):
            one = scene.seal_alert(id_=f"a{number}", severity="high", at=at)
            one = msgspec.structs.replace(one, device="scale-1")
            for state in ("open", "acknowledged", "closed"):
                self.center.alert(msgspec.structs.replace(one, state=state))
            scan = scene.scan(
                body, id_=f"s{number % alerts}", at=at + timedelta(milliseconds=number)
            )
            self.center.tell(ScanChanged(scan=scan))
        self.told += alerts
        self.read()
        self._devices(is_found=True)

    def read(self) -> None:
        """A reading of each scale."""
        for device, metric, unit in SERIES:
            at = scene.now()
            reading = Reading(
                device=device, metric=metric, value=self.told, unit=unit, observed_at=at
            )
            self.center.do(self.center.gateway.read_out(Source(scene.GATE), self.key, reading))


def kept(page: Page, browser: CDPSession) -> dict[str, int]:
    """What the page holds on to, after it was cleaned up: nodes, listeners, timers, things."""
    browser.send("HeapProfiler.collectGarbage")
    told = browser.send("Memory.getDOMCounters")
    heap = browser.send("Runtime.getHeapUsage")
    counted: dict[str, int] = page.evaluate(_COUNTED)
    return {
        "nodes": told["nodes"],
        "listeners": told["jsEventListeners"],
        "heap_kib": round(heap["usedSize"] / 1024),
        **counted,
    }
