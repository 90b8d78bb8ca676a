/** What ports are called in links and in the state. What people call them is in `port-names.ts`, which the first page does without. */
const VIRTUAL = 'virtual:';

export const isVirtualPort = (portId: string): boolean => portId.startsWith(VIRTUAL);

/** The virtual device behind it. */
export const deviceOfPort = (portId: string): string => portId.slice(VIRTUAL.length);
