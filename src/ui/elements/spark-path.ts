/** Trace geometry on a 100 × 32 field: values over time, newest at the right. Pure. */

export const FIELD_WIDTH = 100;
export const FIELD_HEIGHT = 32;
const TOP = 3;
const BOTTOM = 29;

interface Trace {
  readonly line: string;
  readonly area: string;
  /** Height of the threshold on the field. */
  readonly thresholdY?: number;
}

interface TraceOptions {
  readonly threshold?: number | undefined;
  /** Lowest value of the scale; by default the least of the values, with some air below. */
  readonly floor?: number | undefined;
  /** Where each value stands, 0 … 1; evenly by default. */
  readonly at?: readonly number[];
}

/** `undefined` for fewer than two values: one point is no trace. */
export function trace(values: readonly number[], { threshold, floor, at }: TraceOptions = {}): Trace | undefined {
  const known = values.filter(Number.isFinite);
  if (known.length < 2 || known.length !== values.length) return undefined;
  const marks = threshold === undefined ? known : [...known, threshold];
  const high = Math.max(...marks);
  const lowest = Math.min(...marks);
  // A flat trace lies in the middle; others leave a quarter of their range below, so that the wash shows.
  const low = floor ?? (high === lowest ? high - 1 : lowest - (high - lowest) * 0.25);
  const range = high - low || 1;
  const y = (value: number) =>
    round(high === lowest && floor === undefined ? FIELD_HEIGHT / 2 : BOTTOM - ((value - low) / range) * (BOTTOM - TOP));
  const points = values.map((value, i) => `${round((at?.[i] ?? i / (values.length - 1)) * FIELD_WIDTH)} ${y(value)}`);
  const line = `M${points.join('L')}`;
  const [first = '0', last = '0'] = [points[0]?.split(' ')[0], points.at(-1)?.split(' ')[0]];
  const area = `${line}L${last} ${FIELD_HEIGHT}L${first} ${FIELD_HEIGHT}Z`;
  return threshold === undefined ? { line, area } : { line, area, thresholdY: y(threshold) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
