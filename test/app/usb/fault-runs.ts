/**
 * One run of the whole stack on virtual time: session, real client, virtual board. One act, one fault at a random moment of it, and then what
 * a person would do: the same again, without the fault. Everything random comes from the seed of the run, so a run can be repeated alone.
 */
import { expect } from 'chai';
import { isAbort, toProblem } from '../../../src/app/errors.ts';
import type { Problem } from '../../../src/app/model.ts';
import type { UsbJobState } from '../../../src/app/usb/model.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { parseUf2 } from '../../../src/core/image/uf2.ts';
import { wordsFor } from '../../../src/ui/messages.ts';
import { Random } from '../../doubles/random.ts';
import { ACTS, type Act, type ActName, FLASHED_VERSION, type Scene, setScene } from './fault-acts.ts';
import { FAULTS, TELLS, calmDown, type FaultName, type Span } from './fault-kinds.ts';
import { assertSameOutside, firstDifference } from './flash-bytes.ts';

/** The longest wait of all is that for a chip that erases all of its flash and never says so: `chipEraseMs()`. */
const LIMIT_MS = 240_000;
/** A cable that was pulled is back after three seconds. */
const REPLUG_LIMIT_MS = 10_000;
const TICK_MS = 1_000;

export interface RunReport {
  readonly seed: number;
  readonly act: ActName;
  readonly fault: FaultName;
  /** The moment of the fault came before the act was over. */
  readonly happened: boolean;
  readonly outcome: string;
  readonly code: string | undefined;
  readonly virtualMs: number;
}

/** Whoever solders a circuit on pulls the cable first. */
const NEEDS_OPENING: ReadonlySet<FaultName> = new Set(['no auto-reset circuit']);

interface Ending {
  readonly job: UsbJobState | undefined;
  /** With which the session's promise was rejected. */
  readonly rejection: unknown;
  readonly result: unknown;
}

/** An act as it is meant to be: says how much it moves. @throws when it does not succeed */
export async function rehearse(name: ActName, seed: number): Promise<Span> {
  const scene = await setScene(name, new Random(seed));
  const { meter } = scene.bench;
  const { sent, received } = meter;
  const { job, rejection } = await carryOut(scene, ACTS[name]);
  expect([rejection, job?.outcome ?? 'done', job?.problem], name).to.deep.equal([undefined, 'done', undefined]);
  await closeAndReopen(scene, name);
  return { sent: meter.sent - sent, received: meter.received - received };
}

export async function runWithFault(seed: number, spanOf: (act: ActName) => Span): Promise<RunReport> {
  const random = new Random(seed);
  const name = random.pick(Object.keys(ACTS) as ActName[]);
  const fault = random.pick(Object.keys(FAULTS) as FaultName[]);
  const what = `seed ${seed}: ${fault} during ${name}`;
  const scene = await setScene(name, random);
  const { bench } = scene;
  const act = ACTS[name];
  const before = bench.flash();
  const happened = await FAULTS[fault](scene, { random, span: spanOf(name) });
  const startedAt = bench.clock.now();
  const ending = await within(scene, LIMIT_MS, carryOut(scene, act), what);
  const virtualMs = bench.clock.now() - startedAt;
  const report = { seed, act: name, fault, happened: happened(), ...toldBy(ending, scene), virtualMs };
  assertTold(ending, scene, fault, what);
  await assertTrue(ending, scene, { act, before, what });
  calmDown(bench);
  if (NEEDS_OPENING.has(fault) || random.below(2) === 0) await closeAndReopen(scene, what);
  await within(scene, LIMIT_MS, succeedAfterwards(scene, what), `${what}, afterwards`);
  await closeAndReopen(scene, what);
  return report;
}

async function carryOut(scene: Scene, act: Act): Promise<Ending> {
  const { bench } = scene;
  const { session } = bench;
  const known = session.state.value.job;
  let rejection: unknown;
  let result: unknown;
  try {
    result = await act.run(scene);
  } catch (error) {
    rejection = error;
  }
  const begun = session.state.value.job;
  // One that ended before may have aged meanwhile.
  const isKnown = begun?.id === known?.id && begun?.startedAt === known?.startedAt;
  const job = isKnown ? undefined : await bench.ended();
  return { job, rejection, result };
}

/** The outcome of `work`, which must come within so much virtual time; nobody can wait for a promise that nobody settles. */
async function within<T>({ bench: { clock, session } }: Scene, limitMs: number, work: Promise<T>, what: string): Promise<T> {
  const over = new AbortController();
  const patience = async (): Promise<never> => {
    const end = clock.now() + limitMs;
    while (!over.signal.aborted && clock.now() < end) {
      await clock.sleep(TICK_MS);
      // Whatever the browser does on other threads goes on in real time.
      await new Promise((resolve) => setTimeout(resolve));
    }
    const { phase, connectSteps, job } = session.state.value;
    const doing = job?.stages.find(({ status }) => status === 'active');
    throw new Error(`${what}: not settled after ${limitMs / 1000} s: ${JSON.stringify({ phase, connectSteps, doing })}`);
  };
  try {
    return await Promise.race([work, patience()]);
  } finally {
    over.abort();
  }
}

function toldBy({ job, rejection }: Ending, { bench }: Scene): { readonly outcome: string; readonly code: string | undefined } {
  const { problem } = bench.session.state.value;
  if (job) return { outcome: job.outcome, code: job.problem?.code };
  if (rejection === undefined) return { outcome: 'done', code: undefined };
  return isAbort(rejection) ? { outcome: 'stopped', code: undefined } : { outcome: 'failed', code: (problem ?? toProblem(rejection)).code };
}

