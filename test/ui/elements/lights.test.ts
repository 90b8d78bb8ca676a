import { html } from 'lit';
import '../../../src/ui/elements/board.ts';
import '../../../src/ui/elements/flash.ts';
import '../../../src/ui/elements/history.ts';
import { hash, lamp, versionTag } from '../../../src/ui/elements/icons.ts';
import '../../../src/ui/elements/leap.ts';
import '../../../src/ui/elements/log.ts';
import '../../../src/ui/elements/sectors.ts';
import '../../../src/ui/elements/slots.ts';
import '../../../src/ui/elements/speed.ts';
import '../../../src/ui/elements/track.ts';
import '../../../src/ui/elements/xray.ts';
import {
  CONTENTS,
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
import { expectAccessible, mount } from './support.ts';

const bench = () =>
  html`<section class="mat" aria-label="Drawings">
      <ot-board .lamp=${'on'}></ot-board><ot-slots .slots=${[SLOT_A, SLOT_B]} running="ota_0" nextBoot="ota_0" .plan=${PLAN}></ot-slots>
      <ot-flash .partitions=${PARTITIONS} .slots=${[SLOT_A, SLOT_B]} running="ota_0" .plan=${PLAN}></ot-flash>
      <ot-track .stages=${stagesAt('write', 0.5)} .notes=${{ write: '520 of 912 KB' }}></ot-track
      ><ot-track .stages=${stagesAt('verify', 0.5, 'failed')}></ot-track>
      <ot-sectors slotLabel="ota_1" .slotSize=${SLOT_SIZE} .imageSize=${IMAGE_SIZE} .writtenBytes=${400_000}></ot-sectors>
    </section>
    <section class="sheet">
      <h2>Words</h2>
      <p>
        ${lamp('on', 'Running')} ${lamp('off', 'Empty')} ${lamp('stopped', 'Stopped')} ${versionTag('1', 'run')} ${versionTag('2', 'new')}
      </p>
      ${hash(SHA_NEW)} <ot-history .entries=${HISTORY} rollbackSlot="ota_0"></ot-history><ot-speed .samples=${speedSamples()}></ot-speed
      ><ot-leap from="1" to="2" outcome="failed"></ot-leap>
    </section>
    <section class="sheet"><ot-log .lines=${LOG_LINES}></ot-log></section>
    <ot-xray .report=${reportOf(CONTENTS.merged)}></ot-xray><ot-xray .report=${reportOf(CONTENTS.damaged)}></ot-xray>`;

describe('the whole bench', () => {
  afterEach(() => delete document.documentElement.dataset['theme']);

  for (const theme of ['light', 'dark']) {
    for (const width of [1080, 304]) {
      it(`reads well in the ${theme} light on ${width} px`, async () => {
        document.documentElement.dataset['theme'] = theme;
        await expectAccessible(await mount(bench(), width));
      });
    }
  }
});
