/** What people call a port: by the chip behind its plug, or by the device that it is the cable of. */
import { adapterTitle } from './adapters.ts';
import { deviceOfPort } from './port-ids.ts';
import type { SerialPortHandle } from './ports.ts';
import type { UsbPorts } from './usb-ports.ts';

export function portTitle({ id, kind, usb }: SerialPortHandle, { deviceName }: Pick<UsbPorts, 'deviceName'>): string {
  if (kind === 'usb') return adapterTitle(usb);
  const deviceId = deviceOfPort(id);
  return deviceName(deviceId) ?? deviceId;
}
