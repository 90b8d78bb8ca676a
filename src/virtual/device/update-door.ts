/**
 * `POST update` and S1's `POST upload`: who may send, what is sent, and how the outcome is told. The update itself is `update.ts`.
 */
import type { UpdatePhase, UpdateProgress, UpdateResult } from '../../core/ota/device-contract.ts';
import { multipartBoundary, parseMultipart, type MultipartPart } from '../../core/ota/multipart.ts';
import { S1_FIELDS, S1_TEXTS } from '../../core/ota/s1.ts';
import type { SessionRecord } from '../board-state.ts';
import { isPowerLost } from '../board.ts';
import { PARTITION } from '../partition-schemes.ts';
import type { Clock } from '../storage.ts';
import { ndjson, text } from './answers.ts';
import { readBody, throughLink } from './body.ts';
import { DeviceError } from './device-error.ts';
import { assertCanTrust, signatureProblem } from './trusted-keys.ts';
import { checkHead, HEAD_BYTES, parseDemand, peek, type UpdateDemand } from './update-demand.ts';
import { runUpdate, type UpdateTarget } from './update.ts';
import { DeviceStorageError, type UpdateClaim, type VirtualDevice } from './virtual-device.ts';

type Pieces = AsyncGenerator<Uint8Array, void, undefined>;

/** @throws DeviceError before anything was written; FlashError POWER_LOST */
export async function receiveUpdate(device: VirtualDevice, request: Request, options: { readonly openToAll: boolean }): Promise<Response> {
  const { claim, session } = await device.exclusive(async () => {
    device.assertAnswers();
    const admitted = await admit(device, request, options.openToAll);
    await device.save();
    return admitted;
  });
  request.signal.addEventListener('abort', () => claim.abort(request.signal.reason), { once: true });
  let run: (onProgress: (progress: UpdateProgress) => void) => Promise<UpdateResult>;
  try {
    const prepared = await prepare(device, request, claim);
    run = async (onProgress) => {
      const result = await prepared(onProgress);
      // Sending was using the session: on a slow link it would be over when the sender wants to restart the device.
      if (session) device.access.keepAlive(session, device.now);
      return result;
    };
  } catch (error) {
    claim.release();
    if (error instanceof DeviceError) device.board.log(device.now, 'W', `UPDATE_REFUSED: ${error.code}`);
    throw error;
  }
  if (request.headers.get('accept')?.includes('application/x-ndjson')) {
    return ndjson(async (write) => {
      try {
        write({ result: await run(sparingly(write, device.surroundings.clock)) });
      } catch (error) {
        const reason = error instanceof DeviceStorageError ? diskFull(error) : error;
        if (!(reason instanceof DeviceError)) throw reason;
        write({ error: reason.message, code: reason.code });
      }
    }, claim.abort);
  }
  await run(() => undefined);
  // Whoever asks for plain text is told that it restarts, so it does.
  await device.exclusive(async () => {
    await device.board.restart(device.now);
    await device.save();
  });
  return text(S1_TEXTS.updated);
}

/** Steady enough to watch, and few enough not to be felt: the first and last line of a phase, between them one in a while. */
const LINE_EVERY_MS = 30;

function sparingly(write: (progress: UpdateProgress) => void, clock: Clock): (progress: UpdateProgress) => void {
  let phase: UpdatePhase | undefined;
  let lastMs = 0;
  return (progress) => {
    const nowMs = clock.now();
    if (progress.phase === phase && progress.done < progress.total && nowMs - lastMs < LINE_EVERY_MS) return;
    phase = progress.phase;
    lastMs = nowMs;
    write(progress);
  };
}

export function diskFull(cause: DeviceStorageError): DeviceError {
  return new DeviceError('UPDATE_ERROR_SPACE', cause.message, {}, { cause });
}

interface Admission {
  readonly claim: UpdateClaim;
  /** Absent where none is asked for. */
  readonly session: SessionRecord | undefined;
}

async function admit(device: VirtualDevice, request: Request, openToAll: boolean): Promise<Admission> {
  let session: SessionRecord | undefined;
  if (!openToAll) {
    session = await device.access.requireSession(request.headers, device.now);
    if (device.access.mustChange) throw new DeviceError('PASSWORD_CHANGE_REQUIRED', 'change the default password first');
  }
  // As esp_ota_begin(): the other slot is the way back until the running firmware has proved itself.
  if (device.board.isOnTrial) throw new DeviceError('REBOOTING', 'the running firmware has not confirmed itself yet', { retryAfterS: 3 });
  return { claim: device.claimUpdate(), session };
}

