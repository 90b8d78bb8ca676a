/** What people call a port, by the chip behind its plug or by the device that it is the cable of, and its state before it is open. */
import { adapterTitle } from './adapters.ts';
import { deviceOfPort } from './port-ids.ts';
import type { UsbState } from './model.ts';
import type { SerialPortHandle } from './ports.ts';
import type { UsbPorts } from './usb-ports.ts';

function portTitle({ id, kind, usb }: SerialPortHandle, { deviceName }: Pick<UsbPorts, 'deviceName'>): string {
  if (kind === 'usb') return adapterTitle(usb);
  const deviceId = deviceOfPort(id);
  return deviceName(deviceId) ?? deviceId;
}

export const closedState = (handle: SerialPortHandle, ports: Pick<UsbPorts, 'deviceName'>, baudRate: number): UsbState => ({
  portId: handle.id,
  kind: handle.kind,
  title: portTitle(handle, ports),
  phase: 'closed',
  baudRate,
  connectSteps: [],
  choices: {},
});
