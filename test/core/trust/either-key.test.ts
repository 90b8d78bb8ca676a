import { expect } from 'chai';
import { parseEitherKey } from '../../../src/core/trust/either-key.ts';
import { TrustError } from '../../../src/core/trust/trust-error.ts';
import { derOf, KEY_FILES, pemFile } from '../../vectors/keys/keys.ts';

const fault = async (bytes: Uint8Array, passphrase?: string): Promise<TrustError> => {
  const error = await parseEitherKey(bytes, passphrase).catch((error: unknown) => error);
  if (error instanceof TrustError) return error;
  throw new Error('was taken');
};

describe('parseEitherKey()', () => {
  for (const [name, half] of [
    ['rsa-2048', 'private'],
    ['rsa-2048.pkcs1', 'private'],
    ['ec-P-256.sec1', 'private'],
    ['ed25519', 'private'],
    ['rsa-2048.public', 'public'],
    ['rsa-2048.pkcs1-public', 'public'],
    ['ec-P-192.public', 'public'],
    ['ed25519.public', 'public'],
  ] as const) {
    it(`finds the ${half} half in ${name}, as PEM and as DER`, async () => {
      expect((await parseEitherKey(pemFile(name))).half).to.equal(half);
      expect((await parseEitherKey(derOf(name))).half).to.equal(half);
    });
  }

  it('says what a file is that holds neither', async () => {
    expect((await fault(pemFile('ed25519.encrypted'))).code).to.equal('KEY_PASSPHRASE_NEEDED');
    expect((await fault(pemFile('rsa-2048.proc-type'))).code).to.equal('KEY_ENCRYPTION_UNSUPPORTED');
    expect((await fault(pemFile('ec-secp256k1'))).details.found).to.equal('secp256k1');
    expect((await fault(pemFile('ec-secp256k1.public'))).details.found).to.equal('secp256k1');
    expect((await fault(pemFile('ed448'))).details.found).to.equal('Ed448');
    expect((await fault(new TextEncoder().encode('hello'))).code).to.equal('KEY_MALFORMED');
    const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect((await fault(new TextEncoder().encode(certificate))).details.found).to.equal('CERTIFICATE');
  });

  it('lets only its own error out, whatever a file is cut to', async () => {
    for (const name of KEY_FILES.filter((name) => /^(?:ed25519|ec-P-256\.sec1)/.test(name))) {
      const der = derOf(name);
      for (let length = 0; length < der.length; length++) {
        const taken = await parseEitherKey(der.slice(0, length), 'x').catch((error: unknown) => error);
        expect(taken, `${name} cut to ${length}`).to.be.instanceOf(TrustError);
      }
    }
  });
});
