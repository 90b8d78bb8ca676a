import { expect } from 'chai';
import { STATUS_PRECEDENCE, judgeFirmware } from '../../../src/core/trust/firmware-signature.ts';
import type { KnownKey, SignatureFinding } from '../../../src/core/trust/firmware-signature.ts';
import type { PublicKey } from '../../../src/core/trust/key-model.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import { pemFile } from '../../vectors/keys/keys.ts';
import { OPENSSL_SIGNATURES } from './openssl-signatures.ts';

const { publicKey } = OPENSSL_SIGNATURES['P-256'];
const source = { form: 'detached', scheme: 'ECDSA-SHA256' } as const;

const known = (fingerprint: string, more: Partial<KnownKey> = {}): KnownKey => ({
  fingerprint,
  name: `key ${fingerprint}`,
  publicKey,
  status: 'active',
  trusted: true,
  ...more,
});

const KEYS = {
  active: known('a1'),
  retired: known('b2', { status: 'retired' }),
  revoked: known('c3', { status: 'revoked' }),
  stranger: known('d4', { trusted: false }),
  'retired stranger': known('e5', { status: 'retired', trusted: false }),
  'revoked stranger': known('f6', { status: 'revoked', trusted: false }),
} as const;

const RING = Object.values(KEYS);

const validBy = (fingerprint: string, by: PublicKey = publicKey): SignatureFinding => ({
  verdict: 'valid',
  source,
  fingerprint,
  publicKey: by,
});
const INVALID = { verdict: 'invalid', reason: 'content', source } as const;
const UNCHECKED = { verdict: 'cannot-check', reason: 'key-unsupported', source } as const;

describe('judgeFirmware()', () => {
  for (const [name, findings, status] of [
    ['no signature', [], 'unsigned'],
    ['an active key that is trusted', [validBy('a1')], 'trusted'],
    ['a retired key that is trusted', [validBy('b2')], 'trusted'],
    ['a revoked key, though trusted', [validBy('c3')], 'revoked-key'],
    ['a known key that is not trusted', [validBy('d4')], 'unknown-key'],
    ['a retired key that is not trusted', [validBy('e5')], 'unknown-key'],
    ['a revoked key that never was trusted', [validBy('f6')], 'revoked-key'],
    ['a key from elsewhere', [validBy('00')], 'unknown-key'],
    ['a wrong signature', [INVALID], 'tampered'],
    ['one that cannot be checked', [UNCHECKED], 'cannot-check'],
  ] as const satisfies readonly (readonly [string, readonly SignatureFinding[], string])[]) {
    it(`${name}: ${status}`, () => expect(judgeFirmware(findings, RING).status).to.equal(status));
  }

  it('trusts nothing by an RSA key below 2048 bits, whatever the product says', () => {
    const short = parsePublicKey(pemFile('rsa-1024.public'));
    expect(judgeFirmware([validBy('a1', short)], [known('a1', { publicKey: short })]).status).to.equal('unknown-key');
    const long = parsePublicKey(pemFile('rsa-2048.public'));
    expect(judgeFirmware([validBy('a1', long)], [known('a1', { publicKey: long })]).status).to.equal('trusted');
  });

  it('of two signatures lets the one decide that comes first in the order, wherever it stands', () => {
    const byStatus = {
      trusted: validBy('a1'),
      tampered: INVALID,
      'revoked-key': validBy('c3'),
      'unknown-key': validBy('00'),
      'cannot-check': UNCHECKED,
    };
    const statuses = STATUS_PRECEDENCE.filter((status) => status !== 'unsigned');
    for (const [rank, first] of statuses.entries()) {
      for (const second of statuses.slice(rank)) {
        const both = [byStatus[first], byStatus[second]];
        expect(judgeFirmware(both, RING).status, `${first}, ${second}`).to.equal(first);
        expect(judgeFirmware(both.toReversed(), RING).status, `${second}, ${first}`).to.equal(first);
      }
    }
  });

  it('names the key and how it was found', () => {
    expect(judgeFirmware([UNCHECKED, validBy('b2')], RING)).to.deep.equal({ status: 'trusted', key: KEYS.retired, source });
    expect(judgeFirmware([validBy('d4')], RING)).to.deep.equal({
      status: 'unknown-key',
      fingerprint: 'd4',
      publicKey,
      key: KEYS.stranger,
      source,
    });
    expect(judgeFirmware([validBy('00')], RING)).to.not.have.property('key');
    expect(judgeFirmware([INVALID], RING)).to.deep.equal({ status: 'tampered', reason: 'content', source });
    expect(judgeFirmware([UNCHECKED], RING)).to.deep.equal({ status: 'cannot-check', reason: 'key-unsupported', source });
  });

  it('trusts nothing where no key is known', () => {
    for (const key of RING) expect(judgeFirmware([validBy(key.fingerprint)], []).status).to.equal('unknown-key');
  });
});
