/** A firmware that was chosen before a board is: the door for boards leads with it, and it goes along to the board that is opened next. */
import type { UsbSession } from '../../../app/usb/services.ts';

export type Along = { readonly url: string } | { readonly sha256: string };

const SHA256 = /^[0-9a-f]{64}$/;

/** The door with a firmware of the library. In the address, so that a reload and the way back keep it. */
export const cableLink = (sha256: string): string => `#/usb?firmware=${sha256}`;

export function firmwareOfAddress({ hash }: { readonly hash: string }): string | undefined {
  const text = hash.includes('?') ? new URLSearchParams(hash.slice(hash.indexOf('?'))).get('firmware') : null;
  return text !== null && SHA256.test(text) ? text : undefined;
}

let along: Along | undefined;

export function takeAlong(what: Along | undefined): void {
  along = what;
}

/** Once: it was meant for one board. */
export function takenAlong(): Along | undefined {
  const taken = along;
  along = undefined;
  return taken;
}

export async function bringAlong(session: UsbSession, taken: Along): Promise<void> {
  await ('url' in taken ? session.bringUrl(taken.url) : session.bringFirmware(taken.sha256));
  // The end of an earlier job would stand before the plan. One that can go on is somebody's to give up.
  const { job, canResume } = session.state.value;
  if (job && job.outcome !== 'running' && canResume !== true) session.dismissJob();
}

let asked: string | undefined;

/** Who opens a board by its cable wants its chip, and is not asked again. */
export function askToConnect(portId: string): void {
  asked = portId;
}

/** Once: on a later visit the application may run, and nobody stops it unasked. */
export function wasAskedToConnect(portId: string): boolean {
  const isAsked = asked === portId;
  asked = undefined;
  return isAsked;
}
