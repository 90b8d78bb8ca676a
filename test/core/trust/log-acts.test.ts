import { expect } from 'chai';
import { LOG_ACTS, factsOf, isLogAct, type LogAct, type LogGiven } from '../../../src/core/trust/log-acts.ts';
import { LOG_FACTS } from '../../../src/core/trust/log-facts.ts';
import { appendTo, EMPTY_LOG } from '../../../src/core/trust/log-chain.ts';
import { parseLogRecord } from '../../../src/core/trust/log-entry.ts';

const SECRET = 'hunter2-correct-horse';
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----';

/** A thing that says yes to every name, and has a secret under each that is not asked for by name. */
const FULL = {
  id: 'esp32-ota',
  name: 'greenhouse',
  deviceId: 'esp32-ota',
  deviceName: 'greenhouse',
  kind: 'network',
  trustedOnly: true,
  mustChange: true,
  theme: 'dark',
  confirmTimeoutS: 60,
  version: '1.1.0',
  sha256: '4f1c'.repeat(16),
  source: { kind: 'file', detail: SECRET },
  firmware: { name: 'node', version: '1.1.0', sha256: '4f1c'.repeat(16), notes: SECRET },
  fromVersion: '1.0.0',
  slot: 'ota_1',
  outcome: 'done',
  startedAt: 1,
  endedAt: 2,
  problem: { code: 'WRONG_PASSWORD', message: SECRET, details: { password: SECRET } },
  keyId: 'ab'.repeat(32),
  algorithm: 'Ed25519',
  key: { name: 'mine', keyId: 'ab'.repeat(32), algorithm: 'Ed25519', pkcs8: PEM },
  product: 'greenhouse',
  counter: 7,
  form: 'csv',
  entries: 3,
  seq: 3,
  h: 'cd'.repeat(32),
  at: '2025-11-20T09:12:00.000Z',
  kid: 'ab'.repeat(32),
  signature: 'AAAA',
  size: 912_384,
  code: SECRET,
  verdict: 'trusted',
  // What must not come through, under names that a careless spread would take along.
  password: SECRET,
  token: SECRET,
  passphrase: SECRET,
  pkcs8: PEM,
  privateKey: PEM,
  psk: SECRET,
  secret: SECRET,
  baseUrl: `https://admin:${SECRET}@device.local/`,
  message: SECRET,
  details: { password: SECRET },
};

const ACTS = Object.keys(LOG_ACTS) as LogAct[];
const given = (change: object = {}) => ({ ...FULL, ...change }) as unknown as LogGiven<LogAct>;

describe('what the log writes down of an act', () => {
  it('is never a secret, whatever the thing holds that it happened to', () => {
    for (const act of ACTS) {
      const written = JSON.stringify(factsOf(act, given()));
      for (const secret of [SECRET, 'PRIVATE KEY', 'MIIEvQ']) expect(written, act).to.not.contain(secret);
    }
  });

  it('is no error message: a code that is none is left out', () => {
    expect(factsOf('release-refused', { product: 'p', code: `wrong passphrase ${SECRET}` })).to.deep.equal({ product: 'p' });
    expect(factsOf('release-refused', { product: 'p', code: 'COUNTER_BACK' })).to.deep.equal({ product: 'p', code: 'COUNTER_BACK' });
  });

  it('is one of the named facts, of its kind, and makes an entry that is read back', () => {
    for (const act of ACTS) {
      const facts = factsOf(act, given({ code: 'FULL' }));
      expect(Object.keys(facts), act).to.not.deep.equal([]);
      for (const name of Object.keys(facts)) expect(LOG_FACTS, act).to.have.property(name);
      const record = appendTo(EMPTY_LOG, { at: FULL.at, act, facts, by: 'page' });
      expect(parseLogRecord(JSON.parse(JSON.stringify(record)))).to.deep.equal(record);
    }
  });

  it('leaves out what is missing, of another kind, or no number', () => {
    const job = { deviceId: 'd', outcome: 'done', sha256: 'no hash', bytes: Number.NaN, durationMs: '7' as unknown as number };
    expect(factsOf('usb-flash', job)).to.deep.equal({ deviceId: 'd', outcome: 'done' });
  });

  it('is plain and bounded: no control characters, no line breaks, no half characters', () => {
    const name = `\u202egnp.bin\u0000\r\n=cmd|' /C calc'!A0 ${'x'.repeat(500)}`;
    const { device } = factsOf('signed-out', { id: 'd', name });
    expect(device).to.be.a('string').with.lengthOf(160);
    expect(device).to.match(/^gnp\.bin =cmd/);
    expect(factsOf('signed-out', { id: 'd', name: 'a\ud83db' }).device).to.equal('a\ufffdb');
    const emoji = factsOf('signed-out', { id: 'd', name: `${'x'.repeat(158)}🦦🦦` }).device as string;
    expect(emoji).to.equal(`${'x'.repeat(158)}…`);
  });

  it('knows its own acts, and nothing that every object has', () => {
    expect(isLogAct('signed-in')).to.equal(true);
    for (const name of ['toString', '__proto__', 'constructor', '']) expect(isLogAct(name)).to.equal(false);
  });
});
