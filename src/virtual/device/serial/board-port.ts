/** The serial port of a virtual device, as its bench settings wire it. One for each device object. */
import type { SerialUsbInfo } from '../../../core/serial/port.ts';
import type { BenchSettings } from '../../bench.ts';
import { chipModel, type ChipModel } from '../../chip-model.ts';
import type { Clock } from '../../storage.ts';
import type { VirtualDevice } from '../virtual-device.ts';
import { NO_CIRCUIT, TRANSISTOR_CIRCUIT, USB_JTAG_CIRCUIT, type ResetCircuit } from './auto-reset.ts';
import { BoardSerial } from './board-serial.ts';
import { LINE_FAULTS, LineFaults, type LineFault, type LineFaultPlan } from './line-faults.ts';
import type { LineSettings } from './line.ts';
import { VirtualSerialPort } from './virtual-serial-port.ts';

interface Connector {
  readonly usb: SerialUsbInfo;
  readonly circuit: ResetCircuit;
  readonly packetBytes: number;
  /** `undefined`: as the bench sets it. */
  readonly latencyMs?: number;
}

const CONNECTORS = {
  /** CP2102N: 64-byte packets with two bytes of status, as FTDI's. */
  bridge: { usb: { usbVendorId: 0x10c4, usbProductId: 0xea60 }, circuit: TRANSISTOR_CIRCUIT, packetBytes: 62 },
  /** Espressif's own id; the chip flushes its 64-byte packets itself. */
  'serial-jtag': { usb: { usbVendorId: 0x303a, usbProductId: 0x1001 }, circuit: USB_JTAG_CIRCUIT, packetBytes: 64, latencyMs: 1 },
} as const satisfies Record<ChipModel['usb'], Connector>;

/** Which bench setting plans which fault. */
export const FAULT_SETTINGS = {
  loseByteToChip: 'serialLoseByteToChip',
  loseByteToHost: 'serialLoseByteToHost',
  flipByteToChip: 'serialFlipByteToChip',
  flipByteToHost: 'serialFlipByteToHost',
  unplugAtByte: 'serialUnplugAtByte',
  resetAtByte: 'serialResetAtByte',
} as const satisfies Record<LineFault, keyof BenchSettings>;

const PORTS = new WeakMap<VirtualDevice, { readonly port: VirtualSerialPort; readonly faults: LineFaults }>();

/**
 * @param clock of the line; finer than the board's where there is one.
 * @param wiring what no bench setting says
 */
export function serialPortOf(
  device: VirtualDevice,
  clock: Clock = device.surroundings.clock,
  wiring: Pick<LineSettings, 'followsChip'> = {},
): VirtualSerialPort {
  const known = PORTS.get(device);
  if (known) return known.port;
  const faults = new LineFaults((fault) => {
    // It has happened: the bench shows it as off again. Saved with whatever the board stores next.
    const { bench } = device.board.state;
    device.board.change({ bench: { ...bench, [FAULT_SETTINGS[fault]]: 0 } });
  });
  const chip = new BoardSerial(device);
  const port = new VirtualSerialPort({
    chip,
    clock,
    get usb() {
      return connectorOf(device).usb;
    },
    faults,
    settings: () => {
      planFaults(device);
      return lineSettings(device, wiring);
    },
    isBusy: () => device.board.state.bench.serialPortBusy,
  });
  PORTS.set(device, { port, faults });
  planFaults(device);
  return port;
}

/** Call it when the bench has changed. */
export function planFaults(device: VirtualDevice): void {
  const { bench } = device.board.state;
  const plan = Object.fromEntries(LINE_FAULTS.map((fault) => [fault, bench[FAULT_SETTINGS[fault]]])) as LineFaultPlan;
  PORTS.get(device)?.faults.plan(plan);
}

function connectorOf(device: VirtualDevice): Connector {
  return CONNECTORS[chipModel(device.board.state.bench.chip).usb];
}

/** Of an open port, too: what is set at the bench holds at once. */
function lineSettings(device: VirtualDevice, wiring: Pick<LineSettings, 'followsChip'>): LineSettings {
  const { circuit, packetBytes, latencyMs } = connectorOf(device);
  const bench = (): BenchSettings => device.board.state.bench;
  return {
    ...wiring,
    packetBytes,
    get circuit() {
      return bench().serialWithoutAutoReset ? NO_CIRCUIT : circuit;
    },
    get latencyMs() {
      return latencyMs ?? bench().serialLatencyMs;
    },
    get maxBaudRate() {
      return bench().serialMaxBaudRate;
    },
    get isInstant() {
      return bench().serialInstant;
    },
  };
}
