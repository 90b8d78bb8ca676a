import { expect } from 'chai';
import type { StartWord } from '../../src/app/slot-word.ts';
import { SignatureError, type SignatureErrorCode } from '../../src/app/trust/signature-errors.ts';
import { withStartWord } from '../../src/ui/dialogs/start-word.ts';
import { until } from '../doubles/mount.ts';

const details = { name: '<b>esp32</b>', product: 'greenhouse-node', slot: 'ota_0', version: '1.0.0' };
const dialog = (): HTMLElement | null => document.querySelector('ot-confirm-dialog');
const answer = async (words: string, question = 'nobody here knows'): Promise<void> => {
  await until(() => dialog()?.textContent.includes(question) === true);
  const text = dialog()!.textContent;
  for (const told of ['ota_0', '<b>esp32</b>', '1.0.0', 'greenhouse-node']) expect(text).to.contain(told);
  expect(dialog()!.querySelector('b')).to.equal(null);
  [...dialog()!.querySelectorAll('button')].find((button) => button.textContent.trim() === words)!.click();
};

describe('a start that needs a word', () => {
  const starting =
    (words: StartWord[], code: SignatureErrorCode = 'SLOT_NOT_KNOWN') =>
    async (word: StartWord) => {
      words.push(word);
      if (word.evenUnknown !== true) throw new SignatureError(code, 'nobody knows', details);
    };

  it('is done once a person gave it', async () => {
    const words: StartWord[] = [];
    const done = withStartWord(starting(words));
    await answer('Start ota_0 all the same');
    expect(await done).to.equal(true);
    expect(words).to.deep.equal([{}, { evenUnknown: true }]);
  });

  it('asks otherwise where the board may be the guarded one', async () => {
    const words: StartWord[] = [];
    const done = withStartWord(starting(words, 'SLOT_MAY_BE_GUARDED'));
    await answer('Start ota_0 all the same', 'what may be');
    expect(await done).to.equal(true);
    expect(words).to.deep.equal([{}, { evenUnknown: true }]);
  });

  it('is not done where they did not', async () => {
    const words: StartWord[] = [];
    const done = withStartWord(starting(words));
    await answer('Cancel');
    expect(await done).to.equal(false);
    expect(words).to.deep.equal([{}]);
  });

  it('asks for none where what lies there is refused, or nothing is in the way', async () => {
    const refused = new SignatureError('SLOT_UNTRUSTED', 'no', details);
    expect(await withStartWord(() => Promise.reject(refused)).catch((error: unknown) => error)).to.equal(refused);
    expect(await withStartWord(async () => undefined)).to.equal(true);
    expect(dialog()).to.equal(null);
  });
});
