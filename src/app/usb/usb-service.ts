/** All ports of this page: those that the person allowed, those of virtual devices, and one session each. */
import type { HistoryEntry } from '../model.ts';
import { Subject } from '../observable.ts';
import { adapterTitle } from './adapters.ts';
import { summaryOf } from './bundle-desk.ts';
import { withGlance, type GlancingRules } from './glance.ts';
import type { BundleSummary, UsbPhase } from './model.ts';
import type { SerialPortHandle } from './ports.ts';
import type { HeldBoard, UsbPortSummary, UsbService } from './services.ts';
import { UsbError } from './usb-errors.ts';
import { deviceOfPort, isVirtualPort } from './port-ids.ts';
import type { UsbPorts } from './usb-ports.ts';
import { LiveUsbSession } from './usb-session.ts';

export interface UsbServicePorts extends UsbPorts {
  /** The page is served over https, or from this computer. */
  readonly isSecure: boolean;
  /** Resolves when `deviceName` knows what there is; absent: it does. */
  readonly devicesKnown?: () => Promise<void>;
}

/** From before the first byte that is changed, whatever becomes of the job; at its end the device may have answered anew. */
async function noteChange(entry: HistoryEntry, { addHistory, flashChanged }: UsbPorts): Promise<void> {
  if (entry.outcome === 'started' && entry.ranges?.length) await flashChanged?.(entry.deviceId).catch(() => undefined);
  await addHistory(entry);
}

const HOLDS: ReadonlySet<UsbPhase> = new Set<UsbPhase>(['connecting', 'ready', 'working']);

export class Usb implements UsbService {
  readonly ports = new Subject<readonly UsbPortSummary[]>([]);
  readonly busy = new Subject(false);
  readonly held = new Subject<readonly HeldBoard[]>([]);
  readonly #ports: UsbServicePorts & { readonly bundles: GlancingRules };
  readonly #sessions = new Map<string, LiveUsbSession>();
  #handles = new Map<string, SerialPortHandle>();

  constructor(ports: UsbServicePorts) {
    this.#ports = { ...ports, bundles: withGlance(ports.bundles), addHistory: (entry) => noteChange(entry, ports) };
    ports.historyVersion?.subscribe(() => {
      for (const session of this.#sessions.values()) void session.historyChanged();
    });
    ports.registry.subscribe(({ type, handle }) => (type === 'connect' ? this.#onConnect(handle) : this.#onDisconnect(handle)));
  }

  get support(): UsbService['support'] {
    if (this.#ports.registry.supported) return 'yes';
    return this.#ports.isSecure ? 'no-web-serial' : 'insecure';
  }

  async refresh(): Promise<void> {
    const remembered = await this.#ports.registry.remembered();
    this.#handles = new Map(remembered.map((handle) => [handle.id, handle]));
    this.#tell();
  }

  async glance(url: string): Promise<BundleSummary> {
    return summaryOf({ bundle: await this.#ports.bundles.glance(url) }, undefined);
  }

  async choose(): Promise<string | undefined> {
    const handle = await this.#ports.registry.choose();
    if (handle) this.#onConnect(handle);
    return handle?.id;
  }

  async session(portId: string): Promise<LiveUsbSession> {
    const open = this.#sessions.get(portId);
    if (open) return open;
    const handle = await this.#handle(portId);
    // While it was looked for, somebody else may have asked too.
    const session = this.#sessions.get(portId) ?? this.#open(handle);
    this.#tell();
    return session;
  }

  async #handle(portId: string): Promise<SerialPortHandle> {
    if (isVirtualPort(portId)) {
      await this.#ports.devicesKnown?.();
      return this.#ports.registry.virtual(deviceOfPort(portId));
    }
    if (!this.#handles.has(portId)) await this.refresh();
    const handle = this.#handles.get(portId);
    if (!handle) throw new UsbError('PORT_UNKNOWN', 'no such port, or not allowed any more', { portId });
    return handle;
  }

  #open(handle: SerialPortHandle): LiveUsbSession {
    const session = new LiveUsbSession(handle, this.#ports);
    this.#sessions.set(handle.id, session);
    session.state.subscribe(() => this.#onState());
    return session;
  }

  #onConnect(handle: SerialPortHandle): void {
    if (handle.kind === 'usb') this.#handles.set(handle.id, handle);
    this.#sessionFor(handle)?.replugged(handle);
    this.#tell();
  }

  #onDisconnect(handle: SerialPortHandle): void {
    this.#handles.delete(handle.id);
    this.#sessions.get(handle.id)?.unplugged();
    this.#tell();
  }

  /**
   * A browser may give a board that comes back another port: it is taken for the one that is missing where it is the only one of its kind.
   * What it really is, its MAC tells before anything is written.
   */
  #sessionFor(handle: SerialPortHandle): LiveUsbSession | undefined {
    const own = this.#sessions.get(handle.id);
    if (own || handle.kind === 'virtual') return own;
    const title = adapterTitle(handle.usb);
    const missing = [...new Set(this.#sessions.values())].filter(
      ({ state: { value } }) => value.kind === 'usb' && value.phase === 'unplugged' && value.title === title,
    );
    const [only] = missing;
    if (!only || missing.length > 1) return undefined;
    this.#sessions.set(handle.id, only);
    return only;
  }

  #onState(): void {
    this.busy.set([...this.#sessions.values()].some((session) => session.isWriting));
    this.#tellHeld();
  }

  #tellHeld(): void {
    const states = [...new Set(this.#sessions.values())].map(({ state }) => state.value).filter(({ phase }) => HOLDS.has(phase));
    const held = states.map(({ portId, chip }) => ({ portId, mac: chip?.mac ?? '' }));
    // Sessions tell of every byte; who holds what seldom changes.
    if (JSON.stringify(held) !== JSON.stringify(this.held.value)) this.held.set(held);
  }

  #tell(): void {
    const summaries = new Map<string, UsbPortSummary>();
    for (const { id, kind, usb } of this.#handles.values()) summaries.set(id, { portId: id, kind, title: adapterTitle(usb) });
    for (const { state } of this.#sessions.values()) {
      const { portId, kind, title } = state.value;
      // A port that came back under another name is still this session.
      if (![...summaries.keys()].some((id) => id !== portId && this.#sessions.get(id)?.state === state))
        summaries.set(portId, { portId, kind, title });
    }
    this.ports.set([...summaries.values()]);
  }
}
