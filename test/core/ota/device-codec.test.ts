import { expect } from 'chai';
import { OtterError } from '../../../src/core/errors.ts';
import {
  parseDeviceError,
  parseDeviceInfo,
  parseDeviceJson,
  parseLoginAnswer,
  parseUpdateLine,
  parseUpdateStatus,
  speaksOwnContract,
} from '../../../src/core/ota/device-codec.ts';
import { DeviceProtocolError } from '../../../src/core/ota/protocol-error.ts';

const SHA = 'ab'.repeat(32);

const OWN = {
  version: '1.0.0',
  build_date: 'Nov 19 2025 18:02:11',
  ip: '192.168.4.2',
  rssi: -54,
  free_heap: 220_000,
  sketch_size: 924_000,
  free_sketch_space: 1_310_720,
  chip_id: '246F28F99D27',
  device_id: 'esp32-ota',
  chip: 'ESP32',
  chip_revision: 301,
  running: 'ota_0',
  next_boot: 'ota_0',
  uptime_s: 12,
  slots: [
    {
      label: 'ota_0',
      offset: 0x10000,
      size: 0x140000,
      version: '1.0.0',
      project: 'greenhouse-node',
      sha256: SHA.toUpperCase(),
      state: 'VALID',
    },
    { label: 'ota_1', offset: 0x150000, size: 0x140000, version: '', project: '', sha256: '', state: 'EMPTY' },
  ],
};

const faultOf = (run: () => unknown): DeviceProtocolError => {
  try {
    run();
  } catch (error) {
    expect(error).to.be.instanceOf(DeviceProtocolError);
    return error as DeviceProtocolError;
  }
  throw new Error('was accepted');
};

describe('parseDeviceInfo()', () => {
  it('reads our own contract and ignores what it does not know', () => {
    const info = parseDeviceInfo({ ...OWN, later_field: { any: 'thing' } });
    expect(info.slots?.[0]?.sha256).to.equal(SHA);
    expect(info).to.not.have.property('later_field');
    expect(speaksOwnContract(info)).to.equal(true);
  });

  it('reads whose signatures a device wants', () => {
    const wants = { signature_required: true, trusted_keys: [SHA] };
    expect(parseDeviceInfo({ ...OWN, ...wants })).to.deep.include({ signature_required: true, trusted_keys: [SHA] });
    for (const broken of [{ signature_required: 'yes' }, { trusted_keys: SHA }, { trusted_keys: [`${SHA}0`] }, { trusted_keys: [7] }]) {
      expect(faultOf(() => parseDeviceInfo({ ...OWN, ...broken })).details.where).to.match(/^info\.(signature_required|trusted_keys)/);
    }
  });

  it('reads S1, whose numbers are text and whose chip id is a number', () => {
    const info = parseDeviceInfo({ version: '1.4', rssi: '-61', free_heap: '180432', chip_id: 40_123_456 });
    expect(info).to.deep.equal({
      version: '1.4',
      build_date: '',
      ip: '',
      rssi: -61,
      free_heap: 180_432,
      sketch_size: 0,
      free_sketch_space: 0,
      chip_id: '40123456',
    });
    expect(speaksOwnContract(info)).to.equal(false);
  });

  it('leaves out a chip that it does not know', () => expect(parseDeviceInfo({ ...OWN, chip: 'ESP64' })).to.not.have.property('chip'));

  const HOSTILE: readonly [string, unknown, string][] = [
    ['no object', 'hello', 'info'],
    ['null', null, 'info'],
    ['a list', [], 'info'],
    ['no version', { ...OWN, version: undefined }, 'info.version'],
    ['a version of a megabyte', { ...OWN, version: 'x'.repeat(1e6) }, 'info.version'],
    ['a number that is none', { ...OWN, free_heap: 'lots' }, 'info.free_heap'],
    ['an infinite number', { ...OWN, uptime_s: Infinity }, 'info.uptime_s'],
    ['a negative size', { ...OWN, slots: [{ ...OWN.slots[0], size: -1 }] }, 'info.slots[0].size'],
    ['a fractional offset', { ...OWN, slots: [{ ...OWN.slots[0], offset: 1.5 }] }, 'info.slots[0].offset'],
    ['markup for a label', { ...OWN, slots: [{ ...OWN.slots[0], label: '<img>' }] }, 'info.slots[0].label'],
    ['a short hash', { ...OWN, slots: [{ ...OWN.slots[0], sha256: 'abc' }] }, 'info.slots[0].sha256'],
    ['an unknown state', { ...OWN, slots: [{ ...OWN.slots[0], state: 'FINE' }] }, 'info.slots[0].state'],
    ['the same slot twice', { ...OWN, slots: [OWN.slots[0], OWN.slots[0]] }, 'info.slots'],
    ['18 slots', { ...OWN, slots: Array.from({ length: 18 }, (_, n) => ({ ...OWN.slots[0], label: `ota_${n}` })) }, 'info.slots'],
    ['a running slot that is none', { ...OWN, running: 'ota_7' }, 'info.running'],
    ['slots that are no list', { ...OWN, slots: 'many' }, 'info.slots'],
  ];
  for (const [what, value, where] of HOSTILE) {
    it(`refuses ${what}, and says where`, () => expect(faultOf(() => parseDeviceInfo(value)).details.where).to.equal(where));
  }

  it('does not take fields from a prototype', () => {
    const value = Object.create({ version: '1.0.0' }) as object;
    expect(faultOf(() => parseDeviceInfo(value)).details.where).to.equal('info.version');
  });
});

