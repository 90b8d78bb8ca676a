/** Every drawing in its states, on the surfaces where it lies in the app: for eyes and screenshots. Not part of the build. */
import { html, render } from 'lit';
import '../../../src/ui/elements/board.ts';
import '../../../src/ui/elements/flash.ts';
import '../../../src/ui/elements/history.ts';
import { hash, icon, ICON_NAMES, lamp, miniBoard, versionTag } from '../../../src/ui/elements/icons.ts';
import '../../../src/ui/elements/leap.ts';
import '../../../src/ui/elements/log.ts';
import { otterArt } from '../../../src/ui/elements/otter-art.ts';
import { otterMark } from '../../../src/ui/elements/otter.ts';
import '../../../src/ui/elements/sectors.ts';
import '../../../src/ui/elements/slots.ts';
import '../../../src/ui/elements/spark.ts';
import '../../../src/ui/elements/speed.ts';
import '../../../src/ui/elements/track.ts';
import '../../../src/ui/elements/xray.ts';
import {
  CONTENTS,
  EMPTY_B,
  heapValues,
  HISTORY,
  IMAGE_SIZE,
  LOG_LINES,
  PARTITIONS,
  PLAN,
  reportOf,
  SHA_NEW,
  SLOT_A,
  SLOT_B,
  SLOT_SIZE,
  speedSamples,
  stagesAt,
} from './fixtures.ts';

const BALLOONS = (['mac', 'chip', 'led', 'usb', 'flash'] as const).map((at, i) => ({ n: i + 1, at }));
const NOTES = {
  check: '0.4 s',
  erase: '228 sectors, 2.1 s',
  write: '520 of 912 KB, 5 s left',
  verify: 'SHA-256',
  restart: 'about 6 s',
  confirm: 'waits for 1.1.0',
};

const device = html`<section class="mat" aria-label="The device, drawn">
    <div class="two">
      <div class="ident">
        <ot-board .moduleLabel=${'WROOM-32E'} .lamp=${'on'} .balloons=${BALLOONS}></ot-board>
        <dl class="callouts">
          <div class="callout">
            <dt><span class="n">1</span> <span class="what">MAC</span></dt>
            <dd><span class="num">24:0A:C4:5E:8A:10</span></dd>
          </div>
          <div class="callout">
            <dt><span class="n">2</span> <span class="what">Chip</span></dt>
            <dd><span class="num">ESP32</span>, 3.1</dd>
          </div>
          <div class="callout">
            <dt><span class="n">3</span> <span class="what">Answers</span></dt>
            <dd>now, over Wi-Fi</dd>
          </div>
        </dl>
      </div>
      <ot-slots .slots=${[SLOT_A, SLOT_B]} running="ota_0" nextBoot="ota_0"></ot-slots>
    </div>
    <ot-flash .partitions=${PARTITIONS} .slots=${[SLOT_A, SLOT_B]} running="ota_0"></ot-flash>
  </section>
  <div class="two two-tall">
    <section class="sheet">
      <div class="row-head"><h2>History</h2></div>
      <ot-history .entries=${HISTORY} rollbackSlot="ota_0"></ot-history>
    </section>
    <section class="sheet">
      <div class="row-head"><h2>Vitals</h2></div>
      <dl class="gauges rows">
        <div class="gauge">
          <dt>Free heap<small>lowest 141 KB</small></dt>
          <dd><ot-spark .values=${heapValues()} .threshold=${170 * 1024}></ot-spark></dd>
          <dd>
            <span class="reading">182 <small>KB</small></span>
          </dd>
        </div>
      </dl>
    </section>
  </div>`;

const plan = html`<div class="two two-even two-tall">
    <ot-xray .report=${reportOf(CONTENTS.app)} .slotSize=${SLOT_SIZE} heading="Inside greenhouse-node 1.1.0" details="facts"></ot-xray>
    <ot-xray .report=${reportOf(CONTENTS.app)} .slotSize=${SLOT_SIZE}></ot-xray>
  </div>
  <section class="mat" aria-label="What will be written">
    <div class="two">
      <ot-slots .slots=${[SLOT_A, SLOT_B]} running="ota_0" nextBoot="ota_0" .plan=${PLAN}></ot-slots>
      <ot-slots .slots=${[{ ...SLOT_A, state: 'PENDING_VERIFY' }, EMPTY_B]} running="ota_0" nextBoot="ota_0"></ot-slots>
    </div>
    <ot-flash .partitions=${PARTITIONS} .slots=${[SLOT_A, SLOT_B]} running="ota_0" .plan=${PLAN}></ot-flash>
    <div class="two">
      <ot-slots
        .slots=${[
          { ...SLOT_A, state: 'ABORTED', image_size: 120_000 },
          { ...SLOT_B, image_size: undefined },
        ]}
        running="ota_1"
        nextBoot="ota_1"
      ></ot-slots>
      <ot-slots
        .slots=${[
          { ...SLOT_A, label: 'factory', state: 'FACTORY' },
          { ...SLOT_A, label: 'ota_0', state: 'INVALID' },
          { ...SLOT_B, state: 'NEW' },
        ]}
        running="factory"
        nextBoot="ota_1"
      ></ot-slots>
    </div>
  </section>`;

