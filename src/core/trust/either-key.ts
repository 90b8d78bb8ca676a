/** A key file of which nobody said which half it holds. */
import type { PrivateKey, PublicKey } from './key-model.ts';
import { parsePrivateKey } from './private-key.ts';
import { parsePublicKey } from './public-key.ts';
import { TrustError } from './trust-error.ts';

export type EitherKey =
  | { readonly half: 'public'; readonly publicKey: PublicKey }
  | { readonly half: 'private'; readonly publicKey: PublicKey; readonly privateKey: PrivateKey };

/**
 * The private half where there is one.
 * @throws TrustError as `parsePrivateKey` and `parsePublicKey`, whichever the file is for
 */
export async function parseEitherKey(bytes: Uint8Array, passphrase?: string): Promise<EitherKey> {
  try {
    const privateKey = await parsePrivateKey(bytes, passphrase);
    return { half: 'private', publicKey: privateKey.publicKey, privateKey };
  } catch (error) {
    if (!isOfAnotherKind(error)) throw error;
    return { half: 'public', publicKey: publicHalf(bytes, error) };
  }
}

function publicHalf(bytes: Uint8Array, privateFault: TrustError): PublicKey {
  try {
    return parsePublicKey(bytes);
  } catch (error) {
    // It is a private key after all, of a kind that nothing here can use.
    throw isOfAnotherKind(error) && /private/i.test(error.details.found ?? '') ? privateFault : error;
  }
}

const isOfAnotherKind = (error: unknown): error is TrustError => error instanceof TrustError && error.code === 'KEY_UNSUPPORTED';
