import { expect } from 'chai';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { parseImage } from '../../../src/core/image/image.ts';
import { findSecureBootBlocks } from '../../../src/core/image/secure-boot.ts';
import type { PublicKey } from '../../../src/core/trust/key-model.ts';
import { ecPublicKey } from '../../../src/core/trust/make-public-key.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import { verifySecureBoot } from '../../../src/core/trust/secure-boot-signature.ts';
import type { SecureBootCheck } from '../../../src/core/trust/secure-boot-signature.ts';
import { sharedData } from '../../doubles/shared-data.ts';
import { concat } from '../image/builders.ts';
import { makeKey } from './keys-for-tests.ts';
import type { Recipe } from './keys-for-tests.ts';
import {
  BLOCK,
  SECTOR,
  ecdsaBlockOf,
  signedV1,
  signedV2,
  unsignedContent,
  v2Block,
  withBlocks,
  withRepairedFlip,
} from './secure-boot-builders.ts';

/** As the X-ray would find and hand over the blocks, where only the blocks were changed. */
const check = async (file: Uint8Array, keys: readonly PublicKey[] = []): Promise<readonly SecureBootCheck[]> =>
  verifySecureBoot(file, await findSecureBootBlocks(file, file.length - SECTOR), keys);

const verdicts = (checks: readonly SecureBootCheck[]) =>
  checks.map((check) => ('reason' in check ? `${check.verdict}: ${check.reason}` : check.verdict));

const SCHEMES = [
  ['RSA-3072-PSS', 'RSA-3072-PSS', [36, 812]],
  ['P-256', 'ECDSA-P256', [36, 101]],
  ['P-384', 'ECDSA-P384', [52, 149]],
] as const satisfies readonly (readonly [Recipe, SecureBootCheck['scheme'], readonly [number, number]])[];

for (const [recipe, scheme, [from, to]] of SCHEMES) {
  describe(`verifySecureBoot(), V2 with ${scheme}`, () => {
    it('knows what is right, by which key, and the digest that a chip has of it', async () => {
      const key = await makeKey(recipe);
      const file = await signedV2(key);
      const [found] = await check(file);
      const block = file.subarray(file.length - SECTOR);
      expect(found).to.deep.include({ index: 0, version: 2, scheme, verdict: 'valid', publicKey: key.publicKey });
      expect(found?.keyDigest).to.equal(await sha256Hex(block.subarray(from, to)));
    });

    it('refuses every byte of the block changed, with the CRC that belongs to it', async () => {
      const file = await signedV2(await makeKey(recipe));
      const start = file.length - SECTOR;
      for (let at = 0; at < BLOCK; at++) {
        const changed = withRepairedFlip(file, start, at, 1 << (at % 8));
        const [found] = await check(changed);
        // Another magic is no block; another version, digest or curve is none that is known here.
        const isOtherScheme = at < 3 || (scheme !== 'RSA-3072-PSS' && at === from);
        if (isOtherScheme) expect(found?.verdict, `byte ${at}`).to.not.equal('valid');
        // The CRC itself was repaired.
        else if (at < 1196 || at >= 1200) expect(found?.verdict, `byte ${at}`).to.equal('invalid');
      }
    });

    it('refuses every byte of the block changed without it', async () => {
      const file = await signedV2(await makeKey(recipe));
      const start = file.length - SECTOR;
      for (let at = 0; at < BLOCK; at += 3) {
        const changed = file.with(start + at, file[start + at]! ^ (1 << (at % 8)));
        expect((await check(changed))[0]?.verdict, `byte ${at}`).to.not.equal('valid');
        if (at > 3) expect(verdicts(await check(changed)), `byte ${at}`).to.deep.equal(['invalid: block']);
      }
    });

    it('refuses other content, also where the block was made to state it', async () => {
      const key = await makeKey(recipe);
      const content = await unsignedContent();
      const block = await v2Block(content, key);
      const other = content.with(100, content[100]! ^ 1);
      expect(verdicts(await check(withBlocks(other, block)))).to.deep.equal(['invalid: content']);
      const digest = (await v2Block(other, key)).subarray(4, from);
      const lying = concat(block.subarray(0, 4), digest, block.subarray(from));
      const file = withRepairedFlip(withBlocks(other, lying), content.length, 5, 0);
      expect(verdicts(await check(file))).to.deep.equal(['invalid: signature']);
    });

    it('refuses the key of another, put in place of the one that signed', async () => {
      const [mine, theirs] = [await makeKey(recipe), await makeKey(recipe)];
      const content = await unsignedContent();
      const [block, other] = [await v2Block(content, mine), await v2Block(content, theirs)];
      const mixed = withBlocks(content, concat(block.subarray(0, from), other.subarray(from, to), block.subarray(to)));
      expect(verdicts(await check(withRepairedFlip(mixed, content.length, 5, 0)))).to.deep.equal(['invalid: signature']);
    });
  });
}

