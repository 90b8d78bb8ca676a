/**
 * Espressif's flasher stubs: small programs that are uploaded into the chip's RAM and write its flash faster than its ROM. They come from
 * esptool-js, one chip at a time and only when one is needed; nothing else of that package is loaded.
 */
import { fromBase64 } from '../../core/bytes/base64.ts';
import type { ChipName } from '../../core/image/model.ts';

interface StubSegment {
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface StubProgram {
  readonly entry: number;
  readonly segments: readonly StubSegment[];
}

/** As the packages of esp-flasher-stub have it; `data` is absent where there is none. */
interface StubFile {
  readonly entry: number;
  readonly text: string;
  readonly text_start: number;
  readonly data?: string;
  readonly data_start?: number;
}

type LoadStub = () => Promise<{ readonly default: StubFile }>;

interface StubRow {
  /** Wafers before this one have a program of their own. */
  readonly belowRevision?: number;
  readonly load: LoadStub;
}

/** The first row that holds counts. A chip without a row is written by its ROM. */
const STUBS: { readonly [Name in ChipName]?: readonly StubRow[] } = {
  ESP8266: [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp8266.json') }],
  ESP32: [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp32.json') }],
  'ESP32-S2': [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp32s2.json') }],
  'ESP32-S3': [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp32s3.json') }],
  'ESP32-C2': [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp32c2.json') }],
  'ESP32-C3': [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp32c3.json') }],
  'ESP32-C5': [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp32c5.json') }],
  'ESP32-C6': [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp32c6.json') }],
  'ESP32-C61': [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp32c61.json') }],
  'ESP32-H2': [{ load: () => import('esptool-js/lib/targets/stub_flasher/esp32h2.json') }],
  'ESP32-P4': [
    { belowRevision: 300, load: () => import('esptool-js/lib/targets/stub_flasher/esp32p4-rev1.json') },
    { load: () => import('esptool-js/lib/targets/stub_flasher/esp32p4.json') },
  ],
};

/** `undefined`: nobody wrote one for this chip. Rejects when the program cannot be loaded (offline, and never needed before). */
export async function loadStub(chip: ChipName, revision: number | undefined): Promise<StubProgram | undefined> {
  // A chip that does not tell its revision takes no program either.
  const row = revision === undefined ? undefined : STUBS[chip]?.find(({ belowRevision = Infinity }) => revision < belowRevision);
  if (!row) return undefined;
  const file = (await row.load()).default;
  const segments: StubSegment[] = [{ address: file.text_start, bytes: fromBase64(file.text) }];
  if (file.data !== undefined && file.data_start !== undefined) {
    segments.push({ address: file.data_start, bytes: fromBase64(file.data) });
  }
  return { entry: file.entry, segments };
}
