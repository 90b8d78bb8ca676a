import { expect } from 'chai';
import { askSignIn } from '../../src/ui/dialogs/sign-in-dialog.ts';
import { deviceInfo, deviceRecord, deviceState } from '../doubles/fixtures.ts';
import { byRole, clickOn, expectAccessible, findByRole, typeInto, unmountAll, until } from '../doubles/mount.ts';
import { demoServices } from '../doubles/services.ts';

const passwordField = () => findByRole('textbox', 'Password');

describe('The sign-in dialog', () => {
  afterEach(unmountAll);

  it('knows the password of a virtual board, signs in, and gives the focus back', async () => {
    const { services, session } = demoServices();
    const opener = document.createElement('button');
    document.body.append(opener);
    opener.focus();
    const answer = askSignIn(session, { confirm: 'Sign in and write' });
    const field = await passwordField();
    expect((field as HTMLInputElement).value).to.equal('admin123');
    expect(document.activeElement).to.equal(field);
    await expectAccessible(await findByRole('dialog', 'esp32-ota asks who you are'));
    await clickOn('button', 'Sign in and write');
    expect(await answer).to.equal(true);
    expect(services.called('login')).to.deep.equal([['esp32-ota', 'admin123']]);
    await until(() => document.activeElement === opener, 'the focus to return');
    opener.remove();
  });

  it('proposes no password for a virtual board that has one of its own', async () => {
    const { session } = demoServices(deviceState({ record: deviceRecord({ ownPassword: true }) }));
    const answer = askSignIn(session);
    expect(((await passwordField()) as HTMLInputElement).value).to.equal('');
    expect((await findByRole('dialog')).textContent).to.include('the one you gave it');
    await clickOn('button', 'Cancel');
    await answer;
  });

  it('shows the clock at once when it opens while the device is locked, and takes no typing', async () => {
    const { session } = demoServices(deviceState({ auth: { state: 'locked-out', until: Date.now() + 300_000 } }));
    const answer = askSignIn(session);
    const field = (await passwordField()) as HTMLInputElement;
    expect(document.querySelector('[role=timer]')?.textContent).to.match(/(5:00|4:5\d)/);
    expect([field.readOnly, field.value]).to.deep.equal([true, '']);
    await until(() => document.activeElement === byRole('button', 'Cancel'), 'the focus on the way out');
    await expectAccessible(await findByRole('dialog'));
    await clickOn('button', 'Cancel');
    await answer;
  });

  it('does not ask someone who is signed in', async () => {
    const { session } = demoServices(deviceState({ auth: { state: 'signed-in', mustChange: true, expiresAt: Date.now() + 1_000 } }));
    expect(await askSignIn(session)).to.equal(true);
    expect(byRole('dialog')).to.equal(undefined);
  });

  it('says that a password is wrong in an alert, and keeps the focus in the field', async () => {
    const { session } = demoServices();
    const answer = askSignIn(session);
    typeInto(await passwordField(), 'nope');
    await clickOn('button', 'Sign in');
    await until(() => /says no/.test(byRole('alert')?.textContent ?? ''), 'the refusal');
    const field = await passwordField();
    expect(field.getAttribute('aria-invalid')).to.equal('true');
    expect(document.activeElement).to.equal(field);
    await expectAccessible(await findByRole('dialog'));
    await clickOn('button', 'Cancel');
    expect(await answer).to.equal(false);
  });

  it('counts down after five wrong passwords and locks its key, not its way out', async () => {
    const { services, session } = demoServices();
    const answer = askSignIn(session);
    for (let attempt = 0; attempt < 5; attempt++) {
      typeInto(await passwordField(), `wrong ${attempt}`);
      await clickOn('button', 'Sign in');
      await until(
        () => services.called('login').length === attempt + 1 && byRole('button', 'Sign in')?.getAttribute('aria-busy') === null,
        'the answer',
      );
    }
    await until(() => /Five wrong passwords/.test(byRole('alert')?.textContent ?? ''), 'the lock-out');
    expect(document.querySelector('[role=timer]')?.textContent).to.match(/(10:00|9:5\d)/);
    expect((await findByRole('button', 'Sign in')).hasAttribute('disabled')).to.equal(true);
    await expectAccessible(await findByRole('dialog'));
    await clickOn('button', 'Cancel');
    expect(await answer).to.equal(false);
  });

  it('insists on a new password where the device does, and explains what is wrong with a weak one', async () => {
    const { services, session } = demoServices(deviceState({ info: deviceInfo({ accepts_default_password: false }) }));
    session.mustChange = true;
    const answer = askSignIn(session);
    await clickOn('button', 'Sign in');
    const field = await findByRole('textbox', 'New password');
    await until(() => document.activeElement === field, 'the focus in the new field');
    const attempt = async (password: string, again: string, refusal: RegExp) => {
      typeInto(field, password);
      typeInto(await findByRole('textbox', 'The same again'), again);
      await clickOn('button', 'Change password');
      await until(() => refusal.test(byRole('alert')?.textContent ?? ''), `the refusal ${refusal}`);
    };
    await attempt('short1', 'short1', /2 more characters/);
    await attempt('onlyletters', 'onlyletters', /digit/);
    await attempt('admin123', 'admin123', /default/);
    await attempt('long enough 1', 'something else', /not the same/);
    await expectAccessible(await findByRole('dialog', 'A new password for esp32-ota'));
    typeInto(await findByRole('textbox', 'The same again'), 'long enough 1');
    await clickOn('button', 'Change password');
    expect(await answer).to.equal(true);
    expect(services.called('changePassword')).to.deep.equal([['esp32-ota', 'long enough 1']]);
  });

  it('warns before a password crosses the network in plain HTTP, and never proposes one there', async () => {
    const record = deviceRecord({ kind: 'network', baseUrl: 'http://192.168.1.42/' });
    const { session } = demoServices(deviceState({ record }));
    const answer = askSignIn(session);
    expect(((await passwordField()) as HTMLInputElement).value).to.equal('');
    expect((await findByRole('dialog')).textContent).to.include('Plain HTTP');
    await clickOn('button', 'Cancel');
    await answer;
  });
});
