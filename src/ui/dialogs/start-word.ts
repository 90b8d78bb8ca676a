/** What nobody here knows (what lies in a slot of a guarded board, or whether a board is guarded) is started only by whoever means it. */
import type { StartWord } from '../../app/slot-word.ts';
import { OtterError } from '../../core/errors.ts';
import { productWords } from '../signature-words.ts';
import { askConfirm } from './confirm-dialog.ts';

/** Does it, once more after a person gave their word; false: they did not. */
export async function withStartWord(start: (word: StartWord) => Promise<unknown>): Promise<boolean> {
  try {
    await start({});
    return true;
  } catch (error) {
    if (!(error instanceof OtterError) || !(error.code in QUESTIONS)) throw error;
    const question = QUESTIONS[error.code as keyof typeof QUESTIONS];
    if (!(await askWord(question, error.details as Details))) return false;
  }
  await start({ evenUnknown: true });
  return true;
}

type Details = Readonly<Record<string, string>>;
type Question = (name: string, place: string) => { readonly title: string; readonly why: string };

const QUESTIONS = {
  SLOT_NOT_KNOWN: (name, place) => ({
    title: `Start ${place} of ${name}, which nobody here knows?`,
    why: 'What lies there is not in your library, so nobody can say who signed it.',
  }),
  SLOT_MAY_BE_GUARDED: (name, place) => ({
    title: `Start ${place} of what may be ${name}?`,
    why: 'What lies there is not known to be trusted, and nobody can tell whether this is that board: one of them told no MAC.',
  }),
} as const satisfies Record<string, Question>;

function askWord(question: Question, { name = '', product = '', slot = '', version = '' }: Details): Promise<boolean> {
  const place = slot || 'the other slot';
  const { title, why } = question(name, place);
  return askConfirm({
    title,
    text: `${version ? `It calls itself ${version}. ` : ''}${why} ${name} gets only what ${productWords(product)} trusts.`,
    confirm: `Start ${place} all the same`,
    isDestructive: true,
  });
}
