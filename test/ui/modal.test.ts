import { expect } from 'chai';
import { askConfirm } from '../../src/ui/dialogs/confirm-dialog.ts';
import { askSignIn } from '../../src/ui/dialogs/sign-in-dialog.ts';
import { byRole, clickOn, findByRole, typeInto, unmountAll, until } from '../doubles/mount.ts';
import { demoServices } from '../doubles/services.ts';

const QUESTION = { title: 'Sure?', text: 'It will happen.', confirm: 'Do it' };

describe('A dialog', () => {
  beforeEach(() => history.replaceState(null, '', '#/devices/esp32-ota'));
  afterEach(unmountAll);
  after(() => history.replaceState(null, '', location.pathname + location.search));

  it('goes unanswered when the page under it changes', async () => {
    const { session } = demoServices();
    const answer = askSignIn(session, { confirm: 'Sign in and write' });
    await findByRole('button', 'Sign in and write');
    location.hash = '#/devices';
    expect(await answer).to.equal(false);
    expect(byRole('dialog')).to.equal(undefined);
  });

  it('goes unanswered when the browser goes back', async () => {
    location.hash = '#/firmware';
    await new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
    const answer = askConfirm(QUESTION);
    await findByRole('button', 'Do it');
    history.back();
    expect(await answer).to.equal(false);
  });

  it('takes no answer that comes in after the page changed', async () => {
    const { session } = demoServices();
    let signIn: () => void = () => undefined;
    session.login = () => new Promise((resolve) => (signIn = resolve));
    const answer = askSignIn(session);
    typeInto(await findByRole('textbox', 'Password'), 'admin123');
    await clickOn('button', 'Sign in');
    location.hash = '#/settings';
    expect(await answer).to.equal(false);
    signIn();
    await until(() => byRole('dialog') === undefined, 'the dialog to stay away');
    expect(await answer).to.equal(false);
  });

  it('stays when it is asked in the same breath as the change of page', async () => {
    location.hash = '#/devices';
    const answer = askConfirm(QUESTION);
    await new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
    await clickOn('button', 'Do it');
    expect(await answer).to.equal(true);
  });
});