/** Everything that can be refused before the first sector is erased. Resolves with what is left to do. */
async function prepare(
  device: VirtualDevice,
  request: Request,
  claim: UpdateClaim,
): Promise<(onProgress: (progress: UpdateProgress) => void) => Promise<UpdateResult>> {
  const boundary = multipartBoundary(request.headers.get('content-type'));
  const demand = parseDemand(request.headers, boundary === undefined);
  assertFits(device, demand, targetOf(device, S1_FIELDS.firmware));
  await assertCanTrust(device.board.state);
  const done = await alreadyDone(device, demand);
  if (done) return async () => finish(device, claim, Promise.resolve(done));

  const { field, pieces } = await openFirmware(readBody(request, claim.signal), boundary);
  try {
    const target = targetOf(device, field);
    assertFits(device, demand, target);
    const { clock } = device.surroundings;
    const { head, all } = await peek(throughLink(pieces, device.board.state.bench, clock, claim.signal), HEAD_BYTES);
    if (target.slot) checkHead(head, device.board.rules);
    else if (head.length === 0) throw new DeviceError('MALFORMED', 'the file system is empty: nothing was erased');
    device.writing = target.partition.label;
    const save = (durability: 'relaxed' | 'strict', end?: number): Promise<void> => device.save(durability, end);
    return (onProgress) =>
      finish(
        device,
        claim,
        runUpdate({ board: device.board, target, demand, clock, signal: claim.signal, save, onProgress }, all).finally(() => all.return()),
      );
  } catch (error) {
    await pieces.return();
    throw error;
  }
}

async function finish(device: VirtualDevice, claim: UpdateClaim, outcome: Promise<UpdateResult>): Promise<UpdateResult> {
  try {
    return await outcome;
  } catch (error) {
    // Whoever took the supply by hand also gives it back.
    if (isPowerLost(error)) await device.exclusive(async () => (claim.signal.aborted ? device.cutShort() : device.powerLost()));
    throw error;
  } finally {
    claim.release();
  }
}

/** The body itself, or the part of a form that carries a firmware or a file system. */
async function openFirmware(body: Pieces, boundary: string | undefined): Promise<{ readonly field: string; readonly pieces: Pieces }> {
  if (boundary === undefined) return { field: S1_FIELDS.firmware, pieces: body };
  const parts = parseMultipart(body, boundary);
  try {
    for (;;) {
      const { done, value: part } = await parts.next();
      if (done) throw new DeviceError('MALFORMED', 'the form has no field "firmware"');
      if (part.name === S1_FIELDS.firmware || part.name === S1_FIELDS.filesystem)
        return { field: part.name, pieces: wholeForm(parts, part) };
    }
  } catch (error) {
    await parts.return();
    if (error instanceof DeviceError) throw error;
    throw new DeviceError('MALFORMED', 'the form cannot be read', {}, { cause: error });
  }
}

/** A form that breaks off behind the firmware broke off: it is read to its end. */
async function* wholeForm(parts: AsyncGenerator<MultipartPart, void, undefined>, part: MultipartPart): Pieces {
  try {
    yield* part.body;
    while (!(await parts.next()).done);
  } finally {
    await parts.return();
  }
}

function targetOf({ board }: VirtualDevice, field: string): UpdateTarget {
  if (field === S1_FIELDS.filesystem) {
    const partition = board.slots.data(PARTITION.spiffs);
    if (!partition) throw new DeviceError('UPDATE_ERROR_SPACE', 'this board has no file system partition');
    return { partition };
  }
  const slot = board.updateTarget;
  if (!slot) throw new DeviceError('UPDATE_ERROR_SPACE', 'this board has no second slot');
  return { partition: slot, slot };
}

function assertFits({ board }: VirtualDevice, demand: UpdateDemand, { partition }: UpdateTarget): void {
  if (demand.size > partition.size) {
    throw new DeviceError('UPDATE_ERROR_SIZE', `${demand.size} bytes do not fit ${partition.label} (${partition.size} bytes)`);
  }
  if (board.state.bench.fullSlot) throw new DeviceError('UPDATE_ERROR_SPACE', `there is no room in ${partition.label}`);
}

/** A browser that restarts a killed worker sends the request again: what is already there and next to boot is not written twice. */
async function alreadyDone({ board }: VirtualDevice, demand: UpdateDemand): Promise<UpdateResult | undefined> {
  const { state, result } = board.state.update;
  if (demand.sha256 === '' || state !== 'succeeded' || result?.sha256 !== demand.sha256) return undefined;
  const slot = board.updateTarget;
  if (!slot || slot.label !== result.slot || board.nextBoot?.label !== slot.label) return undefined;
  const found = await board.imageIn(slot);
  if (!('sha256' in found) || found.sha256 !== demand.sha256) return undefined;
  // The keys of the board may be others by now.
  const written = { partition: slot, length: found.length, image: found.image, signature: demand.signature };
  return (await signatureProblem(board, written)) ? undefined : result;
}
