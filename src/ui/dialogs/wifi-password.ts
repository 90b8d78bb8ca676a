/** What the password of a network can be, before a board tries for a minute to join with one that cannot be (IEEE 802.11, annex J). */

const [LEAST, MOST] = [8, 63] as const;
/** The key itself, in hexadecimal digits. */
const RAW_KEY = /^[0-9a-f]{64}$/i;

/** A sentence; empty when it may be right. @param mayBeOpen nobody knows whether the network has one */
export function wifiPasswordFault(password: string, { mayBeOpen }: { readonly mayBeOpen: boolean }): string {
  const bytes = new TextEncoder().encode(password).length;
  if (bytes === 0) return mayBeOpen ? '' : 'This network wants a password.';
  if (bytes < LEAST) return `A Wi-Fi password has at least ${LEAST} characters.`;
  return bytes <= MOST || RAW_KEY.test(password) ? '' : `A Wi-Fi password has at most ${MOST} characters.`;
}
