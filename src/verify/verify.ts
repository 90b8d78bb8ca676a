/**
 * The page that verifies an exported log and needs nothing else. Reads the file as it is, piece by piece; knows the chain and the signed heads
 * (`core/trust`), and no Otter. Text of the file only ever becomes text of the page.
 */
import { linesOf } from '../core/trust/log-lines.ts';
import { parseSignedHead, verifyHead, type SignedHead } from '../core/trust/log-head.ts';
import { verifyChain, type ChainVerdict } from '../core/trust/log-verify.ts';
import { breakWords } from '../ui/broken-link-words.ts';
import { readHeadKey, type HeadKey } from './head-key.ts';

/** Roughly, to say how far it is: an entry and its line. */
const LINE_BYTES = 420;

function part<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new TypeError(`no ${id}`);
  return element;
}

const drop = part('drop', HTMLElement);
const field = part('file', HTMLInputElement);
const result = part('result', HTMLElement);
const verdictTitle = part('verdict', HTMLElement);
const why = part('why', HTMLElement);
const bar = part('progress', HTMLProgressElement);
const facts = part('facts', HTMLElement);
const heads = part('heads', HTMLElement);
const pem = part('pem', HTMLTextAreaElement);
const kept = part('kept', HTMLTextAreaElement);
const again = part('again', HTMLButtonElement);

let file: File | undefined;
let stop = new AbortController();

// ---- what was given besides ----

interface Given {
  readonly key?: HeadKey | undefined;
  readonly head?: SignedHead | undefined;
}

async function readGiven(): Promise<Given> {
  const key = pem.value.trim() === '' ? undefined : await readHeadKey(pem.value);
  return { key, head: kept.value.trim() === '' ? undefined : readKept(kept.value) };
}

function readKept(text: string): SignedHead {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error('The signed head is no JSON: give the whole content of its file.', { cause });
  }
  return parseSignedHead(value);
}

// ---- the verdict ----

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function verify(chosen: File): Promise<void> {
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  file = chosen;
  again.disabled = false;
  begin(chosen);
  const startedAt = performance.now();
  try {
    const given = await readGiven();
    const verdict = await verifyChain(linesOf(chosen.stream()), {
      known: given.head ? [given.head] : [],
      pause: nextTask,
      signal,
      onProgress: (entries) => progress(entries, chosen),
    });
    const signed = await Promise.all(signedOf(verdict, given).map((head) => headWords(head, given.key)));
    if (!signal.aborted) show(verdict, { signed, seconds: (performance.now() - startedAt) / 1000 });
  } catch (error) {
    if (signal.aborted) return;
    bar.hidden = true;
    tell('', 'Not verified', error instanceof Error ? error.message : String(error));
  }
}

const signedOf = ({ signedHeads, broken }: ChainVerdict, { head }: Given): readonly SignedHead[] =>
  head && !broken ? [head, ...signedHeads] : signedHeads;

interface HeadWords {
  readonly words: string;
  readonly isBad: boolean;
}

async function headWords(head: SignedHead, key: HeadKey | undefined): Promise<HeadWords> {
  const what = `Head of entry ${head.seq}, ${head.at}, key ${head.kid.slice(0, 8)}…${head.kid.slice(-8)}`;
  if (!key) return { words: `${what}: agrees with the log; give the public key to check who signed it`, isBad: false };
  if (key.kid !== head.kid) return { words: `${what}: signed by another key than the one that was given`, isBad: false };
  const isGood = await verifyHead(head, key.key);
  return { words: `${what}: ${isGood ? 'the signature is good' : 'the signature is NOT good'}`, isBad: !isGood };
}

// ---- what is shown ----

function begin({ name }: File): void {
  facts.replaceChildren();
  heads.replaceChildren();
  bar.hidden = false;
  bar.value = 0;
  result.hidden = false;
  tell('', 'Following the chain', name);
}

function tell(verdict: 'whole' | 'broken' | '', title: string, words: string): void {
  result.dataset['verdict'] = verdict;
  verdictTitle.textContent = title;
  why.textContent = words;
}

function progress(entries: number, { name, size }: File): void {
  bar.value = Math.min(0.99, (entries * LINE_BYTES) / Math.max(size, 1));
  why.textContent = `${name}: ${entries.toLocaleString('en')} entries`;
}

function show(verdict: ChainVerdict, { signed, seconds }: { readonly signed: readonly HeadWords[]; readonly seconds: number }): void {
  const { broken, entries, head, firstAt, lastAt } = verdict;
  bar.hidden = true;
  const until = entries > 0 ? ` Up to entry ${entries} the chain is whole.` : '';
  if (broken) {
    const { title, why } = breakWords(broken);
    tell('broken', `✗ ${title}`, `Line ${broken.line} of the file. ${why}${until} What follows proves nothing.`);
  } else if (entries === 0) tell('', 'This file holds no entry', 'There is nothing to prove.');
  else tell('whole', '✓ The log is whole', `Each of its ${entries.toLocaleString('en')} entries follows the one before.`);
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['File', file?.name],
    ['Intact', `${entries.toLocaleString('en')} ${entries === 1 ? 'entry' : 'entries'}`],
    ['First', firstAt],
    ['Last', lastAt],
    ['Its hash', entries > 0 ? head.h : undefined],
    ['Took', `${seconds.toFixed(2)} s`],
  ];
  facts.replaceChildren(...rows.flatMap(([name, value]) => (value === undefined ? [] : [textIn('dt', name), textIn('dd', value)])));
  heads.replaceChildren(
    ...signed.map(({ words, isBad }) => {
      const item = textIn('li', words);
      if (isBad) item.dataset['verdict'] = 'bad';
      return item;
    }),
  );
}

function textIn(tag: 'dt' | 'dd' | 'li', text: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

// ---- the file ----

part('choose', HTMLButtonElement).addEventListener('click', () => field.click());
field.addEventListener('change', () => {
  const [chosen] = field.files ?? [];
  // The same file may be chosen again, after somebody changed it.
  field.value = '';
  if (chosen) void verify(chosen);
});
again.addEventListener('click', () => {
  if (file) void verify(file);
});
addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.dataset['over'] = '';
});
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) delete drop.dataset['over'];
});
addEventListener('drop', (event) => {
  event.preventDefault();
  delete drop.dataset['over'];
  const [dropped] = event.dataTransfer?.files ?? [];
  if (dropped) void verify(dropped);
});
