/** What the UI may ask of the USB door. Every rejection is an `OtterError` (or the signal's reason). */
import type { PlanChoices } from '../../core/bundle/plan-model.ts';
import type { ConsoleBuffer } from '../../core/console/console-buffer.ts';
import type { ImprovInfo, ImprovNetwork } from '../../core/serial/improv.ts';
import type { BundleSummary, FlashRange, UsbState } from './model.ts';
import type { StartWord } from '../slot-word.ts';
import type { Observable } from '../observable.ts';

export interface UsbService {
  /** `no-web-serial`: this browser has none. `insecure`: the page is not served over https or localhost. */
  readonly support: 'yes' | 'no-web-serial' | 'insecure';
  /** Remembered ports that are plugged in, and those of sessions that are open. */
  readonly ports: Observable<readonly UsbPortSummary[]>;
  /** Boards whose chip this page holds in its boot loader, or brings there: no application of theirs answers. */
  readonly held: Observable<readonly HeldBoard[]>;
  refresh(): Promise<void>;
  /** What an install manifest offers, before a board is chosen. */
  glance(url: string): Promise<BundleSummary>;
  /** Opens the browser's chooser; `undefined` when nothing was chosen. Call it from a click. */
  choose(): Promise<string | undefined>;
  /** Of a remembered port, or `virtual:<device id>`. The same object while the page lives. */
  session(portId: string): Promise<UsbSession>;
  /** True while any job writes: the page must not reload. */
  readonly busy: Observable<boolean>;
}

export interface HeldBoard {
  readonly portId: string;
  /** Lower case; empty while nobody knows it. */
  readonly mac: string;
}

export interface UsbPortSummary {
  readonly portId: string;
  readonly kind: 'usb' | 'virtual';
  readonly title: string;
}

export interface UsbSession {
  readonly state: Observable<UsbState>;
  /** All that the chip printed since the session began; survives reconnects. */
  readonly console: UsbConsole;
  /** Into the boot loader, identify, read the layout. Resolves when `phase` is `ready`. */
  connect(options?: { readonly baudRate?: number; readonly withoutStub?: boolean }): Promise<void>;
  /** Out of the boot loader, the application starts; the console stays open. */
  run(): Promise<void>;
  /** Closes the port. */
  close(): Promise<void>;
  /** Files, a folder or an archive: chooses the build for this chip and makes the plan. `paths` as the browser gave them. */
  bring(files: readonly { readonly path: string; readonly blob: Blob }[]): Promise<void>;
  /** An install manifest by address. */
  bringUrl(url: string): Promise<void>;
  /** A firmware of the library; what was saved from a board is planned as what goes back, whole and where it was. */
  bringFirmware(sha256: string): Promise<void>;
  /** Forgets what was brought. */
  clear(): void;
  choose(choices: PlanChoices): void;
  /**
   * Carries the plan out. `full`: writes also what is the same. `snapshot`: first reads what will be overwritten into the library.
   * Rejects when the plan is blocked; resolves when the job has begun. What starts then on a guarded board and was written before has to be
   * trusted, as for `selectSlot`.
   */
  flash(options: { readonly full: boolean; readonly snapshot: 'nothing' | 'overwritten' | 'everything' }, word?: StartWord): Promise<void>;
  /** After the cable was lost: connects again and goes on from the last verified region. */
  resume(): Promise<void>;
  stop(): void;
  dismissJob(): void;
  /** Resolves with the bytes of a region; the job is visible in `state`. */
  read(range: FlashRange): Promise<Blob>;
  /** As for `flash`: without otadata another slot may start. */
  erase(range: FlashRange | 'everything', word?: StartWord): Promise<void>;
  /** Reads a region, or all of the flash, into the library; resolves with its SHA-256. */
  snapshot?(of: FlashRange | 'everything'): Promise<string>;
  /**
   * What the last job saved goes back to where it came from, if the chip still holds what that job wrote.
   * Resolves when the job has begun; where something else lies there it fails and changes nothing.
   */
  undo(): Promise<void>;
  /** What a job saved a moment ago goes back to where it came from, without a plan: it is the way back from a job that broke off. */
  restore(sha256: string, word?: StartWord): Promise<void>;
  /**
   * otadata by hand: what starts next; or a slot that must not start any more, so that another one may start. On a guarded board that has to be
   * trusted, as for `DeviceSession.rollback`.
   */
  selectSlot(label: string, word?: StartWord): Promise<void>;
  invalidateSlot(label: string, word?: StartWord): Promise<void>;
  /** Wi-Fi by Improv, once the application runs. `undefined`: the firmware does not offer it. */
  improv(): Promise<ImprovSession | undefined>;
}

export interface UsbConsole {
  readonly buffer: ConsoleBuffer;
  /** Rises when there is something new to show, at most once a frame or so. */
  readonly version: Observable<number>;
  readonly baudRate: Observable<number>;
  readonly open: Observable<boolean>;
  /** Opens the port for listening only. */
  start(baudRate: number): Promise<void>;
  setBaudRate(baudRate: number): Promise<void>;
  send(text: string): Promise<void>;
  /** Pulses EN. */
  reset(): Promise<void>;
  clear(): void;
}

export interface ImprovSession {
  readonly info: ImprovInfo;
  scan(): Promise<readonly ImprovNetwork[]>;
  /** Resolves with the address of the device's own page, when it tells one. */
  provision(network: string, password: string): Promise<string | undefined>;
  close(): Promise<void>;
}
