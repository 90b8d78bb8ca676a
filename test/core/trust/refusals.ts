/** What is refused, by the code of its error. */
import { TrustError } from '../../../src/core/trust/trust-error.ts';
import { thrownBy } from '../image/builders.ts';

/** Fails for every error of another kind. */
export async function trustError(act: () => unknown): Promise<TrustError> {
  const error = await thrownBy(act);
  if (!(error instanceof TrustError)) throw error;
  return error;
}

export const codeOf = async (act: () => unknown): Promise<string> => (await trustError(act)).code;

/** `JWS_CRIT release.signatures[0].protected.crit` */
export async function refusal(act: () => unknown): Promise<string> {
  const { code, details } = await trustError(act);
  return `${code} ${details.field}`;
}

/** For damage that may do no harm: whatever is thrown must be the error of this room. */
export async function readsOrRefuses(act: () => unknown): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
  }
}
