/**
 * One update, from the first erased sector to the switched slot. The running firmware is never touched, and the slot switches only
 * when everything that is in the flash has been proved; whatever happens before that leaves the device as it was.
 */
import { sha256Hex } from '../../core/bytes/sha256.ts';
import { ImageError } from '../../core/image/image-error.ts';
import type { Partition } from '../../core/image/model.ts';
import type { UpdateProgress, UpdateResult } from '../../core/ota/device-contract.ts';
import { MultipartError } from '../../core/ota/multipart.ts';
import { isPowerLost, type Board } from '../board.ts';
import { FlashError, SECTOR_BYTES } from '../flash.ts';
import { imageProblem, targetProblem, type AppSlot } from '../slots.ts';
import type { Clock } from '../storage.ts';
import { connectionLost, pause } from './body.ts';
import { DeviceError } from './device-error.ts';
import { DiskFeed, type Save } from './disk-feed.ts';
import { refuseUntrusted } from './trusted-keys.ts';
import { PartitionWriter } from './partition-writer.ts';
import type { UpdateDemand } from './update-demand.ts';

export interface UpdateTarget {
  readonly partition: Pick<Partition, 'label' | 'offset' | 'size'>;
  /** Absent = a file system: nothing to verify but its hashes, nothing to switch. */
  readonly slot?: AppSlot;
}

interface UpdatePlan {
  readonly board: Board;
  readonly target: UpdateTarget;
  readonly demand: UpdateDemand;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Stores what changed; of the flash only blocks that end at or before `end`. */
  readonly save: Save;
  readonly onProgress: (progress: UpdateProgress) => void;
}

const STEP_BYTES = 0x10000;
/** A chip erases about this much faster than a link of the same board delivers. */
const ERASE_SPEED_UP = 4;

/** @throws DeviceError (the running firmware is untouched); FlashError POWER_LOST */
export async function runUpdate(given: UpdatePlan, pieces: AsyncIterable<Uint8Array>): Promise<UpdateResult> {
  const { board, target, demand, clock } = given;
  let progress: UpdateProgress | undefined;
  const onProgress = (made: UpdateProgress): void => {
    progress = made;
    // For `GET update`, and for whoever asks after the update was interrupted.
    if (board.state.update.state === 'running') board.change({ update: { state: 'running', progress } });
    given.onProgress(made);
  };
  const plan = { ...given, onProgress };
  const { label } = target.partition;
  const { failingSector } = board.state.bench;
  board.log(clock.now(), 'I', `UPDATE_START: ${demand.size > 0 ? `${demand.size} bytes` : 'unknown size'} to ${label}`);
  board.change({ update: { state: 'running' }, fileBytes: { ...board.state.fileBytes, [label]: 0 } });
  board.flash.failSectorAt(failingSector > 0 ? target.partition.offset + (failingSector - 1) * SECTOR_BYTES : -1);
  try {
    const result = await writeAndVerify(plan, pieces);
    board.change({ update: { state: 'succeeded', result }, fileBytes: { ...board.state.fileBytes, [label]: result.bytes } });
    board.log(clock.now(), 'I', `UPDATE_COMPLETE: ${result.bytes} bytes in ${label}`);
    await switchTo(plan);
    return result;
  } catch (error) {
    // A hand took the supply: nobody is left who could refuse anything.
    if (isPowerLost(given.signal.reason)) throw given.signal.reason as FlashError;
    const reason = explain(error);
    if (!(reason instanceof DeviceError)) throw reason;
    board.change({ update: { state: 'failed', error: reason.message, code: reason.code, ...(progress && { progress }) } });
    board.log(clock.now(), 'E', `UPDATE_FAILED: ${reason.code}`);
    await plan.save('relaxed');
    throw reason;
  } finally {
    board.flash.failSectorAt(-1);
  }
}

async function writeAndVerify(plan: UpdatePlan, pieces: AsyncIterable<Uint8Array>): Promise<UpdateResult> {
  const { board, target, demand, clock } = plan;
  // The disk keeps its order: that an update runs is stored before any sector of it.
  const announced = plan.save('relaxed', 0);
  announced.catch(() => undefined);
  // Until it is whole again, the boot loader must not be sent to this slot.
  if (target.slot && board.running && board.nextBoot?.otaIndex === target.slot.otaIndex) board.selectNext(board.running, 'VALID');
  await erase(plan);
  const { received, md5, stored } = await write(plan, pieces, announced);
  if (demand.size > 0 && received < demand.size) throw connectionLost();
  // The last blocks go to the disk while the flash is read back: they leave first, for hashing may keep this thread to itself.
  await clock.sleep(0);
  const [result] = await Promise.all([verify(plan, received, md5), stored]);
  return result;
}

