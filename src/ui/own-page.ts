/** The way that is left when this page may not talk to a device: its own page, in a tab of its own. */
import { html, type TemplateResult } from 'lit';
import type { Problem } from '../app/model.ts';

/** Something is there, and the browser stands between. */
const BLOCKED_BY_BROWSER = ['CORS_BLOCKED', 'MIXED_CONTENT', 'LOCAL_NETWORK_DENIED', 'NETWORK_UNREACHABLE_OR_CORS'];

export const isBlockedByBrowser = ({ code }: Problem): boolean => BLOCKED_BY_BROWSER.includes(code);

export const ownPageKey = (address: string): TemplateResult =>
  html`<a class="key" href=${address} target="_blank" rel="noopener noreferrer">Open its own page</a>`;
