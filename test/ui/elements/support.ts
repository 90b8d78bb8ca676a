/** Puts markup into the page with the app's own style sheet, waits for its elements, and asks axe about it. */
import axe from 'axe-core';
import { expect } from 'chai';
import { html, LitElement, render, type TemplateResult } from 'lit';

const STYLES = '/src/ui/styles/index.css';

async function loadStyles(): Promise<void> {
  if (document.querySelector(`link[href="${STYLES}"]`)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = STYLES;
  const loaded = new Promise((resolve, reject) => {
    link.addEventListener('load', resolve);
    link.addEventListener('error', reject);
  });
  document.head.append(link);
  await loaded;
}

/** Renders into a fresh `<main>` of the given width and resolves when every element inside was updated and measured. */
export async function mount(content: TemplateResult, widthPx = 1000): Promise<HTMLElement> {
  await loadStyles();
  document.querySelector('#stage')?.remove();
  const stage = document.createElement('main');
  stage.id = 'stage';
  stage.style.inlineSize = `${widthPx}px`;
  document.body.append(stage);
  render(
    html`<h1>Parts</h1>
      ${content}`,
    stage,
  );
  await settle(stage);
  return stage;
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A tab in the background gets no frames: never wait for them alone. */
const frames = (count: number) =>
  new Promise<void>((resolve) => {
    const next = (left: number) => (left === 0 ? resolve() : void requestAnimationFrame(() => next(left - 1)));
    next(count);
  });

export async function settle(root: ParentNode): Promise<void> {
  // Two frames: the first lays out and measures, the second draws what was measured.
  for (let i = 0; i < 2; i++) {
    const elements = [...root.querySelectorAll('*')].filter((element): element is LitElement => element instanceof LitElement);
    await Promise.all(elements.map((element) => element.updateComplete));
    await Promise.race([frames(2), delay(60)]);
  }
}

export function find<T extends Element = HTMLElement>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
}

export function text(element: Element): string {
  return (element.textContent ?? '').replace(/\s+/g, ' ').trim();
}

export async function expectAccessible(root: Element): Promise<void> {
  const { violations } = await axe.run(root, { rules: { region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)).to.deep.equal([]);
}
