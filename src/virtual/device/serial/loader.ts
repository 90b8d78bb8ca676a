/**
 * What the two boot loaders of a chip have in common: the parts they work on, and the shape of what they answer.
 * `rom-loader.ts` and `stub-loader.ts` say how they differ; `download-mode.ts` puts answers on the line.
 */
import { changeBaudRate, parseRegisterWrites, readReg } from '../../../core/serial/commands.ts';
import { SerialProtocolError } from '../../../core/serial/serial-error.ts';
import { encodeSecurityInfo, SECURITY_FLAGS } from '../../../core/serial/security-info.ts';
import type { LoaderRequest, StatusLength } from '../../../core/serial/packet.ts';
import type { ChipTarget } from '../../../core/serial/target-model.ts';
import { FlashError } from '../../flash.ts';
import { chipModel, type VirtualChipName } from '../../chip-model.ts';
import type { ChipSecurity } from './chip-registers.ts';
import type { LoaderFacts } from './loader-facts.ts';
import type { Memory } from './memory.ts';
import type { RamUpload } from './ram-upload.ts';
import type { TimedFlash } from './timed-flash.ts';

/**
 * A reset by software does not look at the strapping pins again: after the stub's it is the ROM that answers (the reference tool leaves a stub
 * that way). The ROM goes on to the flash, and a watchdog has the pins read anew.
 */
export type RestartTarget = 'application' | 'download';

/** The inside of the chip, as a boot loader uses it. */
export interface Machine {
  readonly chip: VirtualChipName;
  readonly target: ChipTarget;
  readonly facts: LoaderFacts;
  readonly secure: ChipSecurity;
  readonly flash: TimedFlash;
  readonly memory: Memory;
  readonly upload: RamUpload;
  wait(milliseconds: number): Promise<void>;
  setBaudRate(baudRate: number): void;
  /** A frame that is no reply. */
  sendFrame(bytes: Uint8Array): void;
  /** Jumps to what was uploaded. */
  run(entry: number): Promise<void>;
  restart(into: RestartTarget): void;
}

export interface Answer {
  /** 0 = success. */
  readonly code?: number;
  /** In the second status byte of a success, where it means nothing. */
  readonly leftover?: number;
  readonly value?: number;
  readonly data?: Uint8Array;
  /** Where it is not the request's. */
  readonly opcode?: number;
  readonly replies?: number;
  /** What is done once the reply is out, while the next request may come in. */
  readonly afterwards?: () => Promise<void>;
}

export interface Loader {
  readonly statusLength: StatusLength;
  /**
   * It receives while it is busy, into so many buffers: the frame that it is not done with is in one of them, and a frame that begins while
   * there is none free is lost. Absent: the line waits for it.
   */
  readonly frameBuffers?: number;
  /** `undefined`: no reply. */
  answer(request: LoaderRequest): Promise<Answer | undefined>;
  /** A request whose length field is wrong. */
  refuse(opcode: number): Answer;
  /** A frame that is no request; `false`: this one waits for requests only. */
  takeFrame?(frame: Uint8Array): boolean;
}

export const SUCCESS: Answer = {};

export const failure = (code: number): Answer => ({ code });

/** `undefined` when the payload does not have the form of the command. */
export function parsed<T>(parse: (payload: Uint8Array) => T, payload: Uint8Array): T | undefined {
  try {
    return parse(payload);
  } catch (error) {
    if (error instanceof SerialProtocolError) return undefined;
    throw error;
  }
}

/** `fallback` when a sector is worn out; the loss of power is nobody's to handle here. */
export function onFlash<T>(operate: () => T, fallback: T): T {
  try {
    return operate();
  } catch (error) {
    if (error instanceof FlashError && error.code === 'SECTOR_FAILED') return fallback;
    throw error;
  }
}

export function readRegister({ memory }: Machine, payload: Uint8Array): Answer | undefined {
  const request = parsed(readReg.parse, payload);
  return request && { value: memory.readWord(request.address) };
}

export async function writeRegisters({ memory, wait }: Machine, payload: Uint8Array): Promise<Answer | undefined> {
  const writes = parsed(parseRegisterWrites, payload);
  if (!writes) return undefined;
  for (const { address, value, mask, delayMicroseconds } of writes) {
    if (delayMicroseconds > 0) await wait(delayMicroseconds / 1000);
    memory.writeWord(address, ((value & mask) | (mask === 0xffff_ffff ? 0 : memory.readWord(address) & ~mask)) >>> 0);
  }
  return SUCCESS;
}

/** The reply goes out at the old rate. */
export function changeRate({ setBaudRate, wait }: Machine, payload: Uint8Array): Answer | undefined {
  const request = parsed(changeBaudRate.parse, payload);
  if (!request || request.baudRate === 0) return undefined;
  return {
    afterwards: async () => {
      await wait(RATE_CHANGE_MS);
      setBaudRate(request.baudRate);
    },
  };
}

/** Until the last reply has left the UART. */
const RATE_CHANGE_MS = 10;
/** Of the seventh key block and the interface, as the mask ROM of the ESP32-C3 reports them. */
const KEY_PURPOSES = [0, 0, 0, 0, 0, 0, 0x0c];
const API_VERSION = 3;

/** `undefined`: the chip has no such command. */
export function securityInfo({ chip, target, secure }: Machine): Answer | undefined {
  if (target.rom.securityInfo === 'none') return undefined;
  const flags = (secure.secureBoot ? SECURITY_FLAGS.SECURE_BOOT_EN : 0) | (secure.download ? SECURITY_FLAGS.SECURE_DOWNLOAD_ENABLE : 0);
  const info = { flags, flashCryptCount: secure.flashEncryption ? 1 : 0, keyPurposes: KEY_PURPOSES };
  if (target.rom.securityInfo === 'short') return { data: encodeSecurityInfo(info) };
  return { data: encodeSecurityInfo({ ...info, chip: { id: chipModel(chip).id, apiVersion: API_VERSION } }) };
}
