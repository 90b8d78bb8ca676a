/** What a port is called: the chips between USB and UART that boards for the ESP32 family carry, by vendor and product id. */
import type { SerialUsbInfo } from '../../core/serial/port.ts';

/** From the vendors' data sheets and the Linux drivers cp210x, ch341, cdc-acm, ftdi_sio and pl2303. */
const ADAPTERS: Readonly<Record<string, string>> = {
  '10c4:ea60': 'CP2102',
  '10c4:ea70': 'CP2105',
  '10c4:ea71': 'CP2108',
  '1a86:7522': 'CH340',
  '1a86:7523': 'CH340',
  '1a86:55d3': 'CH343',
  '1a86:55d4': 'CH9102',
  '0403:6001': 'FT232R',
  '0403:6010': 'FT2232H',
  '0403:6011': 'FT4232H',
  '0403:6014': 'FT232H',
  '0403:6015': 'FT231X',
  '067b:2303': 'PL2303',
  '303a:0002': 'ESP32-S2 USB',
  '303a:1001': 'USB JTAG/serial',
  '303a:4001': 'ESP-Prog',
};
const ESPRESSIF = 0x303a;

const hex = (value: number): string => value.toString(16).padStart(4, '0');

/** `10c4:ea60`; empty for a port that does not say what it is. */
function idOf({ usbVendorId, usbProductId }: SerialUsbInfo): string {
  return usbVendorId === undefined || usbProductId === undefined ? '' : `${hex(usbVendorId)}:${hex(usbProductId)}`;
}

/** `CP2102 (10c4:ea60)` */
export function adapterTitle(usb: SerialUsbInfo): string {
  const id = idOf(usb);
  if (id === '') return 'Serial port';
  const { usbVendorId } = usb;
  const name = ADAPTERS[id] ?? (usbVendorId === ESPRESSIF ? 'Espressif USB' : 'USB serial');
  return `${name} (${id})`;
}

/** A chip between USB and UART: it stays on the bus whatever happens to the chip behind it. */
export const isBridge = (usb: SerialUsbInfo): boolean => usb.usbVendorId !== ESPRESSIF && idOf(usb) in ADAPTERS;
