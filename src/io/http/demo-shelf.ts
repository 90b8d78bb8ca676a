/** The firmware that ships with the app: an index and files beside `index.html`. */
import { LibraryError } from '../../app/errors.ts';
import type { DemoShelf } from '../../app/ports.ts';
import { FieldReader } from '../../core/fields.ts';

const fault = (where: string, rule: string): LibraryError => new LibraryError('DEMO_UNAVAILABLE', `${where} ${rule}`, {});

function parseDemo(value: unknown, where: string) {
  const fields = new FieldReader(value, where, fault);
  return {
    // Becomes part of a URL: no path, no query.
    fileName: fields.matching('fileName', /^[\w.-]+\.bin$/, 'a plain file name'),
    title: fields.text('title'),
    purpose: fields.text('purpose'),
    size: fields.number('size', { min: 0, integer: true }),
    sha256: fields.matching('sha256', /^[0-9a-f]{64}$/, '64 hex digits'),
  };
}

export class HttpDemoShelf implements DemoShelf {
  readonly #folder: URL;

  constructor(folder: URL) {
    this.#folder = folder;
  }

  async list() {
    const response = await this.#get('index.json');
    const demos: unknown = await response.json().catch((cause: unknown) => this.#unavailable('index.json', cause));
    return new FieldReader({ demos }, 'index', fault).list('demos', 50, parseDemo);
  }

  async fetch(fileName: string): Promise<Blob> {
    const response = await this.#get(fileName);
    return response.blob().catch((cause: unknown) => this.#unavailable(fileName, cause));
  }

  async #get(path: string): Promise<Response> {
    const response = await fetch(new URL(path, this.#folder)).catch((cause: unknown) => this.#unavailable(path, cause));
    if (!response.ok) throw new LibraryError('DEMO_UNAVAILABLE', `HTTP ${response.status}`, { fileName: path });
    return response;
  }

  #unavailable(fileName: string, cause: unknown): never {
    throw new LibraryError('DEMO_UNAVAILABLE', 'cannot be fetched', { fileName }, { cause });
  }
}
