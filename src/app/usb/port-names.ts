/** What ports are called: in links and in the state by an id, to people by what they are. */
import { adapterTitle } from './adapters.ts';
import type { SerialPortHandle } from './ports.ts';
import type { UsbPorts } from './usb-ports.ts';

const VIRTUAL = 'virtual:';

export const isVirtualPort = (portId: string): boolean => portId.startsWith(VIRTUAL);

/** The virtual device behind it. */
export const deviceOfPort = (portId: string): string => portId.slice(VIRTUAL.length);

export function portTitle({ id, kind, usb }: SerialPortHandle, { deviceName }: Pick<UsbPorts, 'deviceName'>): string {
  if (kind === 'usb') return adapterTitle(usb);
  const deviceId = deviceOfPort(id);
  return deviceName(deviceId) ?? deviceId;
}
