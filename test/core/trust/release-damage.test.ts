/** Every bit flipped and every byte cut of a root file, an index, a release and an image: refused, and by nothing but the error of this room. */
import { expect } from 'chai';
import { fromBase64, toBase64 } from '../../../src/core/bytes/base64.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { canonicalBytes } from '../../../src/core/trust/canonical-json.ts';
import { trustIndex, verifyRelease } from '../../../src/core/trust/release-set.ts';
import { parseIndex } from '../../../src/core/trust/release-index.ts';
import { parseRelease } from '../../../src/core/trust/release.ts';
import { parseRoot, readFirstRoot, readNextRoot } from '../../../src/core/trust/root.ts';
import { INDEX_FILE, firmwareFile, rootFile } from '../../../src/core/trust/set-files.ts';
import { Client, IMAGE, NOW_MS, ReleaseHost } from '../../doubles/release-host.ts';
import { SEED, withSeed } from '../../doubles/random.ts';
import { codeOf, readsOrRefuses } from './refusals.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type Envelope = { payload: string; signatures: { protected: string; signature: string }[] };

const flipped = (bytes: Bytes, bit: number): Bytes => bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A set in which nothing may be missing: all who signed are needed. */
async function setUp() {
  const host = await ReleaseHost.open();
  const client = await Client.of(host);
  await host.rotate();
  const root = await readNextRoot(client.root, host.files.get(rootFile(2))!);
  const index = host.files.get(INDEX_FILE)!;
  const release = host.files.get(host.entries[0]!.path)!;
  return {
    host,
    client,
    files: {
      'first root': { bytes: client.root.bytes, read: (bytes: Bytes) => readFirstRoot(bytes, client.root.fingerprint) },
      'next root': { bytes: root.bytes, read: (bytes: Bytes) => readNextRoot(client.root, bytes) },
      index: { bytes: index, read: (bytes: Bytes) => trustIndex(root, bytes, { nowMs: NOW_MS }) },
      release: { bytes: release, read: (bytes: Bytes) => verifyRelease(root, bytes) },
    },
  };
}

describe('damaged files of a release set', () => {
  for (const name of ['first root', 'next root', 'index', 'release'] as const) {
    it(`${name}: one bit of each byte, chosen by chance`, async () => {
      const { bytes, read } = (await setUp()).files[name];
      await read(bytes);
      await withSeed(SEED, async (random) => {
        for (let at = 0; at < bytes.length; at++) await codeOf(() => read(flipped(bytes, 8 * at + random.below(8))));
      });
    });

    it(`${name}: cut at every byte`, async () => {
      const { bytes, read } = (await setUp()).files[name];
      for (let length = 0; length < bytes.length; length++) {
        expect(await codeOf(() => read(bytes.slice(0, length))), String(length)).to.equal('JSON_MALFORMED');
      }
    });

    it(`${name}: one bit in each field of what is signed, in place`, async () => {
      const { bytes, read } = (await setUp()).files[name];
      const envelope = JSON.parse(decode(bytes)) as Envelope;
      const payload = fromBase64(envelope.payload, 'base64url');
      const text = decode(payload);
      for (const [field] of text.matchAll(/"[a-z_0-9]+":[^,[{]+/g)) {
        // The last bit of the last character but one: it stays JSON, mostly.
        const damaged = flipped(payload, 8 * (text.indexOf(field) + field.length - 2));
        const file = canonicalBytes({ ...envelope, payload: toBase64(damaged, 'base64url') });
        const code = await codeOf(() => read(file));
        expect(code, field).to.be.oneOf(['ROOT_UNKNOWN', 'ROOT_OLD_KEYS_MISSING', 'THRESHOLD_NOT_MET']);
      }
    });

    it(`${name}: one bit in each protected header and each signature`, async () => {
      const { bytes, read } = (await setUp()).files[name];
      const envelope = JSON.parse(decode(bytes)) as Envelope;
      await withSeed(SEED, async (random) => {
        for (const [which, signature] of envelope.signatures.entries()) {
          for (const field of ['protected', 'signature'] as const) {
            const inside = fromBase64(signature[field], 'base64url');
            for (let round = 0; round < 24; round++) {
              const changed = toBase64(flipped(inside, random.below(8 * inside.length)), 'base64url');
              const signatures = envelope.signatures.with(which, { ...signature, [field]: changed });
              await codeOf(() => read(canonicalBytes({ ...envelope, signatures })));
            }
          }
        }
      });
    });
  }

  it('image: each bit', async () => {
    const { host, client } = await setUp();
    const path = firmwareFile(await sha256Hex(IMAGE.bytes));
    for (let bit = 0; bit < 8 * IMAGE.bytes.length; bit++) {
      host.files.set(path, flipped(IMAGE.bytes, bit));
      expect(await codeOf(() => client.update(host))).to.equal('RELEASE_IMAGE_WRONG');
    }
  });

  it('release: each bit, behind an index', async () => {
    const { host, client } = await setUp();
    const { path } = host.entries[0]!;
    const intact = host.files.get(path)!;
    await withSeed(SEED, async (random) => {
      for (let round = 0; round < 200; round++) {
        host.files.set(path, flipped(intact, random.below(8 * intact.length)));
        expect(await codeOf(() => client.update(host))).to.equal('RELEASE_NOT_LISTED');
      }
    });
  });
});

describe('payloads of somebody who may sign, and means no good', () => {
  const parsers = { root: parseRoot, index: parseIndex, release: parseRelease };

  for (const [name, parse] of Object.entries(parsers)) {
    it(`${name}: bits flipped before it was signed`, async () => {
      const { files } = await setUp();
      const { bytes } = files[name === 'root' ? 'next root' : (name as 'index' | 'release')];
      const payload = fromBase64((JSON.parse(decode(bytes)) as Envelope).payload, 'base64url');
      await withSeed(SEED, async (random) => {
        for (let round = 0; round < 1500; round++) {
          const damaged = flipped(payload, random.below(8 * payload.length));
          await readsOrRefuses(() => parse(damaged));
        }
      });
    });

    it(`${name}: values of every wrong kind in every field`, async () => {
      const { files } = await setUp();
      const { bytes } = files[name === 'root' ? 'next root' : (name as 'index' | 'release')];
      const payload = JSON.parse(decode(fromBase64((JSON.parse(decode(bytes)) as Envelope).payload, 'base64url'))) as Record<
        string,
        unknown
      >;
      const wrong = [true, {}, [[]], { __proto__: null, length: 1 }, 'constructor', -0.5, [null], { keys: [], threshold: 1 }];
      for (const field of Object.keys(payload)) {
        for (const value of wrong) {
          // Every other field has a shape of its own.
          const isText = typeof value === 'string' && ['product', 'version', 'notes'].includes(field);
          const damaged = canonicalBytes({ ...payload, [field]: value });
          if (isText) await readsOrRefuses(() => parse(damaged));
          else await codeOf(() => parse(damaged));
        }
      }
    });
  }
});