describe('parseLoginAnswer()', () => {
  it('reads a session', () => {
    expect(parseLoginAnswer({ token: 'abc', expires_in: 300, must_change: true })).to.deep.equal({
      token: 'abc',
      expires_in: 300,
      must_change: true,
    });
  });
  for (const token of ['', 'a b', 'a\r\nX-Evil: 1', 'ü', 'x'.repeat(5000), 7]) {
    it(`refuses the token ${JSON.stringify(token).slice(0, 20)}`, () => faultOf(() => parseLoginAnswer({ token, expires_in: 300 })));
  }
  it('refuses a session that never ends', () => faultOf(() => parseLoginAnswer({ token: 'a', expires_in: Number.MAX_VALUE })));
});

describe('parseUpdateLine()', () => {
  it('reads progress, result and error', () => {
    expect(parseUpdateLine('{"phase":"writing","done":1,"total":2}')).to.deep.equal({ phase: 'writing', done: 1, total: 2 });
    expect(parseUpdateLine(`{"result":{"slot":"ota_1","bytes":5,"sha256":"${SHA}","version":"1"}}`)).to.deep.equal({
      result: { slot: 'ota_1', bytes: 5, sha256: SHA, version: '1' },
    });
    expect(parseUpdateLine('{"error":"no","code":"WRONG_CHIP"}')).to.deep.equal({ error: 'no', code: 'WRONG_CHIP' });
  });
  it('takes an error with an unknown code for a failed write', () => {
    expect(parseUpdateLine('{"error":"no","code":"toString"}')).to.deep.equal({ error: 'no', code: 'UPDATE_ERROR_WRITE' });
  });
  for (const line of [
    '',
    'OK',
    '{}',
    '{"phase":"dancing","done":0,"total":1}',
    '{"phase":"writing","done":3,"total":2}',
    '{"phase":"writing","done":-1,"total":2}',
    '{"result":{"slot":"../x","bytes":1,"sha256":""}}',
    '{"error":5}',
  ]) {
    it(`refuses ${line || 'nothing'}`, () => faultOf(() => parseUpdateLine(line)));
  }
});

describe('parseUpdateStatus()', () => {
  it('keeps only codes of the contract', () => {
    expect(parseUpdateStatus({ state: 'failed', error: 'x', code: 'UPDATE_ERROR_MD5' }).code).to.equal('UPDATE_ERROR_MD5');
    expect(parseUpdateStatus({ state: 'failed', error: 'x', code: 'constructor' })).to.not.have.property('code');
  });
  it('refuses a state that it does not know', () => faultOf(() => parseUpdateStatus({ state: 'maybe' })));
});

describe('what a device answers', () => {
  it('never raises anything but the room’s own error, whatever JSON comes (seeded)', () => {
    const seed = 20_251_120;
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
    const KEYS = [...Object.keys(OWN), 'token', 'state', 'phase', 'done', 'total', 'result', 'error', 'code', 'label', '__proto__'];
    const anything = (depth: number): unknown => {
      const kind = random(depth > 3 ? 6 : 9);
      if (kind === 0) return null;
      if (kind === 1) return random(2) === 0;
      if (kind === 2) return random(1000) - 500;
      if (kind === 3) return ['ota_0', 'VALID', '', 'writing', SHA, '\u0000'][random(6)];
      if (kind === 4) return 1e308 * 10;
      if (kind === 5) return random(100) / 7;
      if (kind === 6) return Array.from({ length: random(4) }, () => anything(depth + 1));
      return Object.fromEntries(Array.from({ length: random(8) }, () => [KEYS[random(KEYS.length)], anything(depth + 1)]));
    };
    for (let round = 0; round < 3000; round++) {
      const base = random(2) === 0 ? { ...OWN } : {};
      const value = { ...base, ...(anything(0) as object) };
      for (const parse of [parseDeviceInfo, parseLoginAnswer, parseUpdateStatus, parseDeviceError]) {
        try {
          parse(value);
        } catch (error) {
          if (!(error instanceof DeviceProtocolError)) throw new Error(`seed ${seed}, round ${round}: ${String(error)}`, { cause: error });
        }
      }
    }
  });

  it('is not JSON: the typed error with its cause', () => {
    const fault = faultOf(() => parseDeviceJson('<html>', 'info'));
    expect(fault).to.be.instanceOf(OtterError);
    expect(fault.cause).to.be.instanceOf(SyntaxError);
  });
});
