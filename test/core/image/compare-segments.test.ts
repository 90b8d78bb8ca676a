import { expect } from 'chai';
import { compareSegments } from '../../../src/core/image/compare-segments.ts';
import type { EspImage, MemoryRegion } from '../../../src/core/image/model.ts';

const verdict = { offset: 0, stored: '00', computed: '00', valid: true };

function imageOf(...segments: readonly (readonly [MemoryRegion, number])[]): EspImage {
  return {
    chip: 'ESP32',
    role: 'app',
    flashMode: 'dio',
    flashSize: '4MB',
    flashFrequency: '40m',
    entry: 0x4008_1000,
    minChipRevision: 0,
    maxChipRevision: 399,
    checksum: verdict,
    imageLength: 0,
    secureBoot: [],
    segments: segments.map(([region, length]) => ({ offset: 0, length, loadAddress: 0, region })),
  };
}

describe('compareSegments()', () => {
  it('adds up the segments of one region, however they are cut', () => {
    const changes = compareSegments(imageOf(['IRAM', 100], ['IROM', 1000], ['IRAM', 50]), imageOf(['IRAM', 140], ['IROM', 1200]));
    expect(changes).to.deep.equal([
      { region: 'IRAM', before: 150, after: 140, delta: -10 },
      { region: 'IROM', before: 1000, after: 1200, delta: 200 },
    ]);
  });

  it('names regions that only one image has, and leaves padding out', () => {
    const changes = compareSegments(imageOf(['DROM', 10], ['PADDING', 99]), imageOf(['RTC_FAST', 8]));
    expect(changes).to.deep.equal([
      { region: 'DROM', before: 10, after: 0, delta: -10 },
      { region: 'RTC_FAST', before: 0, after: 8, delta: 8 },
    ]);
  });
});
