// Telnet with the COM-PORT-OPTION (RFC 854, RFC 2217): takes bytes apart into data, negotiations and subnegotiations, and puts them together.
// Knows the wire only; what a baud rate is for, `rfc2217.mjs` knows.

export const IAC = 255;
export const DONT = 254;
export const DO = 253;
export const WONT = 252;
export const WILL = 251;
const SB = 250;
const SE = 240;

/** RFC 2217 §4; the server answers with the same number and 100 more. */
export const COM_PORT = 44;
export const SET_BAUDRATE = 1;
export const SET_DATASIZE = 2;
export const SET_PARITY = 3;
export const SET_STOPSIZE = 4;
export const SET_CONTROL = 5;
export const MODEM_STATE = 7;
export const PURGE_DATA = 12;
export const ANSWER = 100;

/** Cut anywhere: what is incomplete waits for the next `push`. */
export class TelnetReader {
  /** @type {number[]} */
  #held = [];

  /**
   * @param {Uint8Array} chunk
   * @returns {{ data: Uint8Array, negotiations: { verb: number, option: number }[], subs: { option: number, payload: Uint8Array }[] }}
   */
  push(chunk) {
    const bytes = [...this.#held, ...chunk];
    this.#held = [];
    const data = [];
    const negotiations = [];
    const subs = [];
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at];
      if (byte !== IAC) {
        data.push(byte);
        at++;
        continue;
      }
      const verb = bytes[at + 1];
      if (verb === IAC) {
        data.push(IAC);
        at += 2;
      } else if (verb === SB) {
        const end = endOfSub(bytes, at + 2);
        if (end < 0) break;
        const inside = unescape(bytes.slice(at + 2, end));
        subs.push({ option: inside[0], payload: Uint8Array.from(inside.slice(1)) });
        at = end + 2;
      } else if (verb >= WILL) {
        if (at + 2 >= bytes.length) break;
        negotiations.push({ verb, option: bytes[at + 2] });
        at += 3;
      } else if (verb === undefined) break;
      else at += 2;
    }
    this.#held = bytes.slice(at);
    return { data: Uint8Array.from(data), negotiations, subs };
  }
}

/** @param {Uint8Array} data */
export function escapeData(data) {
  if (!data.includes(IAC)) return data;
  return Uint8Array.from([...data].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])));
}

/** @param {number} verb @param {number} option */
export const negotiation = (verb, option) => Uint8Array.of(IAC, verb, option);

/** @param {number} command @param {Iterable<number>} value */
export function comPort(command, value) {
  return Uint8Array.of(IAC, SB, COM_PORT, ...escapeData(Uint8Array.of(command, ...value)), IAC, SE);
}

/** @param {number[]} bytes @param {number} from */
function endOfSub(bytes, from) {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== IAC) continue;
    if (bytes[at + 1] === SE) return at;
    at++;
  }
  return -1;
}

/** @param {number[]} bytes */
const unescape = (bytes) => bytes.filter((byte, i) => !(byte === IAC && bytes[i - 1] === IAC && oddRun(bytes, i)));

/** @param {number[]} bytes @param {number} index whether it is the second, fourth, … of a run of IACs */
function oddRun(bytes, index) {
  let run = 0;
  while (bytes[index - 1 - run] === IAC) run++;
  return run % 2 === 1;
}
