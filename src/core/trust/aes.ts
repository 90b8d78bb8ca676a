/**
 * AES (FIPS 197) in CBC mode with PKCS #7 padding, in plain arithmetic: for 192-bit keys only, which Chromium's WebCrypto does not have.
 * Slow, and its look-ups take times that depend on the key: good for a key file on one's own machine, for nothing that answers strangers.
 */

type Bytes = Uint8Array<ArrayBuffer>;

const BLOCK = 16;

/** FIPS 197 §4.2: multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let factor = a, bits = b; bits > 0; bits >>>= 1) {
    if ((bits & 1) !== 0) product ^= factor;
    factor = (factor << 1) ^ (factor >= 0x80 ? 0x11b : 0);
  }
  return product;
}

/** FIPS 197 §5.1.1. Walks all elements by their generator 3 and its inverse, so that each meets its own inverse. */
function makeSubstitutions(): { readonly forward: Uint8Array; readonly backward: Uint8Array } {
  const [forward, backward] = [new Uint8Array(256), new Uint8Array(256)];
  const rotated = (byte: number, bits: number) => ((byte << bits) | (byte >>> (8 - bits))) & 0xff;
  let [element, inverse] = [1, 1];
  do {
    element = multiply(element, 3);
    inverse = multiply(inverse, 0xf6);
    forward[element] = inverse ^ rotated(inverse, 1) ^ rotated(inverse, 2) ^ rotated(inverse, 3) ^ rotated(inverse, 4) ^ 0x63;
  } while (element !== 1);
  forward[0] = 0x63;
  forward.forEach((to, from) => (backward[to] = from));
  return { forward, backward };
}

let substitutions: ReturnType<typeof makeSubstitutions> | undefined;

/** FIPS 197 §5.2: the round keys, one after the other. */
function expandKey(key: Uint8Array): Bytes {
  const { forward } = (substitutions ??= makeSubstitutions());
  const rounds = key.length / 4 + 6;
  const words = new Uint8Array(BLOCK * (rounds + 1));
  words.set(key);
  let constant = 1;
  for (let at = key.length; at < words.length; at += 4) {
    let word = words.slice(at - 4, at);
    if (at % key.length === 0) {
      word = Uint8Array.of(forward[word[1]!]! ^ constant, forward[word[2]!]!, forward[word[3]!]!, forward[word[0]!]!);
      constant = multiply(constant, 2);
    }
    for (let i = 0; i < 4; i++) words[at + i] = words[at + i - key.length]! ^ word[i]!;
  }
  return words;
}

const addBlock = (state: Uint8Array, other: Uint8Array): void => other.forEach((byte, i) => (state[i]! ^= byte));

/** Column by column: row `i` of column `c` takes the byte that ShiftRows brings there (`turn` 1), or takes away again (−1). */
const shiftRows = (state: Uint8Array, turn: 1 | -1): Bytes =>
  Uint8Array.from(state, (_, at) => state[(at + 4 * turn * (at % 4) + BLOCK) % BLOCK]!);

/** FIPS 197 §5.1.3 and §5.3.3: each column times a polynomial with these coefficients. */
const mixColumns = (state: Uint8Array, coefficients: readonly number[]): Bytes =>
  Uint8Array.from(state, (_, at) => {
    const column = at - (at % 4);
    return coefficients.reduce((sum, coefficient, i) => sum ^ multiply(state[column + ((at + i) % 4)]!, coefficient), 0);
  });

const FORWARD_MIX = [2, 3, 1, 1];
const BACKWARD_MIX = [14, 11, 13, 9];

function encryptBlock(keys: Uint8Array, block: Uint8Array): Bytes {
  const { forward } = (substitutions ??= makeSubstitutions());
  let state = block.slice();
  addBlock(state, keys.subarray(0, BLOCK));
  for (let at = BLOCK; at < keys.length; at += BLOCK) {
    state = shiftRows(
      state.map((byte) => forward[byte]!),
      1,
    );
    if (at + BLOCK < keys.length) state = mixColumns(state, FORWARD_MIX);
    addBlock(state, keys.subarray(at, at + BLOCK));
  }
  return state;
}

function decryptBlock(keys: Uint8Array, block: Uint8Array): Bytes {
  const { backward } = (substitutions ??= makeSubstitutions());
  let state = block.slice();
  for (let at = keys.length - BLOCK; at > 0; at -= BLOCK) {
    addBlock(state, keys.subarray(at, at + BLOCK));
    if (at + BLOCK < keys.length) state = mixColumns(state, BACKWARD_MIX);
    state = shiftRows(state, -1).map((byte) => backward[byte]!);
  }
  addBlock(state, keys.subarray(0, BLOCK));
  return state;
}

/** NIST SP 800-38A §6.2, padding of RFC 5652 §6.3. */
function encrypt(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Bytes {
  const keys = expandKey(key);
  const padding = BLOCK - (plaintext.length % BLOCK);
  const bytes = new Uint8Array(plaintext.length + padding).fill(padding);
  bytes.set(plaintext);
  let previous = iv;
  for (let at = 0; at < bytes.length; at += BLOCK) {
    addBlock(bytes.subarray(at, at + BLOCK), previous);
    previous = encryptBlock(keys, bytes.subarray(at, at + BLOCK));
    bytes.set(previous, at);
  }
  return bytes;
}

function decrypt(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Bytes | undefined {
  if (ciphertext.length === 0 || ciphertext.length % BLOCK !== 0) return undefined;
  const keys = expandKey(key);
  const bytes = new Uint8Array(ciphertext.length);
  let previous = iv;
  for (let at = 0; at < ciphertext.length; at += BLOCK) {
    const block = ciphertext.subarray(at, at + BLOCK);
    const state = decryptBlock(keys, block);
    addBlock(state, previous);
    bytes.set(state, at);
    previous = block;
  }
  const padding = bytes.at(-1)!;
  const isPadded = padding >= 1 && padding <= BLOCK && bytes.subarray(-padding).every((byte) => byte === padding);
  return isPadded ? bytes.slice(0, -padding) : undefined;
}

export const aesCbc = { encrypt, decrypt } as const;
