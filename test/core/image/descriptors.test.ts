import { expect } from 'chai';
import { parseAppDescriptor, parseBootloaderDescriptor } from '../../../src/core/image/descriptors.ts';
import { appDescriptor, bootloaderDescriptor, utf8 } from './builders.ts';

describe('parseAppDescriptor()', () => {
  it('takes nothing for a descriptor that is too short or has another magic', () => {
    expect(parseAppDescriptor(appDescriptor().subarray(0, 255))).to.equal(undefined);
    expect(parseAppDescriptor(new Uint8Array(256))).to.equal(undefined);
  });

  for (const [project, version, arduino] of [
    ['arduino-lib-builder', 'esp-idf: v4.4.7 38eeba213a', true],
    ['arduino-lib-builder', '1.0.0', true],
    ['anything', 'esp-idf: v4.4.5 ac5d805d0e', true],
    ['thermostat', 'v4.4.5', false],
  ] as const) {
    it(`${project} ${version}: ${arduino ? 'the Arduino library' : 'a project of its own'}`, () => {
      expect(parseAppDescriptor(appDescriptor({ project, version }))?.isArduinoLibrary).to.equal(arduino);
    });
  }

  for (const [date, time, expected] of [
    ['Nov 19 2025', '18:02:11', Date.UTC(2025, 10, 19, 18, 2, 11)],
    ['Jul  3 2024', '00:00:00', Date.UTC(2024, 6, 3)],
    ['Feb 30 2024', '00:00:00', undefined],
    ['Foo 19 2025', '18:02:11', undefined],
    ['2025-11-19', '18:02:11', undefined],
    ['Nov 19 2025', '', undefined],
    ['', '', undefined],
  ] as const) {
    it(`built ${JSON.stringify(date)} ${JSON.stringify(time)}: ${expected === undefined ? 'unreadable' : 'read as UTC'}`, () => {
      const descriptor = parseAppDescriptor(appDescriptor({ date, time }));
      expect(descriptor?.builtAtMs).to.equal(expected);
      expect(descriptor).to.include({ date, time });
    });
  }

  it('keeps text that fills its field without a NUL', () => {
    const version = 'v1.0.0-12-gabcdef0123456789-dirt';
    expect(version.length).to.equal(32);
    expect(parseAppDescriptor(appDescriptor({ version }))?.version).to.equal(version);
  });

  it('survives text that is not UTF-8', () => {
    const bytes = appDescriptor();
    bytes.set([0xff, 0xfe, 0x00], 16);
    expect(parseAppDescriptor(bytes)?.version).to.equal('\u{fffd}\u{fffd}');
  });
});

describe('parseBootloaderDescriptor()', () => {
  it('reads version, secure version and IDF version', () => {
    expect(parseBootloaderDescriptor(bootloaderDescriptor('v5.4'))).to.deep.equal({ secureVersion: 3, version: 9, idfVersion: 'v5.4' });
  });

  it('takes nothing else for one', () => {
    expect(parseBootloaderDescriptor(bootloaderDescriptor().subarray(0, 79))).to.equal(undefined);
    expect(parseBootloaderDescriptor(new Uint8Array(80))).to.equal(undefined);
    expect(parseBootloaderDescriptor(bootloaderDescriptor(''))).to.equal(undefined);
    const code = bootloaderDescriptor();
    code.set(utf8('two words'), 8);
    expect(parseBootloaderDescriptor(code)).to.equal(undefined);
  });
});