describe('verifySecureBoot(), V2 in general', () => {
  it('answers for up to three blocks, each by itself', async () => {
    const keys = [await makeKey('RSA-3072-PSS'), await makeKey('P-256'), await makeKey('P-384')];
    const file = await signedV2(...keys);
    expect((await check(file)).map(({ index, publicKey }) => [index, publicKey])).to.deep.equal(
      keys.map(({ publicKey }, i) => [i, publicKey]),
    );
    const second = file.length - SECTOR + BLOCK;
    expect(verdicts(await check(withRepairedFlip(file, second, 120, 1)))).to.deep.equal(['valid', 'invalid: signature', 'valid']);
    expect(verdicts(await check(file.with(second + 120, file[second + 120]! ^ 1)))).to.deep.equal(['valid', 'invalid: block', 'valid']);
  });

  it('cannot check P-192, unless the content is another', async () => {
    const G = '188da80eb03090f67cbf20eb43a18800f4ff0afd82ff101207192b95ffc8da78631011ed6b24cdd573f977a11e794811';
    const key = ecPublicKey('P-192', fromHex(`04${G}`), 'test');
    const content = await unsignedContent();
    const block = await ecdsaBlockOf(content, key, new Uint8Array(48).fill(7));
    const [found] = await check(withBlocks(content, block));
    expect(found).to.include({ scheme: 'ECDSA-P192', verdict: 'cannot-check', reason: 'key-unsupported' });
    expect(found?.publicKey).to.deep.equal(key);
    expect(verdicts(await check(withBlocks(content.with(9, 9), block)))).to.deep.equal(['invalid: content']);
  });

  it('cannot check a scheme of the future', async () => {
    const file = withRepairedFlip(await signedV2(await makeKey('P-256')), SECTOR, 36, 0x40);
    expect(verdicts(await check(file))).to.deep.equal(['cannot-check: scheme-unknown']);
  });

  it('finds nothing to say where nothing is signed', async () => {
    expect(await check(await unsignedContent())).to.deep.equal([]);
  });
});

describe('verifySecureBoot(), V1', () => {
  const checkV1 = async (file: Uint8Array, ...keys: readonly PublicKey[]) =>
    verifySecureBoot(file, (await parseImage(file)).secureBoot, keys);

  it('takes whichever of the keys made it', async () => {
    const [mine, theirs] = [await makeKey('P-256'), await makeKey('P-256')];
    const file = await signedV1(mine);
    const expected = { index: 0, version: 1, scheme: 'ECDSA-P256', verdict: 'valid', publicKey: mine.publicKey };
    expect(await checkV1(file, theirs.publicKey, mine.publicKey)).to.deep.equal([expected]);
    expect(verdicts(await checkV1(file, theirs.publicKey))).to.deep.equal(['invalid: signature']);
  });

  it('cannot check without a key on P-256', async () => {
    const file = await signedV1(await makeKey('P-256'));
    const { publicKey: other } = await makeKey('P-384');
    for (const keys of [[], [other]]) expect(verdicts(await checkV1(file, ...keys))).to.deep.equal(['cannot-check: no-key']);
  });

  it('refuses every byte of the signature changed, and of the content', async () => {
    const { publicKey, privateKey } = await makeKey('P-256');
    const file = await signedV1({ publicKey, privateKey });
    const blocks = (await parseImage(file)).secureBoot;
    for (let at = 0; at < file.length; at++) {
      const isVersion = at >= file.length - 68 && at < file.length - 64;
      if (isVersion) continue;
      const changed = file.with(at, file[at]! ^ (1 << (at % 8)));
      expect(verdicts(await verifySecureBoot(changed, blocks, [publicKey])), `byte ${at}`).to.deep.equal(['invalid: signature']);
    }
  });
});

