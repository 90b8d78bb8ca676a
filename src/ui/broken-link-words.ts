/** Where a chain breaks, in words; for the page of the log and for the verifier, which has nothing else of the app. */
import type { BrokenLink } from '../core/trust/log-chain.ts';

export interface BreakWords {
  /** What is wrong, a heading. */
  readonly title: string;
  readonly why: string;
}

export function breakWords({ seq, line, reason, rule }: BrokenLink): BreakWords {
  switch (reason) {
    case 'malformed':
      return {
        title: `Line ${line} is no entry of a log`,
        why: `Entry ${seq} should stand there, and cannot be read: ${rule ?? 'it is something else'}.`,
      };
    case 'altered':
      return { title: `Entry ${seq} was changed`, why: 'What it says is not what its hash was made of when it was written.' };
    case 'missing':
      return { title: `Entry ${seq} is missing`, why: 'A later one stands in its place, and it is found nowhere after that.' };
    case 'reordered':
      return { title: `Entry ${seq} is not in its place`, why: `It stands on line ${line}, after entries that were written later.` };
    case 'duplicated':
      return { title: `Entry ${seq} stands there twice`, why: 'The second time it follows an entry that was written later.' };
    case 'unlinked':
      return {
        title: `Entry ${seq} does not follow entry ${seq - 1}`,
        why: `It carries the hash of another one: entry ${seq - 1} was written anew, or the rest is from another log.`,
      };
    case 'truncated':
      return {
        title: `The end is missing, from entry ${seq} on`,
        why: `${capital(rule ?? 'a head tells of a later entry')}, and the log ends before it.`,
      };
    case 'rewritten':
      return {
        title: `Entry ${seq} is not the one that a head tells of`,
        why: `Whoever wrote this log anew made its hashes fit, but a head had been kept${rule ? ` (${rule})` : ''}.`,
      };
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
