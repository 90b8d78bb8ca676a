/**
 * AES-192-CBC, decryption alone (FIPS 197, SP 800-38A §6.2): OpenSSL encrypts keys with it when it is told to, and Chromium has AES in the two other
 * sizes only. For the few kilobytes of a key file; everything else is WebCrypto's.
 */

const BLOCK = 16;
/** FIPS 197 §5: words of the key, and rounds that follow from it. */
const KEY_WORDS = 6;
const ROUNDS = 12;
const WORD = 4;

/** Multiplication by x in GF(2⁸), §4.2.1. */
const timesX = (a: number): number => ((a << 1) ^ (a >> 7 ? 0x11b : 0)) & 0xff;

function times(a: number, b: number): number {
  let product = 0;
  let power = a;
  for (let left = b; left > 0; left >>= 1) {
    if (left & 1) product ^= power;
    power = timesX(power);
  }
  return product;
}

/** §5.1.1: the inverse in GF(2⁸), which is the 254th power, and an affine transformation. */
function substitute(byte: number): number {
  let inverse = 1;
  for (let power = 0; power < 254; power++) inverse = times(inverse, byte);
  let result = 0x63;
  for (let turn = 0; turn < 5; turn++) result ^= (inverse << turn) | (inverse >> (8 - turn));
  return result & 0xff;
}

const S_BOX = Uint8Array.from({ length: 256 }, (_, byte) => substitute(byte));
const INVERSE_S_BOX = Uint8Array.from({ length: 256 }, (_, byte) => S_BOX.indexOf(byte));
/** §5.3.3, the products that InvMixColumns adds up. */
const [TIMES_14, TIMES_11, TIMES_13, TIMES_9] = [14, 11, 13, 9].map((factor) =>
  Uint8Array.from({ length: 256 }, (_, byte) => times(byte, factor)),
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

/** `undefined` when the padding of PKCS#7 is wrong. @param ciphertext of whole blocks */
export function decryptAes192Cbc(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const roundKeys = expandKey(key);
  const plaintext = new Uint8Array(ciphertext.length);
  let previous = iv;
  for (let at = 0; at < ciphertext.length; at += BLOCK) {
    const block = ciphertext.subarray(at, at + BLOCK);
    plaintext.set(xored(decryptBlock(block, roundKeys), previous), at);
    previous = block;
  }
  const padding = plaintext.at(-1) ?? 0;
  const end = plaintext.length - padding;
  const isPadded = padding >= 1 && padding <= BLOCK && plaintext.subarray(end).every((byte) => byte === padding);
  return isPadded ? plaintext.slice(0, end) : undefined;
}

/** §5.2: a key for each round, and one more. */
function expandKey(key: Uint8Array): readonly Uint8Array[] {
  const words = Array.from({ length: KEY_WORDS }, (_, i) => key.subarray(WORD * i, WORD * (i + 1)));
  let roundConstant = 1;
  for (let i = KEY_WORDS; i < WORD * (ROUNDS + 1); i++) {
    let word = words[i - 1]!;
    if (i % KEY_WORDS === 0) {
      word = Uint8Array.of(S_BOX[word[1]!]! ^ roundConstant, S_BOX[word[2]!]!, S_BOX[word[3]!]!, S_BOX[word[0]!]!);
      roundConstant = timesX(roundConstant);
    }
    words.push(xored(word, words[i - KEY_WORDS]!));
  }
  return Array.from({ length: ROUNDS + 1 }, (_, round) =>
    Uint8Array.from(words.slice(WORD * round, WORD * (round + 1)).flatMap((word) => [...word])),
  );
}

/** §5.3. The state is held by columns, as the bytes come. */
function decryptBlock(block: Uint8Array, roundKeys: readonly Uint8Array[]): Uint8Array {
  let state = xored(block, roundKeys[ROUNDS]!);
  for (let round = ROUNDS - 1; round >= 0; round--) {
    state = xored(unshiftedAndUnsubstituted(state), roundKeys[round]!);
    if (round > 0) state = unmixed(state);
  }
  return state;
}

/** InvShiftRows and InvSubBytes, §5.3.1 and §5.3.2: row r moves right by r columns. */
const unshiftedAndUnsubstituted = (state: Uint8Array): Uint8Array =>
  Uint8Array.from(state, (_, at) => INVERSE_S_BOX[state[(at - WORD * (at % WORD) + BLOCK) % BLOCK]!]!);

/** InvMixColumns, §5.3.3. */
const unmixed = (state: Uint8Array): Uint8Array =>
  Uint8Array.from(state, (_, at) => {
    const column = at - (at % WORD);
    const cell = (row: number): number => state[column + ((at + row) % WORD)]!;
    return TIMES_14[cell(0)]! ^ TIMES_11[cell(1)]! ^ TIMES_13[cell(2)]! ^ TIMES_9[cell(3)]!;
  });

const xored = (a: Uint8Array, b: Uint8Array): Uint8Array => Uint8Array.from(a, (byte, i) => byte ^ b[i]!);
