/**
 * What the codes in a reply's status mean. Source: Espressif, "Serial Protocol" ("ROM loader errors", "Stub loader errors").
 * Codes of ROMs and stubs do not overlap.
 */

interface LoaderErrorFacts {
  readonly code: number;
  /** Espressif's words, for engineers and logs. */
  readonly meaning: string;
}

export const ROM_ERRORS = {
  UNDEFINED: { code: 0x00, meaning: 'undefined error' },
  INVALID_INPUT: { code: 0x01, meaning: 'the input parameter is invalid' },
  OUT_OF_MEMORY: { code: 0x02, meaning: 'memory allocation failed' },
  SEND_FAILED: { code: 0x03, meaning: 'sending a message failed' },
  RECEIVE_FAILED: { code: 0x04, meaning: 'receiving a message failed' },
  /** Also what a command gets that this ROM, or its download mode, does not offer. */
  INVALID_MESSAGE: { code: 0x05, meaning: 'received message is invalid' },
  FAILED_TO_ACT: { code: 0x06, meaning: 'failed to act on received message' },
  INVALID_CRC: { code: 0x07, meaning: 'invalid CRC in message' },
  FLASH_WRITE: { code: 0x08, meaning: 'flash write error' },
  FLASH_READ: { code: 0x09, meaning: 'flash read error' },
  FLASH_READ_LENGTH: { code: 0x0a, meaning: 'flash read length error' },
  DEFLATE: { code: 0x0b, meaning: 'deflate error' },
  DEFLATE_ADLER: { code: 0x0c, meaning: 'deflate Adler-32 error' },
  DEFLATE_PARAMETER: { code: 0x0d, meaning: 'deflate parameter error' },
  RAM_IMAGE_SIZE: { code: 0x0e, meaning: 'invalid RAM binary size' },
  RAM_IMAGE_ADDRESS: { code: 0x0f, meaning: 'invalid RAM binary address' },
} as const satisfies Record<string, LoaderErrorFacts>;

/** They stand in the first status byte, where a ROM has 1: `C1 00`. */
export const STUB_ERRORS = {
  BAD_DATA_LENGTH: { code: 0xc0, meaning: 'bad data length' },
  BAD_DATA_CHECKSUM: { code: 0xc1, meaning: 'bad data checksum' },
  BAD_BLOCK_SIZE: { code: 0xc2, meaning: 'bad block size' },
  INVALID_COMMAND: { code: 0xc3, meaning: 'invalid command' },
  FAILED_SPI_OPERATION: { code: 0xc4, meaning: 'SPI operation failed' },
  FAILED_SPI_UNLOCK: { code: 0xc5, meaning: 'SPI unlock failed' },
  NOT_IN_FLASH_MODE: { code: 0xc6, meaning: 'not in flash mode' },
  INFLATE: { code: 0xc7, meaning: 'inflate error' },
  NOT_ENOUGH_DATA: { code: 0xc8, meaning: 'not enough data' },
  TOO_MUCH_DATA: { code: 0xc9, meaning: 'too much data' },
  NOT_IMPLEMENTED: { code: 0xff, meaning: 'command not implemented' },
} as const satisfies Record<string, LoaderErrorFacts>;

const FIRST_STUB_ERROR = 0xc0;

export const isStubError = (code: number): boolean => code >= FIRST_STUB_ERROR;

const MEANINGS = new Map<number, string>([ROM_ERRORS, STUB_ERRORS].flatMap(Object.values).map(({ code, meaning }) => [code, meaning]));

export function loaderErrorMeaning(code: number): string {
  return MEANINGS.get(code) ?? `unknown error 0x${code.toString(16).padStart(2, '0')}`;
}
