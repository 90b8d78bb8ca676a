/** Starting what was written before: the door that does it asks whoever guards boards. Types only. */

export interface StartingSlot {
  readonly label: string;
  readonly version: string;
  /** Of the file, or the one inside the image; empty where nobody tells. */
  readonly sha256: string;
}

export interface StartWord {
  /** A person means it, although nobody here knows what lies there, or which board it is. */
  readonly evenUnknown?: boolean;
}

/**
 * Rejects with a `SignatureError` where it must not be started, or not without a word.
 *
 * @param board id of a device, or what history calls a board at a cable
 */
export type MayStart = (board: string, slot: StartingSlot | undefined, word?: StartWord) => Promise<void>;