/** Whatever did not succeed says why, in words that the app has and that fit; only a person who stops it needs none. */
function assertTold({ job, rejection }: Ending, scene: Scene, fault: FaultName, what: string): void {
  const isStopped = isAbort(rejection) || job?.outcome === 'stopped';
  if (isStopped) return void expect(fault, what).to.be.oneOf(['stop', 'close']);
  const { problem: shown } = scene.bench.session.state.value;
  if (rejection !== undefined) assertWords(toProblem(rejection), fault, what);
  if (rejection !== undefined && !job && shown) assertWords(shown, fault, what);
  if (job && job.outcome !== 'done') assertWords(job.problem, fault, `${what}, ${job.outcome}`);
  if (job?.outcome === 'done') expect(job.problem, what).to.equal(undefined);
}

function assertWords(problem: Problem | undefined, fault: FaultName, what: string): void {
  if (!problem) throw new Error(`${what}: nothing says why`);
  expect(TELLS[fault], `${what}: ${problem.message}`).to.include(problem.code);
  const { title, why, next } = wordsFor(problem);
  expect(title, `${what}: no words for ${problem.code}`).not.to.equal(UNEXPECTED_TITLE);
  for (const words of [title, why, next]) expect(words, `${what}: ${problem.code}`).to.be.a('string').that.is.not.empty;
}

const UNEXPECTED_TITLE = wordsFor({ code: 'UNEXPECTED', message: '', details: {} }).title;

interface Evidence {
  readonly act: Act;
  readonly before: Uint8Array<ArrayBuffer>;
  readonly what: string;
}

/** What the page says of the flash is what the flash holds. */
async function assertTrue({ job, result }: Ending, scene: Scene, { act, before, what }: Evidence): Promise<void> {
  const { bench } = scene;
  const after = bench.flash();
  const said = `${what}, ${job?.outcome ?? 'no job'}, ${job?.left ?? 'nothing left'}`;
  assertSameOutside(before, after, act.changes(scene), said);
  if (job && job.outcome !== 'done') expect(job.left, said).to.be.a('string');
  if (job?.outcome === 'done') expect(job.left, said).to.equal(undefined);
  if (!job || job.left === 'untouched') expect(firstDifference(before, after), said).to.equal(-1);
  if (job?.outcome === 'done' || job?.left === 'complete') act.assertDone(scene, after, said);
  for (const { offset, size, sha256 } of job?.result?.parts ?? [])
    expect(await sha256Hex(after.subarray(offset, offset + size)), `${said}, part at ${offset}`).to.equal(sha256);
  if (result instanceof Uint8Array) expect(firstDifference(result, after.subarray(scene.range.offset)), said).to.equal(-1);
  const kept = bench.library.records.get(job?.result?.undo ?? job?.result?.readSha256 ?? '');
  if (kept) await assertKept(new Uint8Array(await kept.blob.arrayBuffer()), before, said);
}

/** A snapshot holds what was there before. */
async function assertKept(bytes: Uint8Array<ArrayBuffer>, before: Uint8Array, what: string): Promise<void> {
  const runs = bytes.length === before.length ? [{ flashOffset: 0, bytes }] : (await parseUf2(bytes)).runs;
  for (const run of runs)
    expect(firstDifference(run.bytes, before.subarray(run.flashOffset)), `${what}, snapshot at ${run.flashOffset}`).to.equal(-1);
}

/** The same board and the same session, nothing disturbs: what is flashed now is what was planned, and what is kept is as it was. */
async function succeedAfterwards(scene: Scene, what: string): Promise<void> {
  const { bench } = scene;
  const { session, clock } = bench;
  const until = clock.now() + REPLUG_LIMIT_MS;
  while (session.state.value.phase === 'unplugged' && clock.now() < until) await clock.sleep(100);
  await bench.port.settled;
  await session.connect({ baudRate: scene.baudRate }).catch((cause: unknown) => {
    throw new Error(`${what}, afterwards: does not connect: ${String(cause)}`, { cause });
  });
  await session.bring(scene.files('everything'));
  const before = bench.flash();
  const { job, rejection } = await carryOut(scene, ACTS['flash what differs']);
  const told = `${what}, afterwards: ${JSON.stringify(job?.problem ?? String(rejection))}`;
  expect([job?.outcome, job?.result?.toVersion], told).to.deep.equal(['done', FLASHED_VERSION]);
  const { writes, erases } = session.state.value.plan!;
  const after = bench.flash();
  for (const { offset, bytes } of writes) expect(firstDifference(bytes, after.subarray(offset)), `${told} ${offset}`).to.equal(-1);
  assertSameOutside(before, after, [...writes, ...erases], told);
}

/** The port is let go of: another program can have it now. Nothing else is held either. */
async function closeAndReopen({ bench }: Scene, what: string): Promise<void> {
  const { session, port, guard, locks } = bench;
  await session.close();
  expect([session.state.value.phase, port.isOpen, port.readable, port.writable], what).to.deep.equal(['closed', false, null, null]);
  expect([guard.held, (await locks.held()).length, session.isWriting], what).to.deep.equal([0, 0, false]);
  await port.settled;
  await port.open({ baudRate: 115_200 });
  expect([port.readable?.locked, port.writable?.locked], what).to.deep.equal([false, false]);
  await port.close();
  await port.settled;
}
