/**
 * What the USB use cases need from outside: ports, the wire, and somebody who speaks the boot loader's protocol. `io/serial` implements
 * these, tests double them. Every rejection is an `OtterError`, or the signal's reason.
 */
import type { ChipName } from '../../core/image/model.ts';
import type { FlashEncryption } from '../../core/serial/describe-chip.ts';
import type { SerialPortLike, SerialUsbInfo } from '../../core/serial/port.ts';

export interface SerialPortHandle {
  /** Stable while the page lives; `virtual:<device id>` for a virtual one. */
  readonly id: string;
  readonly kind: 'usb' | 'virtual';
  readonly usb: SerialUsbInfo;
  readonly port: SerialPortLike;
}

export interface SerialPortRegistry {
  /** Web Serial is there. */
  readonly supported: boolean;
  /** Opens the browser's chooser; call it from a click. `undefined`: nothing was chosen. */
  choose(): Promise<SerialPortHandle | undefined>;
  /** Ports that the person allowed before and that are plugged in. */
  remembered(): Promise<readonly SerialPortHandle[]>;
  /** The cable of a virtual device. */
  virtual(deviceId: string): SerialPortHandle;
  subscribe(listener: (event: { readonly type: 'connect' | 'disconnect'; readonly handle: SerialPortHandle }) => void): () => void;
}

/** An open port: bytes come as they arrive, to one listener at a time. */
export interface SerialWire {
  readonly baudRate: number;
  /** Who gets the bytes from now on; what arrives while nobody listens is dropped. */
  listen(listener: (bytes: Uint8Array) => void): void;
  send(bytes: Uint8Array): Promise<void>;
  setSignals(signals: { readonly dataTerminalReady?: boolean; readonly requestToSend?: boolean }): Promise<void>;
  setBaudRate(baudRate: number): Promise<void>;
  /** Settles when the port is gone (unplugged, read error) or closed; never rejects. */
  readonly lost: Promise<SerialLoss>;
  close(): Promise<void>;
}

export type SerialLoss = { readonly reason: 'closed' } | { readonly reason: 'unplugged' | 'failed'; readonly cause: unknown };

export type OpenWire = (port: SerialPortLike, baudRate: number, options?: { readonly signal?: AbortSignal }) => Promise<SerialWire>;

export type ConnectStep =
  | { readonly step: 'reset'; readonly strategy: string; readonly attempt: number }
  | { readonly step: 'sync' }
  | { readonly step: 'identify'; readonly chip: ChipName }
  | { readonly step: 'stub' }
  | { readonly step: 'stub-refused'; readonly reason: string }
  /** Nobody answered where the flash should be: it cannot be read or written. */
  | { readonly step: 'flash-silent'; readonly jedecId: string }
  | { readonly step: 'baud'; readonly baudRate: number }
  /** `byChip`: it said no. Otherwise nothing got through at that rate. */
  | { readonly step: 'baud-refused'; readonly baudRate: number; readonly byChip?: true };

export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** Fastest to try; what does not work is stepped down. */
  readonly baudRate: number;
  readonly onStep?: (step: ConnectStep) => void;
  /** What the chip printed meanwhile: boot log, for the console. */
  readonly onText?: (bytes: Uint8Array) => void;
  readonly withoutStub?: boolean;
  /** It may be in its boot loader already: ask before resetting it. */
  readonly asksFirst?: boolean;
}

export interface ChipIdentity {
  readonly chip: ChipName;
  /** `ESP32-D0WD-V3` */
  readonly description: string;
  /** major × 100 + minor; `undefined` where the chip lets nobody read it. */
  readonly revision: number | undefined;
  readonly features: readonly string[];
  /** `a0:b1:…`, lower case; empty where the chip does not tell. */
  readonly mac: string;
  /** 0 where several are in use, and the chip lets nobody ask which of them it has. */
  readonly crystalMhz: number;
  readonly flash: { readonly manufacturer: string; readonly jedecId: string; readonly bytes: number | undefined };
  readonly security: ChipSecurity;
  /** Absent: nobody may look, or the chip has no such fuses. */
  readonly encryption?: FlashEncryption;
  readonly connection: 'uart' | 'usb-serial-jtag' | 'usb-otg';
}

interface ChipSecurity {
  readonly flashEncryption: boolean;
  readonly secureBoot: boolean;
  /** Its first version: no other boot loader than the one that it knows starts ever again. */
  readonly secureBootV1?: true;
  readonly secureDownload: boolean;
}

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Bytes of flash. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Of a write: the line damaged a block, which is sent once more. */
  readonly onRepeat?: () => void;
}

/** A chip in its boot loader. One operation at a time. After an abort or a loss it is of no more use. */
export interface ChipConnection {
  readonly identity: ChipIdentity;
  readonly loader: 'stub' | 'rom' | 'secure-download';
  readonly baudRate: number;
  /** First address that the loader cannot form, however large the flash is. What goes beyond it is refused before anything is sent. */
  readonly reach: number;
  /** Since the connection was made. */
  readonly traffic: { readonly sent: number; readonly received: number; readonly roundTrips: number };
  /** False when it restarted or was lost meanwhile, and has to be connected anew. Asks it only where something was heard that says so. */
  isThere(signal: AbortSignal): Promise<boolean>;
  readFlash(offset: number, length: number, options: TransferOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Lower-case hex. */
  md5(offset: number, length: number, options: TransferOptions): Promise<string>;
  /** Erases the sectors that it covers, writes (compressed where that is shorter), resolves when the chip acknowledged all of it. */
  writeFlash(offset: number, bytes: Uint8Array<ArrayBuffer>, options: TransferOptions): Promise<void>;
  /** Both in whole sectors. */
  eraseRegion(offset: number, length: number, options: TransferOptions): Promise<void>;
  eraseFlash(options: TransferOptions): Promise<void>;
  /** Starts the application; the wire goes on at 115200 baud, as a console. */
  run(): Promise<void>;
}

export interface ChipConnector {
  /** @param wire open at 115200 baud. Stays the caller's: it is not closed here, whatever happens. */
  connect(wire: SerialWire, usb: SerialUsbInfo, options: ConnectOptions): Promise<ChipConnection>;
}

/** The fastest rate that worked where a faster one did not, by adapter. Not for ever: cables and hubs change. */
export interface AdapterMemory {
  fastest(usb: SerialUsbInfo): Promise<number | undefined>;
  remember(usb: SerialUsbInfo, baudRate: number): Promise<void>;
}
