/**
 * C2SP Wycheproof: every case of every file that is there, by the one entry point of its algorithm. A file is run by its schema, so that another one
 * takes no more than its name in the list.
 *
 * The rules: `valid` must be accepted and `invalid` refused. `acceptable` is what the suite leaves open; whoever wrote such a signature is no writer that
 * we know, so it must be refused. A group whose hash or curve nothing here has must be refused as unsupported in every case, never answered.
 */
import { expect } from 'chai';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import type { PublicKey } from '../../../src/core/trust/key-model.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import {
  verifyEcdsaDer,
  verifyEcdsaP1363,
  verifyEd25519,
  verifyRsaPkcs1,
  verifyRsaPss,
} from '../../../src/core/trust/signature-schemes.ts';
import type { SignatureHash } from '../../../src/core/trust/signature-schemes.ts';
import { aesCbcPkcs7Decrypt, aesCbcPkcs7Encrypt, hmac, pbkdf2, verifyHmac } from '../../../src/core/trust/symmetric.ts';
import type { MacHash } from '../../../src/core/trust/symmetric.ts';
import { TrustError } from '../../../src/core/trust/trust-error.ts';
import { sharedData } from '../../doubles/shared-data.ts';

/** Their JSON is taken as it is: every value that is used is text or a number. */
type Values = Readonly<Record<string, string>>;

interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

interface Group {
  readonly [field: string]: unknown;
  readonly tests: readonly (Case & Values)[];
}

interface File {
  readonly algorithm: string;
  readonly schema: string;
  readonly testGroups: readonly Group[];
}

/** Whether the case is accepted. */
type Run = (test: Values, group: Group, algorithm: string) => Promise<boolean>;

const SIGNATURE_HASHES: readonly string[] = ['SHA-256', 'SHA-384', 'SHA-512'];
const MAC_HASHES: readonly string[] = ['SHA-1', ...SIGNATURE_HASHES];

const hex = (value: unknown): Uint8Array<ArrayBuffer> => fromHex(String(value));

function hashOf(found: string, known: readonly string[]): string {
  if (!known.includes(found)) throw new TrustError('KEY_UNSUPPORTED', 'hash', 'is none that is used here', { found });
  return found;
}

const signatureHash = (group: Group) => hashOf(String(group.sha), SIGNATURE_HASHES) as SignatureHash;

/** `HMACSHA256`, `PBKDF2-HMACSHA256`. */
const macHash = (algorithm: string) => hashOf(algorithm.replace(/^.*HMACSHA/, 'SHA-'), MAC_HASHES) as MacHash;

const keyOf = (group: Group): PublicKey => parsePublicKey(hex(group.publicKeyDer));

const verifyPss: Run = (test, group) => {
  const hash = signatureHash(group);
  if (group.mgfSha !== group.sha) throw new TrustError('KEY_UNSUPPORTED', 'mgfSha', 'must be the hash of the message');
  return verifyRsaPss(keyOf(group), hex(test.msg), hex(test.sig), { hash, saltLength: Number(group.sLen) });
};

const RUNS: Readonly<Record<string, Run>> = {
  'rsassa_pkcs1_verify_schema_v1.json': (test, group) => verifyRsaPkcs1(keyOf(group), hex(test.msg), hex(test.sig), signatureHash(group)),

  'rsassa_pss_verify_schema_v1.json': verifyPss,
  'rsassa_pss_with_parameters_verify_schema.json': verifyPss,

  'ecdsa_verify_schema_v1.json': (test, group) => verifyEcdsaDer(keyOf(group), hex(test.msg), hex(test.sig), signatureHash(group)),

  'ecdsa_p1363_verify_schema_v1.json': (test, group) => verifyEcdsaP1363(keyOf(group), hex(test.msg), hex(test.sig), signatureHash(group)),

  'eddsa_verify_schema_v1.json': (test, group) => verifyEd25519(keyOf(group), hex(test.msg), hex(test.sig)),

  'ind_cpa_test_schema_v1.json': async (test) => {
    const [key, iv] = [hex(test.key), hex(test.iv)];
    const plaintext = await aesCbcPkcs7Decrypt(key, iv, hex(test.ct));
    if (test.result === 'valid') expect(toHex(await aesCbcPkcs7Encrypt(key, iv, hex(test.msg)))).to.equal(test.ct);
    return plaintext !== undefined && toHex(plaintext) === test.msg;
  },

  'mac_test_schema_v1.json': async (test, group, algorithm) => {
    const [hash, tagLength] = [macHash(algorithm), Number(group.tagSize) / 8];
    const accepted = await verifyHmac(hex(test.key), hex(test.msg), hex(test.tag), { hash, tagLength });
    const whole = toHex(await hmac(hex(test.key), hex(test.msg), hash));
    expect(whole.startsWith(String(test.tag)), 'the tag as it is made').to.equal(accepted);
    return accepted;
  },

  'pbkdf_test_schema.json': async (test, _, algorithm) => {
    const { iterationCount, dkLen } = test;
    const options = { salt: hex(test.salt), iterations: Number(iterationCount), length: Number(dkLen), hash: macHash(algorithm) };
    return toHex(await pbkdf2(hex(test.password), options)) === test.dk;
  },
};

const FILES = [
  'rsa_signature_2048_sha256_test.json',
  'ecdsa_secp256r1_sha256_test.json',
  'ecdsa_secp256r1_sha256_p1363_test.json',
  'aes_cbc_pkcs5_test.json',
  'hmac_sha256_test.json',
  'pbkdf2_hmacsha256_test.json',
];

type Outcome = 'accepted' | 'refused' | 'unsupported';

async function outcomeOf(run: () => Promise<boolean>): Promise<Outcome> {
  try {
    return (await run()) ? 'accepted' : 'refused';
  } catch (error) {
    if (error instanceof TrustError && error.code === 'KEY_UNSUPPORTED') return 'unsupported';
    throw error;
  }
}

describe('Wycheproof', () => {
  for (const name of FILES) {
    it(name, async function () {
      const bytes = await sharedData(`vectors/wycheproof/${name}`);
      if (!bytes) return this.skip();
      const { algorithm, schema, testGroups } = JSON.parse(new TextDecoder().decode(bytes)) as File;
      const run = RUNS[schema];
      if (!run) throw new Error(`no function is named for ${schema}`);
      const wrong: string[] = [];
      let unsupported = 0;
      for (const group of testGroups) {
        for (const test of group.tests) {
          const outcome = await outcomeOf(() => run(test, group, algorithm));
          if (outcome === 'unsupported') unsupported++;
          else if ((outcome === 'accepted') !== (test.result === 'valid')) wrong.push(`${test.tcId} ${test.comment}: ${outcome}`);
        }
      }
      expect(wrong, `${wrong.length} wrong answers`).to.deep.equal([]);
      expect(unsupported, 'cases that could not be checked').to.equal(0);
    });
  }
});
