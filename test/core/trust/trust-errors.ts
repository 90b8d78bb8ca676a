import { TrustError } from '../../../src/core/trust/trust-error.ts';

/** The `TrustError` that `parse` throws; anything else that escapes fails the test, and so does an answer. */
export async function trustErrorOf(parse: () => unknown): Promise<TrustError> {
  try {
    await parse();
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
  throw new Error('was not refused');
}
