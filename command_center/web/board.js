// What the command center knows, on this screen: a fold with two verbs, as in board.py. Pure: no page, no network.

/** Scans that are kept; the one that changed longest ago goes, as in board.py. */
export const SCANS_MAX = 500;
/** Alerts that are not closed, and closed ones. */
export const OPEN_ALERTS_MAX = 10_000;
export const CLOSED_ALERTS_MAX = 1_000;
/** Officers' acts whose outcome is remembered. */
export const ACTS_MAX = 200;

// The contract leaves out what has its default value: these are the defaults.
const ALERT = {
  times: 1, is_active: true, is_late: false, assigned_to: "", picture: null,
  detections: [], model: null, evidence: [], acts: [],
};
const SCAN = { subject: "", picture: null, is_kept: false, detections: [], model: null, milliseconds: 0, failed: "" };
const AGENT = { keyid: "", version: "", born_at: null, heard_at: null, clock_error_ms: null, is_unsigned: false, devices: [], models: [] };
const DEVICE = { title: "", lane: "", is_found: true, reason: "", since: null, said_up_to: null };

// Times by which things are sorted and counted are read once, here, into ms.
const whole = {
  alert: (a) => ({ ...ALERT, ...a, openedMs: Date.parse(a.opened_at), toldMs: Date.parse(a.told_at) }),
  scan: (s) => ({ ...SCAN, ...s, seenMs: Date.parse(s.observed_at) }),
  agent: (a) => {
    const devices = (a.devices ?? []).map((d) => ({ ...DEVICE, ...d }));
    return { ...AGENT, ...a, devices, named: new Map(devices.map((d) => [d.device, d])) };
  },
  // Where a post is, as a map takes it: [longitude, latitude], or null.
  place: (p) => ({ post: p.post, name: p.name ?? "", at: typeof p.latitude === "number" ? [p.longitude, p.latitude] : null }),
  completeness: (c) => ({ ...c, streams: c.streams.map((s) => ({ waiting: 0, ...s })) }),
};

function keep(map, key, thing, max) {
  map.delete(key);
  map.set(key, thing);
  if (max && map.size > max) map.delete(map.keys().next().value);
}

// Every kind of change, and what it does: read this, and you know the board.
const CHANGES = {
  "alert.changed": (board, data) => keepAlert(board, whole.alert(data.alert)),
  "act.refused": (board, data) => board.act({ ...board.acts.get(data.act), ...data, state: "refused" }),
  "agent.changed": (board, data) => board.agents.set(data.source, whole.agent(data)),
  "completeness.changed": (board, data) => board.completeness.set(data.source, whole.completeness(data)),
  "scan.changed": (board, data) => keep(board.scans, data.scan.id, whole.scan(data.scan), SCANS_MAX),
  "judge.changed": (board, data) => { board.judge = data; },
};

function keepAlert(board, alert) {
  keep(board.alerts, alert.id, alert);
  const isClosed = alert.state === "closed";
  let [like, first] = [0, null];
  for (const one of board.alerts.values()) {
    if ((one.state === "closed") !== isClosed) continue;
    first ??= one;
    like += 1;
  }
  if (like <= (isClosed ? CLOSED_ALERTS_MAX : OPEN_ALERTS_MAX)) return;
  board.alerts.delete(first.id);
  if (!isClosed) board.leftOut += 1;
}

/** Alerts, agents, completeness and scans as the gateway last told them. */
export class Board {
  epoch = "";
  number = 0;
  turn = 0; // grows with whatever is taken: what follows from the board is worked out once a turn
  isKnown = false;
  gateway = { state: "never heard", heard_at: null };
  me = null;
  judge = null;
  alerts = new Map();
  agents = new Map();
  completeness = new Map();
  scans = new Map();
  places = []; // what the configuration says of posts
  acts = new Map();
  leftOut = 0; // open alerts that found no room here; the gateway has them

  /** Forget everything: this is all there is. */
  snapshot(data) {
    this.turn += 1;
    this.epoch = data.epoch ?? "";
    this.number = data.number ?? 0;
    this.gateway = data.gateway;
    this.me = data.me ?? this.me;
    this.judge = data.judge ?? null;
    this.leftOut = data.left_out ?? 0;
    this.alerts = new Map(data.alerts.map((a) => [a.id, whole.alert(a)]));
    this.agents = new Map(data.agents.map((a) => [a.source, whole.agent(a)]));
    this.completeness = new Map(data.completeness.map((c) => [c.source, whole.completeness(c)]));
    this.scans = new Map(data.scans.map((s) => [s.id, whole.scan(s)]));
    this.places = (data.places ?? []).map(whole.place);
    this.acts = new Map((data.acts ?? []).map((a) => [a.act, { reason: "", ...a }]));
    this.isKnown = true;
  }

  /** Take one change; false if one before it is missing (then only a new snapshot helps). */
  apply(change) {
    if ((change.epoch ?? this.epoch) !== this.epoch) return false;
    if (change.number <= this.number) return true;
    if (change.number !== this.number + 1) return false;
    this.number = change.number;
    this.turn += 1;
    CHANGES[change.type]?.(this, change.data);
    return true;
  }

  /** Take the state of an officer's act: sending, done or refused. */
  act(act) {
    keep(this.acts, act.act, { reason: "", ...act }, ACTS_MAX);
  }

  /** The device of that name and the agent behind which it stands. */
  device(name, source) {
    const agents = source && this.agents.has(source) ? [this.agents.get(source)] : [...this.agents.values()];
    for (const agent of agents) {
      const device = agent.named.get(name);
      if (device) return { device, agent };
    }
    return { device: null, agent: null };
  }

  /** Whether the device is not ours: it signs nothing, numbers nothing, and is heard by the gateway alone. */
  isUnsigned(name) {
    return Boolean(this.device(name).agent?.is_unsigned);
  }

  /** The scan that this picture belongs to. */
  scanOf(picture) {
    if (!picture) return null;
    for (const scan of this.scans.values()) if (scan.picture?.sha256 === picture.sha256) return scan;
    return null;
  }
}
