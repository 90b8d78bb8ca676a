/** Figures as people read them: sizes, days, spans. Words only, no markup; the language of the app is English, the clock is the reader's. */

const KB = 1024;
const MB = 1024 * 1024;

/** `912.0 KB`, `4.7 MB`, `312 B`: one figure behind the point, so that columns line up. */
export function formatBytes(bytes: number): string {
  if (bytes < KB) return `${bytes} B`;
  // What would round up to 1024.0 KB is 1.0 MB.
  if (bytes < MB - KB / 20) return `${(bytes / KB).toFixed(1)} KB`;
  if (bytes < 1024 * MB) return `${(bytes / MB).toFixed(bytes < 100 * MB ? 1 : 0)} MB`;
  return `${(bytes / (1024 * MB)).toFixed(1)} GB`;
}

/** `933 872`, with no-break spaces. */
export function formatCount(count: number): string {
  return Math.trunc(count)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, '\u00a0');
}

// Formatters are slow to build and a list has a thousand dates: one of each.
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY_AND_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const MOMENT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });

/** `19 Nov`, and the year when it is not this one. */
export function formatDay(at: number, now: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return 'an unknown day';
  return (date.getFullYear() === new Date(now).getFullYear() ? DAY : DAY_AND_YEAR).format(date);
}

/** `19 Nov 2025, 18:02`. */
export function formatMoment(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? 'at an unknown time' : MOMENT.format(date);
}

/** `just now`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(at: number, now: number): string {
  const seconds = Math.max(0, (now - at) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** The end of a file name tells as much as its beginning: what is too long loses its middle. */
export function shortName(name: string, most = 48): string {
  const kept = (most - 1) / 2;
  return name.length <= most ? name : `${name.slice(0, Math.ceil(kept))}…${name.slice(-Math.floor(kept))}`;
}

/** `1 firmware`, `6 releases`. */
export function formatMany(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `DIO, 40 MHz, 4 MB` from the image header's `DIO`, `40m`, `4MB`; what is not told is left out. */
export function formatFlashHeader(mode = '', frequency = '', size = ''): string {
  const spaced = (text: string) => text.replace(/^(\d+)\s*(?:m|MHz)$/i, '$1\u00a0MHz').replace(/^(\d+)(KB|MB)$/, '$1\u00a0$2');
  return [mode, spaced(frequency), spaced(size)].filter(Boolean).join(', ');
}

/** `1 was here already` */
export const hereAlready = (count: number): string => `${count} ${count === 1 ? 'was' : 'were'} here already`;
