/**
 * The words of S1, the plain web page that a small ESP32 sketch serves to be updated over the air: paths, texts, pages, forms.
 * For both ends: a client that speaks to such a device, and our virtual device that answers like one.
 */
import { multipartBoundary, parseMultipart } from './multipart.ts';

export const S1_PATHS = { login: '', info: 'info', update: 'update', upload: 'upload', reboot: 'reboot' } as const;

export const S1_FIELDS = { password: 'password', firmware: 'firmware', filesystem: 'filesystem' } as const;

export const S1_TEXTS = {
  wrongPassword: 'Invalid password!',
  updated: 'Update successful! Rebooting...',
  updateFailed: 'Update failed!',
  rebooting: 'Rebooting...',
  notFound: 'Not Found',
} as const;

/** Ours: the page that answers a right password also says the token that `POST upload` wants, here and in a form field. */
export const S1_TOKEN_HEADER = 'X-Session-Token';

/** A form with one short field; more is not a password. */
const MAX_FORM_BYTES = 4096;

export interface S1Identity {
  readonly name: string;
  readonly version: string;
  readonly buildDate: string;
  readonly ip: string;
  readonly rssi: number;
}

/** True when a `POST update` carries a form (S1's login) rather than a firmware. Only a multipart body has to be looked into. */
export function isUrlEncodedForm(contentType: string | null): boolean {
  return /^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '');
}

/** The form field `password`; `undefined` when there is none or the form is longer than a form with a password can be. */
export async function readUrlEncodedPassword(body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const text = await readShortText(body);
  return text === undefined ? undefined : (new URLSearchParams(text).get(S1_FIELDS.password) ?? undefined);
}

/** The same from a multipart form. */
export async function readMultipartPassword(body: AsyncIterable<Uint8Array>, contentType: string): Promise<string | undefined> {
  const boundary = multipartBoundary(contentType);
  if (boundary === undefined) return undefined;
  for await (const part of parseMultipart(body, boundary)) {
    if (part.name === S1_FIELDS.password) return await readShortText(part.body);
    // A file before any password: this is an upload, not a login.
    if (part.fileName !== undefined) return undefined;
  }
  return undefined;
}

/** UTF-8 of at most a form's length; `undefined` when it is longer. */
export async function readShortText(body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > MAX_FORM_BYTES) return undefined;
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** `GET /` */
export function renderLoginPage(device: S1Identity): string {
  const row = (label: string, value: string): string => `<dt>${label}</dt><dd>${escapeHtml(value)}</dd>`;
  return page(
    device.name,
    `<dl>${row('Version', device.version)}${row('Build', device.buildDate)}${row('IP', device.ip)}${row('Signal', `${device.rssi} dBm`)}</dl>
<form method="post" action="update">
<label>Password <input type="password" name="${S1_FIELDS.password}" autocomplete="current-password" required></label>
<button>Continue to Update</button>
</form>`,
  );
}

/** The answer to a right password. */
export function renderUploadPage(device: Pick<S1Identity, 'name'>, token: string): string {
  return page(
    device.name,
    `<p>Do not disconnect power during the update.</p>
<form method="post" action="upload" enctype="multipart/form-data">
<input type="hidden" name="token" value="${escapeHtml(token)}">
<label>Firmware <input type="file" name="${S1_FIELDS.firmware}" accept=".bin" required></label>
<button>Upload Firmware</button>
</form>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)} OTA Update</title>
<h1>${escapeHtml(title)} OTA Update</h1>
${body}
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
