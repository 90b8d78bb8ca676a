import { expect } from 'chai';
import { inspectFirmware } from '../../../src/core/image/inspect.ts';
import { versionInFileName } from '../../../src/core/image/version-proposal.ts';
import { appDescriptor, esp8266Image, smallApp, u32, utf8 } from './builders.ts';

const arduino = appDescriptor({ project: 'arduino-lib-builder', version: 'esp-idf: v4.4.7 38eeba213a', idf: 'v4.4.7' });

async function proposals(file: Uint8Array, name: string): Promise<readonly string[]> {
  const { proposedVersions } = await inspectFirmware(file, name);
  return proposedVersions.map(({ version, from, certain }) => `${version} ${from}${certain ? ' certain' : ''}`);
}

describe('versionInFileName()', () => {
  for (const [name, version] of [
    ['PanicButton_v1.2.1.bin', '1.2.1'],
    ['greenhouse-node-1.1.0-esp32c3.bin', '1.1.0'],
    ['greenhouse-node-1.2.0-crash.bin', '1.2.0'],
    ['node 2.0.bin', '2.0'],
    ['node-V3.4.5-rc.1.bin', '3.4.5-rc.1'],
    ['1.0.0-beta2.bin', '1.0.0-beta2'],
    ['esp32-idf5.1-node-v7.8.9.factory.bin', '7.8.9'],
    ['C:\\builds\\v1.0.0\\fw_2.3.4.ino.bin', '2.3.4'],
    ['builds/v1.0.0/firmware.bin', undefined],
    ['firmware.bin', undefined],
    ['esp32.bin', undefined],
    ['192.168.0.17.5.bin', undefined],
    ['', undefined],
  ] as const) {
    it(`${JSON.stringify(name)}: ${version ?? 'none'}`, () => expect(versionInFileName(name)).to.equal(version));
  }
});

describe('proposed versions', () => {
  it('a project’s own descriptor is certain', async () => {
    expect(await proposals(await smallApp(), 'firmware.bin')).to.deep.equal(['1.2.3 descriptor certain']);
  });

  it('a file name that says the same is not repeated, another one is', async () => {
    expect(await proposals(await smallApp(appDescriptor({ version: 'v1.2.3' })), 'fw-1.2.3.bin')).to.deep.equal([
      'v1.2.3 descriptor certain',
    ]);
    expect(await proposals(await smallApp(), 'fw-1.2.4.bin')).to.deep.equal(['1.2.3 descriptor certain', '1.2.4 file-name']);
  });

  it('the Arduino core’s descriptor says nothing: file name, then strings, none of them certain', async () => {
    const strings = utf8('\0hello\0v1.2.1\u{0}1.2.1\u{0}2.0.0-rc1\u{0}4.4.7\u{0}10.0.0.1\u{0}1.2\0version 3.0.0\0');
    expect(await proposals(await smallApp(arduino, strings), 'PanicButton_v1.2.2.bin')).to.deep.equal([
      '1.2.2 file-name',
      '1.2.1 strings',
      '2.0.0-rc1 strings',
    ]);
  });

  it('at most five come from strings', async () => {
    const strings = utf8(Array.from({ length: 20 }, (_, i) => `\0${i}.0.0`).join('') + '\0');
    expect((await proposals(await smallApp(arduino, strings), 'x.bin')).length).to.equal(5);
  });

  it('a string without an end is none', async () => {
    expect(await proposals(await smallApp(arduino, utf8('\u{0}1.2.3')), 'x.bin')).to.deep.equal([]);
  });

  it('an image without a descriptor has its file name', async () => {
    const image = esp8266Image([{ address: 0x40210010, data: u32(1) }]);
    expect(await proposals(image, 'sonoff-6.6.0.bin')).to.deep.equal(['6.6.0 file-name']);
  });

  it('a file that is no firmware has its file name at most', async () => {
    expect(await proposals(utf8('hello'), 'notes-1.0.0.txt')).to.deep.equal(['1.0.0 file-name']);
  });
});
