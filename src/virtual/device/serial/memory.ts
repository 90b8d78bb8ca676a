/**
 * The address space as READ_REG, WRITE_REG and MEM_DATA see it: words that remember, words that are burnt in, and registers that act.
 * Knows no chip.
 */

interface RegisterBehaviour {
  /** Instead of what was written last. */
  read?(): number;
  /** After the word was stored. */
  write?(value: number): void;
  /** Writes are lost. */
  readonly readOnly?: boolean;
}

const PAGE = 0x1000;
/** 4 MB: more than any of the chips has; what is written beyond that is lost. */
const MAX_PAGES = 1024;

export class Memory {
  readonly #pages = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly #registers = new Map<number, RegisterBehaviour>();

  define(address: number, behaviour: RegisterBehaviour): void {
    this.#registers.set(address, behaviour);
  }

  /** What the word holds from the start on. */
  preset(address: number, value: number): void {
    this.#store(address, value);
  }

  readWord(address: number): number {
    const word = (address & ~3) >>> 0;
    const own = this.#registers.get(word)?.read?.();
    if (own !== undefined) return own >>> 0;
    const page = this.#pages.get(Math.floor(word / PAGE));
    return page ? new DataView(page.buffer).getUint32(word % PAGE, true) : 0;
  }

  writeWord(address: number, value: number): void {
    const word = (address & ~3) >>> 0;
    const register = this.#registers.get(word);
    if (register?.readOnly) return;
    this.#store(word, value);
    register?.write?.(value >>> 0);
  }

  writeBytes(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const at = address + done;
      const part = bytes.subarray(done, done + PAGE - (at % PAGE));
      this.#page(at)?.set(part, at % PAGE);
      done += part.length;
    }
  }

  #store(word: number, value: number): void {
    const page = this.#page(word);
    if (page) new DataView(page.buffer).setUint32(word % PAGE, value >>> 0, true);
  }

  #page(address: number): Uint8Array<ArrayBuffer> | undefined {
    const index = Math.floor(address / PAGE);
    let page = this.#pages.get(index);
    if (!page && this.#pages.size < MAX_PAGES) {
      page = new Uint8Array(PAGE);
      this.#pages.set(index, page);
    }
    return page;
  }
}
