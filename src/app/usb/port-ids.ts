/** What ports are called in links and in the state. What people call them is in `port-names.ts`, which the first page does without. */
const VIRTUAL = 'virtual:';

export const isVirtualPort = (portId: string): boolean => portId.startsWith(VIRTUAL);

/** The virtual device behind it. */
export const deviceOfPort = (portId: string): string => portId.slice(VIRTUAL.length);

/** What history and snapshots call the board: of a real one its MAC, for it may hang on another port tomorrow. */
export const deviceIdOf = (portId: string, mac: string): string =>
  isVirtualPort(portId) ? deviceOfPort(portId) : `usb:${mac === '' ? portId : mac}`;