async function erase({ board, target: { partition }, demand, clock, signal, onProgress }: UpdatePlan): Promise<void> {
  const total = demand.size > 0 ? Math.ceil(demand.size / SECTOR_BYTES) * SECTOR_BYTES : partition.size;
  const bytesPerMs = (board.state.bench.bytesPerSecond * ERASE_SPEED_UP) / 1000;
  for (let done = 0; done < total;) {
    const length = Math.min(STEP_BYTES, total - done);
    if (bytesPerMs > 0) await pause(clock, length / bytesPerMs, signal);
    if (signal.aborted) throw connectionLost(signal.reason);
    board.flash.erase(partition.offset + done, length);
    done += length;
    onProgress({ phase: 'erasing', done, total });
  }
}

interface Written {
  readonly received: number;
  readonly md5: string;
  /** Settles when all of it is on the disk. */
  readonly stored: Promise<void>;
}

async function write(plan: UpdatePlan, pieces: AsyncIterable<Uint8Array>, announced: Promise<void>): Promise<Written> {
  const {
    board,
    target: { partition },
    demand,
    clock,
    save,
    onProgress,
  } = plan;
  const total = demand.size > 0 ? demand.size : partition.size;
  const writer = new PartitionWriter(board.flash, partition.offset, total, demand.md5 !== '');
  const tenth = tenths(total, (percent) => board.log(clock.now(), 'I', `Progress: ${percent}%`));
  const disk = new DiskFeed(save, clock, partition.offset, announced);
  for await (const piece of pieces) {
    writer.write(piece);
    disk.advance(writer.settledEnd);
    onProgress({ phase: 'writing', done: writer.received, total });
    tenth(writer.received);
  }
  writer.finish();
  const stored = disk.finish();
  // Whoever refuses the firmware first does not wait for it.
  stored.catch(() => undefined);
  return { received: writer.received, md5: writer.md5(), stored };
}

/** Calls back at each tenth that is reached. */
function tenths(total: number, onTenth: (percent: number) => void): (done: number) => void {
  let last = 0;
  return (done) => {
    const tenth = Math.floor((done * 10) / total);
    if (tenth > last) onTenth((last = tenth) * 10);
  };
}

/** The MD5 is of what came over the wire, as its senders mean it; everything else is proved on what is in the flash. */
async function verify({ board, target, demand, onProgress }: UpdatePlan, received: number, md5: string): Promise<UpdateResult> {
  const { partition, slot } = target;
  onProgress({ phase: 'verifying', done: 0, total: received });
  if (demand.md5 !== '' && md5 !== demand.md5) throw new DeviceError('UPDATE_ERROR_MD5', `MD5 is ${md5}, announced was ${demand.md5}`);
  const found = slot && (await board.slots.imageIn(slot, received));
  const sha256 =
    found && !(found instanceof ImageError) && found.length === received
      ? found.sha256
      : await sha256Hex(board.flash.read(partition.offset, received));
  if (demand.sha256 !== '' && sha256 !== demand.sha256) {
    throw new DeviceError('UPDATE_ERROR_SHA256', `SHA-256 is ${sha256}, announced was ${demand.sha256}`);
  }
  if (found instanceof ImageError) throw new DeviceError('IMAGE_INVALID', found.message, {}, { cause: found });
  const image = found?.image;
  if (image) {
    const problem = image.imageLength > received ? 'the image is longer than what was sent' : imageProblem(image);
    if (problem !== undefined) throw new DeviceError('IMAGE_INVALID', problem);
    const misfit = targetProblem(image, board.rules);
    if (misfit) throw new DeviceError(misfit.code, misfit.problem);
  }
  await refuseUntrusted(board, { partition, length: received, image, signature: demand.signature });
  onProgress({ phase: 'verifying', done: received, total: received });
  return { slot: partition.label, bytes: received, sha256, version: image?.appDescriptor?.version ?? '' };
}

/** The only step that changes what boots: two flash operations and one strict transaction, from here on not to be stopped. */
async function switchTo({ board, target: { slot }, signal, save, onProgress }: UpdatePlan): Promise<void> {
  if (signal.aborted) throw connectionLost(signal.reason);
  if (slot) {
    onProgress({ phase: 'switching', done: 0, total: 1 });
    board.selectNext(slot, 'NEW');
  }
  await save('strict');
  if (slot) onProgress({ phase: 'switching', done: 1, total: 1 });
}

/** Faults of the flash and of the wire in the words of the contract; a lost power supply and bugs stay what they are. */
function explain(error: unknown): unknown {
  if (error instanceof FlashError && error.code === 'SECTOR_FAILED')
    return new DeviceError('UPDATE_ERROR_WRITE', error.message, {}, { cause: error });
  if (error instanceof MultipartError) {
    const isCut = error.code === 'MULTIPART_TRUNCATED';
    return isCut ? connectionLost(error) : new DeviceError('MALFORMED', `multipart: ${error.message}`, {}, { cause: error });
  }
  return error;
}
