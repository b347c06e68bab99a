// How many of everything there are, as the bar of every page says it: counted once for each turn of the board. Pure.

const counted = new WeakMap(); // by board

/** Alerts that are open, critical (and open), acknowledged, started; agents, devices and sources, and how they fare. */
export function situation(board) {
  const known = counted.get(board);
  if (known?.turn === board.turn) return known;
  const alerts = [...board.alerts.values()];
  const of = (state) => alerts.filter((alert) => alert.state === state);
  const open = of("open");
  const agents = [...board.agents.values()];
  const devices = agents.flatMap((agent) => agent.devices);
  const sources = [...board.completeness.values()];
  const told = (...statuses) => sources.filter(({ status }) => statuses.includes(status)).length;
  const fresh = {
    turn: board.turn,
    open: open.length,
    critical: open.filter((alert) => alert.severity === "critical").length,
    acknowledged: of("acknowledged").length,
    started: of("in progress").length,
    agents: agents.length,
    alive: agents.filter((agent) => agent.state === "alive").length,
    devices: devices.length,
    lost: devices.filter((device) => !device.is_found).length,
    sources: sources.length,
    holed: told("missing", "declared lost"),
    late: told("late"),
    unsure: told("cannot tell"),
  };
  counted.set(board, fresh);
  return fresh;
}