describe('verifySecureBoot(), signed by espsecure', () => {
  const DIGESTS = {
    rsa: ['cb2791a371b0c0322bf7370478ba0962224cab1cf2287879e429673e7da84463'],
    'multi-rsa': [
      'cb2791a371b0c0322bf7370478ba0962224cab1cf2287879e429673e7da84463',
      '901a7409238d52d4cbf96f563fb3f4296dabd66a33f53b15eecd8cb3e7ec45d3',
      '27919392d68bab79286a26759143a5b1d599efcebd754e5703b5dd23b5e3dd3b',
    ],
    ecdsa256: ['f35cc5dbdde67f94a7bbcb5723371ba91822193582308f84cb95b4531219056d'],
  } as const;

  const read = async (path: string) => {
    const file = await sharedData(path);
    return file && { file, blocks: (await parseImage(file)).secureBoot };
  };

  for (const [name, path] of [
    ['rsa', 'vectors/esptool/bootloader_signed_v2_rsa.bin'],
    ['multi-rsa', 'vectors/esptool/bootloader_multi_signed_v2_rsa.bin'],
    ['ecdsa256', 'vectors/esptool/bootloader_signed_v2_ecdsa256.bin'],
  ] as const) {
    it(`V2, ${name}`, async function () {
      const sample = await read(path);
      if (!sample) return this.skip();
      const { file, blocks } = sample;
      const checks = await verifySecureBoot(file, blocks);
      expect(checks.map(({ verdict }) => verdict)).to.deep.equal(DIGESTS[name].map(() => 'valid'));
      expect(checks.map(({ keyDigest }) => keyDigest)).to.deep.equal(DIGESTS[name]);
      for (let at = 0; at < blocks[0]!.offset; at += 499) {
        const changed = file.with(at, file[at]! ^ (1 << (at % 8)));
        expect(verdicts(await verifySecureBoot(changed, blocks)), `byte ${at}`).to.deep.equal(DIGESTS[name].map(() => 'invalid: content'));
      }
    });
  }

  it('V2, with the key digest that espsecure computed', async function () {
    const [sample, digest] = [
      await read('vectors/esptool/bootloader_signed_v2_rsa.bin'),
      await sharedData('vectors/esptool/rsa_public_key_digest.bin'),
    ];
    if (!sample || !digest) return this.skip();
    expect((await verifySecureBoot(sample.file, sample.blocks))[0]?.keyDigest).to.equal(toHex(digest));
  });

  it('V2 and V1 by the same key, whose public half lies beside them', async function () {
    const pem = await sharedData('vectors/esptool/ecdsa256_secure_boot_signing_pubkey.pem');
    const [v1, v2] = [await read('vectors/esptool/bootloader_signed.bin'), await read('vectors/esptool/bootloader_signed_v2_ecdsa256.bin')];
    if (!pem || !v1 || !v2) return this.skip();
    const key = parsePublicKey(pem);
    expect((await verifySecureBoot(v2.file, v2.blocks))[0]?.publicKey).to.deep.equal(key);
    expect(verdicts(await verifySecureBoot(v1.file, v1.blocks, [key]))).to.deep.equal(['valid']);
  });

  it('V1, by a key that nobody gave away', async function () {
    const sample = await read('firmware/signed/hello-world-signed.bin');
    if (!sample) return this.skip();
    const { publicKey } = await makeKey('P-256');
    expect(verdicts(await verifySecureBoot(sample.file, sample.blocks))).to.deep.equal(['cannot-check: no-key']);
    expect(verdicts(await verifySecureBoot(sample.file, sample.blocks, [publicKey]))).to.deep.equal(['invalid: signature']);
  });
});
