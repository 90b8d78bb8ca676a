/** Puts an element on the page for one test, with the app's real styles, and finds things as a person would: by role and name. */
import axe from 'axe-core';
import '../../src/ui/styles/index.css';

const mounted: Element[] = [];

export function mount<T extends HTMLElement>(element: T, options: { readonly in?: 'main' } = {}): T {
  const host = document.createElement(options.in ?? 'div');
  host.className = options.in === 'main' ? 'main' : '';
  host.append(element);
  document.body.append(host);
  mounted.push(host);
  return element;
}

/** For `afterEach`. */
export function unmountAll(): void {
  for (const host of mounted.splice(0)) host.remove();
  // A modal that is left open would lie over the next test; its element goes with it.
  for (const dialog of document.querySelectorAll('dialog')) (dialog.closest('body > *') ?? dialog).remove();
}

/** Waits until `read` gives something, checking at each frame; the last error or value goes into the failure. */
export async function until<T>(read: () => T | undefined | null | false, what = 'the page to change'): Promise<T> {
  const end = performance.now() + 3_000;
  for (;;) {
    const value = read();
    if (value) return value;
    if (performance.now() > end)
      throw new Error(`waited for ${what}; the page says:\n${document.body.textContent.replace(/\s+/g, ' ').slice(0, 1_500)}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

const ROLES: Record<string, string> = {
  button: 'button, [role=button], summary',
  link: 'a[href]',
  heading: 'h1, h2, h3',
  textbox: 'input:not([type]), input[type=text], input[type=password], input[type=number], input[type=url], textarea',
  checkbox: 'input[type=checkbox]',
  dialog: 'dialog',
  option: '[role=option]',
  alert: '[role=alert]',
  status: '[role=status]',
  menuitem: '[role=menuitem]',
  region: 'section[aria-label], section[aria-labelledby]',
};

const flat = (text: string | null | undefined): string => (text ?? '').replace(/\s+/g, ' ').trim();

/** The name that assistive technology would say: label, else content. */
export function nameOf(element: Element): string {
  const label = element.getAttribute('aria-label');
  if (label) return flat(label);
  const by = element.getAttribute('aria-labelledby');
  if (by)
    return flat(
      by
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent)
        .join(' '),
    );
  if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement)
    return flat([...(element.labels ?? [])].map((node) => node.textContent).join(' '));
  return flat(element.textContent);
}

const isVisible = (element: Element): boolean => element.checkVisibility({ visibilityProperty: true });

export function allByRole(role: string, name?: string | RegExp): HTMLElement[] {
  const matches = (element: Element) =>
    name === undefined || (typeof name === 'string' ? nameOf(element) === name : name.test(nameOf(element)));
  return [...document.querySelectorAll<HTMLElement>(ROLES[role] ?? `[role=${role}]`)].filter(
    (element) => isVisible(element) && matches(element),
  );
}

export const byRole = (role: string, name?: string | RegExp): HTMLElement | undefined => allByRole(role, name)[0];

export const findByRole = (role: string, name?: string | RegExp): Promise<HTMLElement> =>
  until(() => byRole(role, name), `${role} “${String(name)}”`);

export async function clickOn(role: string, name: string | RegExp): Promise<void> {
  (await findByRole(role, name)).click();
}

export function typeInto(field: HTMLElement, value: string): void {
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) throw new TypeError('not a text field');
  field.focus();
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Fails with axe's own words when the page breaks a rule of WCAG 2.2 AA or a best practice. */
export async function expectAccessible(root: Element = document.body): Promise<void> {
  const { violations } = await axe.run(root, {
    // The runner's page has no document title, language or landmarks of its own.
    rules: {
      'document-title': { enabled: false },
      'html-has-lang': { enabled: false },
      region: { enabled: false },
      'page-has-heading-one': { enabled: false },
      'landmark-one-main': { enabled: false },
    },
  });
  if (violations.length > 0) {
    throw new Error(
      violations
        .map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`).join('\n  ')}`)
        .join('\n'),
    );
  }
}
