// Asks for the past of one metric: at most so many points, thinned out by the store; with few, the readings themselves.
import { ask } from "./api.js";

/** Series that are compared at once: more cannot be told apart by eye. */
export const COMPARED_MAX = 4;
/** Readings of the last step that are asked for, to know the latest itself. */
const LATEST_MAX = 2_000;

/** A series is a metric of a device. */
export const keyOf = ({ device, metric }) => `${device}\n${metric}`;

/** {points, stepS} of a series between two instants in ms; `stepS` is 0 where the points are the readings. */
export async function past({ device, metric }, [from, to], points) {
  const query = new URLSearchParams({ device, metric, points, start: new Date(from).toISOString(), end: new Date(to).toISOString() });
  const told = await ask(`/api/history?${query}`);
  return { points: told.points ?? [], stepS: told.step_s ?? 0 };
}

/** The latest reading of what was told, {at, value} with `at` in ms, or null: a mean is not a reading. */
export async function latestOf(series, { points, stepS }) {
  const last = points.at(-1);
  if (!last) return null;
  const at = Date.parse(last.at);
  if (!stepS || last.count === 1) return { at, value: last.mean };
  const { points: fine, stepS: left } = await past(series, [at, at + stepS * 1000 + 1], LATEST_MAX);
  const reading = fine.at(-1) ?? last;
  return { at: Date.parse(reading.at), value: reading.mean, isMean: left > 0 };
}