const update = html`<section class="mat" aria-label="Stages">
    <ot-track .stages=${stagesAt('write', 0.57)} .notes=${NOTES}></ot-track>
    <ot-sectors
      slotLabel="ota_1"
      .slotOffset=${0x150000}
      .slotSize=${SLOT_SIZE}
      .imageSize=${IMAGE_SIZE}
      .writtenBytes=${532_480}
      .activeBytes=${12_288}
    ></ot-sectors>
    <ot-track .stages=${stagesAt('verify', 0.3, 'failed')} .notes=${{ verify: 'SHA-256 differs' }}></ot-track>
    <ot-track .stages=${stagesAt('confirm', 1, 'done')} .notes=${NOTES}></ot-track>
  </section>
  <div class="two two-even two-tall">
    <section class="sheet">
      <div class="row-head">
        <h2>Speed</h2>
        <p class="quiet">last 8 seconds</p>
      </div>
      <ot-speed .samples=${speedSamples()} .more=${[{ label: 'this stage', value: '5', unit: 's left' }]}></ot-speed>
    </section>
    <section class="sheet">
      <ot-log .lines=${[...LOG_LINES, { atMs: 10_000, who: 'device', text: 'block 84 CRC, again', level: 'now' }]} live></ot-log>
    </section>
  </div>
  ${(['confirmed', 'unconfirmed', 'rolled-back', 'failed'] as const).map((outcome) => html`<div class="leap-row"><ot-leap from="1.0.0" to="1.1.0" .outcome=${outcome}></ot-leap></div>`)}`;

const films = html`<div class="two two-even">
  ${Object.values(CONTENTS).map((content) => html`<ot-xray .report=${reportOf(content)} heading=${content.kind} .headingLevel=${2}></ot-xray>`)}
</div>`;

const small = html`<section class="sheet">
    <h2>Small parts</h2>
    <p class="facts">
      ${lamp('on', 'Running')} ${lamp('busy', 'Writing')} ${lamp('off', 'Not seen')} ${lamp('stopped', 'Stopped')}
      ${lamp('unconfirmed', 'Unconfirmed')}
    </p>
    <p class="keys">
      ${versionTag('1.0.0')} ${versionTag('1.0.0', 'run')} ${versionTag('1.1.0', 'new')} <span class="tape">nvs will be erased</span>
    </p>
    <div>${hash(SHA_NEW)}</div>
    <p class="facts">${ICON_NAMES.map((name) => icon(name))} ${otterMark()} ${miniBoard()}</p>
    <div class="empty">${otterArt()}</div>
    <progress max="100" value="40" aria-label="Stored"></progress>
  </section>
  <section class="mat" aria-label="Boards">
    <div class="two two-even">
      ${(['usb', 'network', 'virtual'] as const).flatMap((door) => (['on', 'busy', 'off', 'stopped', 'unconfirmed'] as const).map((state) => html`<ot-board .door=${door} .lamp=${state}></ot-board>`))}
      <ot-board ghost .chipLabel=${'ESP32-D0WD-V3'} .moduleLabel=${'a module with a long name'}></ot-board
      ><ot-board compact door="network"></ot-board><ot-board compact door="usb"></ot-board><ot-board compact door="virtual"></ot-board>
    </div>
  </section>
  <section class="mat" aria-label="Flash sizes">
    ${[2, 8, 16].map((mb) => html`<ot-flash .flashSize=${mb * 1024 * 1024} .partitions=${PARTITIONS} .slots=${[SLOT_A, EMPTY_B]} running="ota_0"></ot-flash>`)}
  </section>`;

const PAGES = { device, plan, update, films, small };
const page = PAGES[location.hash.slice(1) as keyof typeof PAGES] ?? html`${Object.values(PAGES)}`;
render(
  html`<div class="app">
    <header class="rail">
      <a class="brand" href="#">${otterMark()}<span>Otter</span></a>
    </header>
    <main class="main">
      <h1>Parts drawer</h1>
      ${page}
    </main>
  </div>`,
  document.body,
);
