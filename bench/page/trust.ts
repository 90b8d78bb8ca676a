/** A signature of 4 MB, verified and made as the app does it, against one SHA-256 of the same bytes. */
import { signDetached, verifyDetached } from '../../src/core/trust/detached-signature.ts';
import { parsePublicKey } from '../../src/core/trust/public-key.ts';
import { mediansInTurn } from './measure.ts';
import type { Row } from './measure.ts';

const RUNS = 25;
const WARM_UP_RUNS = 3;
const MAX_VERIFY_RATIO = 3;
const MAX_SIGN_RATIO = 10;

export async function measureTrust(image: Uint8Array<ArrayBuffer>): Promise<Row[]> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
  const pair = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const key = parsePublicKey(new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)));
  const signature = await signDetached(pair.privateKey, image);
  const digest = () => crypto.subtle.digest('SHA-256', image);
  const verify = async (): Promise<void> => {
    const { verdict } = await verifyDetached(key, image, signature);
    if (verdict !== 'valid') throw new Error(`the signature is ${verdict}`);
  };
  const sign = () => signDetached(pair.privateKey, image);
  await mediansInTurn(WARM_UP_RUNS, digest, verify, sign);
  const [digestMs = 0, verifyMs = 0, signMs = 0] = await mediansInTurn(RUNS, digest, verify, sign);
  const row = (what: string, ms: number, maxRatio: number): Row => ({
    what: `${what} ÷ SHA-256 alone`,
    measured: `${(ms / digestMs).toFixed(2)} × (${ms.toFixed(1)} ms ÷ ${digestMs.toFixed(1)} ms)`,
    target: `≤ ${maxRatio} ×`,
    met: ms / digestMs <= maxRatio,
    raw: { ms, digestMs },
  });
  return [
    row('Verify a firmware of 4 MB signed by RSA-2048', verifyMs, MAX_VERIFY_RATIO),
    row('Sign a firmware of 4 MB by RSA-2048', signMs, MAX_SIGN_RATIO),
  ];
}
