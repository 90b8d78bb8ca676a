/** A list without the board in it is no error: what to check, per operating system, and which browsers have Web Serial. Templates only. */
import { html, nothing, type TemplateResult } from 'lit';

interface Bridge {
  readonly name: string;
  /** `vendor:product` as the system shows them. */
  readonly ids: string;
  readonly driver: string;
}

/** The bridges that boards carry, by the ids that the USB-IF and their makers list. */
const BRIDGES: readonly Bridge[] = [
  { name: 'Silicon Labs CP210x', ids: '10c4:ea60', driver: 'CP210x VCP driver of Silicon Labs' },
  { name: 'WCH CH340', ids: '1a86:7523', driver: 'CH341SER driver of WCH' },
  { name: 'WCH CH343, CH9102', ids: '1a86:55d3, 1a86:55d4', driver: 'CH343SER driver of WCH' },
  { name: 'FTDI FT232, FT2232', ids: '0403:6001, 0403:6010', driver: 'VCP driver of FTDI' },
  { name: 'Espressif, the chip’s own USB', ids: '303a:1001', driver: 'none needed' },
];

interface SystemHelp {
  readonly id: 'windows' | 'mac' | 'linux' | 'chromeos';
  readonly name: string;
  readonly agent: RegExp;
  readonly steps: readonly TemplateResult[];
}

const CABLE = html`Many cables only charge. Try another one, straight into the computer and not through a hub.`;

const SYSTEMS: readonly SystemHelp[] = [
  {
    id: 'windows',
    name: 'Windows',
    agent: /Windows/,
    steps: [
      CABLE,
      html`Open the Device Manager. Under “Ports (COM & LPT)” the board stands with its COM number. With a yellow mark, or under “Other
      devices”, it lacks its driver: the table below says which.`,
      html`Close what holds the port: a serial monitor, an IDE, a slicer. Windows gives a port to one program only.`,
    ],
  },
  {
    id: 'mac',
    name: 'macOS',
    agent: /Mac OS/,
    steps: [
      CABLE,
      html`In a terminal, <code>ls /dev/cu.*</code> shows it as <code>cu.usbserial…</code> or <code>cu.usbmodem…</code>. macOS has the
        drivers of CP210x, CH34x and FTDI built in since version 10.14 or later; older ones come from their makers.`,
      html`A notebook asks “Allow accessory to connect?” at the first plug: allow it, and unlock the screen.`,
    ],
  },
  {
    id: 'linux',
    name: 'Linux',
    agent: /Linux(?!.*Android)/,
    steps: [
      CABLE,
      html`<code>dmesg</code> names it <code>ttyUSB0</code> or <code>ttyACM0</code>. Your user must be in its group:
        <code>sudo usermod -aG dialout $USER</code> (<code>uucp</code> on Arch), then sign in anew.`,
      html`A browser from a snap or a Flatpak does not reach serial ports by itself: <code>snap connect chromium:raw-usb</code>, or take the
        browser from your distribution’s own packages.`,
      html`<code>brltty</code> takes CH340 boards for braille displays on some Ubuntu versions: remove it if you do not need it.`,
    ],
  },
  {
    id: 'chromeos',
    name: 'ChromeOS',
    agent: /CrOS/,
    steps: [CABLE, html`A managed Chromebook may forbid Web Serial: <code>chrome://policy</code> shows <code>SerialAskForUrls</code>.`],
  },
];

/** The reader's own system comes first and is open. */
export function portHelp(userAgent: string): TemplateResult {
  const own = SYSTEMS.find(({ agent }) => agent.test(userAgent));
  const systems = [...SYSTEMS].sort((a, b) => Number(b === own) - Number(a === own));
  return html`<section class="sheet" aria-labelledby="port-help">
    <h2 id="port-help">The board is not in the list?</h2>
    <div class="port-help rows">
      ${systems.map(
        (system) =>
          html`<details ?open=${system === own}>
            <summary><h3>${system.name}</h3></summary>
            <ol>
              ${system.steps.map((step) => html`<li>${step}</li>`)}
            </ol>
          </details>`,
      )}
      <details>
        <summary><h3>Which driver</h3></summary>
        <dl class="bridges">
          ${BRIDGES.map(
            ({ name, ids, driver }) =>
              html`<div>
                <dt>${name} <code>${ids}</code></dt>
                <dd>${driver}</dd>
              </div>`,
          )}
        </dl>
      </details>
    </div>
  </section>`;
}

interface BrowserHint {
  readonly agent: RegExp;
  readonly words: string;
}

/** The first that fits is shown; what cannot have Web Serial comes before what could. */
const BROWSER_HINTS: readonly BrowserHint[] = [
  { agent: /iPhone|iPad/, words: 'On an iPhone or iPad every browser is Safari inside: take a computer for the cable.' },
  { agent: /Android/, words: 'On Android browsers reach no USB serial ports: take a computer for the cable.' },
  { agent: /Firefox\//, words: 'This is Firefox: update it to version 151 or newer, or open this page in Chrome or Edge.' },
  {
    agent: /Macintosh(?!.*(?:Chrome|Chromium)).*Safari\//,
    words: 'This is Safari: open this page in Chrome, Edge or Firefox on the same Mac.',
  },
  {
    agent: /(?:Chrome|Chromium)\/.*/,
    words:
      'This one is of the Chromium family, which has it: it may be too old (89 or newer is needed), forbidden by whoever manages this computer, or switched off as Brave does (brave://flags, “Web Serial API”).',
  },
];

const SYSTEM_HINTS: readonly BrowserHint[] = [
  { agent: /Windows/, words: 'On Windows, Edge is there already.' },
  { agent: /Linux(?!.*Android)/, words: 'On Linux, Chromium is in your distribution; from a snap it needs “raw-usb” to be connected.' },
  { agent: /CrOS/, words: 'On a Chromebook, Chrome has it unless a policy forbids it.' },
];

const hintFor = (hints: readonly BrowserHint[], userAgent: string): string => hints.find(({ agent }) => agent.test(userAgent))?.words ?? '';

export function noWebSerial(userAgent: string): TemplateResult {
  const own = [hintFor(BROWSER_HINTS, userAgent), hintFor(SYSTEM_HINTS, userAgent)].filter(Boolean).join(' ');
  return html`<p>
      This browser has no Web Serial. Chrome, Edge, Opera and other Chromium browsers have it on a desktop computer, and so has Firefox from
      version 151 on. Safari and browsers on phones do not.
    </p>
    ${own ? html`<p>${own}</p>` : nothing}`;
}
