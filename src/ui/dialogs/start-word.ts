/** A slot of a guarded board whose content nobody here knows is started only by whoever means it. */
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
    if (!(error instanceof OtterError) || error.code !== 'SLOT_NOT_KNOWN') throw error;
    if (!(await askWord(error.details as Readonly<Record<string, string>>))) return false;
  }
  await start({ evenUnknown: true });
  return true;
}

function askWord({ name = '', product = '', slot = '', version = '' }: Readonly<Record<string, string>>): Promise<boolean> {
  const place = slot || 'the other slot';
  return askConfirm({
    title: `Start ${place} of ${name}, which nobody here knows?`,
    text: `${version ? `It calls itself ${version}. ` : ''}What lies there is not in your library, so nobody can say who signed it. ${name} gets only what ${productWords(product)} trusts.`,
    confirm: `Start ${place} all the same`,
    isDestructive: true,
  });
}
