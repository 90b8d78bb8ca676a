/**
 * `<ot-root-form>`: whose keys may release, and how many of them have to agree. For a new line, or, with `rootId`, for the root file that
 * follows its newest.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { RootLine, RootPlan } from '../../../app/trust/release-services.ts';
import { fromBase64 } from '../../../core/bytes/base64.ts';
import { keyName } from '../../../core/trust/fingerprint.ts';
import { fitsKey, type JwsAlgorithm } from '../../../core/trust/jws-algorithms.ts';
import type { Role, RootKey } from '../../../core/trust/root.ts';
import { publicKeyFromDer } from '../../../core/trust/subject-public-key.ts';
import { icon } from '../../elements/icons.ts';
import { formatMany } from '../../format.ts';
import { navigate, type Route } from '../../router.ts';
import { HOME, ReleasePage } from './page.ts';
import { endOfDay, inDays, thresholdWords } from './parts.ts';

/** A year: long enough to forget the passphrase of a backup, short enough to notice. */
const ROOT_DAYS = 365;
const JWS: readonly JwsAlgorithm[] = ['RS256', 'ES256', 'ES384', 'Ed25519'];

interface Candidate extends RootKey {
  readonly isOwn: boolean;
  /** In the root file that is followed. */
  readonly wasIn: boolean;
}

type Choice = Readonly<Record<Role | 'stolen', boolean>>;

@customElement('ot-root-form')
class RootForm extends ReleasePage {
  @property({ attribute: false }) rootId = '';
  @state() private choices: ReadonlyMap<string, Choice> = new Map();
  @state() private thresholds: Readonly<Record<Role, number>> = { root: 1, release: 1 };

  get #line(): RootLine | undefined {
    return this.lines.find(({ id }) => id === this.rootId);
  }

  protected override willUpdate(): void {
    const { root } = this.#line?.newest ?? {};
    if (this.choices.size > 0 || !root) return;
    this.choices = new Map(
      root.keys.map(({ fingerprint }) => [
        fingerprint,
        { root: root.roles.root.keys.includes(fingerprint), release: root.roles.release.keys.includes(fingerprint), stolen: false },
      ]),
    );
    this.thresholds = { root: root.roles.root.threshold, release: root.roles.release.threshold };
  }

  get #candidates(): readonly Candidate[] {
    const before = this.#line?.newest.root.keys ?? [];
    const own = new Set(this.ownKeys.map(({ id }) => id));
    const ring = this.keys
      .filter(({ id, status, isWeak }) => status === 'active' && !isWeak && !before.some(({ fingerprint }) => fingerprint === id))
      .map(({ id, name, spki }): Candidate => {
        const publicKey = publicKeyFromDer(fromBase64(spki));
        return { name: keyLabel(name), fingerprint: id, publicKey, isOwn: own.has(id), wasIn: false };
      })
      .filter(({ publicKey }) => JWS.some((algorithm) => fitsKey(algorithm, publicKey)));
    return [...before.map((key) => ({ ...key, isOwn: own.has(key.fingerprint), wasIn: true })), ...ring];
  }

  #choose(fingerprint: string, change: Partial<Choice>): void {
    const next = { ...choiceOf(this.choices, fingerprint), ...change };
    // A stolen key has no say.
    const sound = next.stolen ? { root: false, release: false, stolen: true } : next;
    this.choices = new Map(this.choices).set(fingerprint, sound);
  }

  #chosen(role: Role): readonly Candidate[] {
    return this.#candidates.filter(({ fingerprint }) => choiceOf(this.choices, fingerprint)[role]);
  }

  #threshold(role: Role): number {
    return Math.max(1, Math.min(this.thresholds[role], this.#chosen(role).length));
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const line = this.#line;
    const plan = this.#plan();
    await this.act('make', async () => {
      const { releases } = this.trust;
      const draft = line ? await releases.draftNextRoot(line.id, plan) : await releases.draftRoot(plan);
      navigate({ view: 'releases', page: 'draft', id: draft.id });
    });
  }

  #plan(): RootPlan {
    const field = (id: string) => this.querySelector<HTMLInputElement>(`#${id}`)?.value.trim() ?? '';
    const role = (name: Role) => ({ keys: this.#chosen(name).map(({ fingerprint }) => fingerprint), threshold: this.#threshold(name) });
    const named = this.#candidates.filter(({ fingerprint }) => {
      const { root, release } = choiceOf(this.choices, fingerprint);
      return root || release;
    });
    const stolen = [...this.choices].flatMap(([fingerprint, { stolen }]) => (stolen ? fingerprint : []));
    return {
      name: field('root-name'),
      keys: named.map(({ name, publicKey, fingerprint }) => ({ name, publicKey, fingerprint })),
      roles: { root: role('root'), release: role('release') },
      revoked: [...new Set([...(this.#line?.newest.root.revoked ?? []), ...stolen])],
      expiresAt: endOfDay(field('root-expires')),
    };
  }

  override render() {
    const line = this.#line;
    const back: Route = line ? { view: 'releases', page: 'root', id: line.id } : HOME;
    const candidates = this.#candidates;
    return html`
      ${this.head(line ? `The next root file of ${line.name}` : 'Make a root file', {
        back,
        lead: line
          ? `It follows version ${line.version}: signed by as many keys as that one asks for, and by as many as it asks for itself.`
          : 'It says whose keys may release your firmware, and how many of them have to agree. People compare its fingerprint once.',
      })}
      ${this.errorPlace()} ${candidates.length === 0 ? noKeys() : this.#renderForm(candidates, line)}
    `;
  }

  #renderForm(candidates: readonly Candidate[], line: RootLine | undefined): TemplateResult {
    const isReady = this.#chosen('root').length > 0 && this.#chosen('release').length > 0;
    return html`<form class="stack" @submit=${this.#submit}>
      <section class="sheet" aria-labelledby="root-keys">
        <div>
          <h2 id="root-keys">Keys, and what each may sign</h2>
          <p class="quiet">
            Keep the keys that sign root files apart from those that sign releases: the first are needed once a year, and put right what
            happens to the others. Keys of other people are imported on the page of keys.
          </p>
        </div>
        <div class="table-scroll" tabindex="0" role="region" aria-label="Table of keys">
          <table class="key-table">
            <thead>
              <tr>
                <th scope="col">Key</th>
                <th scope="col">Root files</th>
                <th scope="col">Releases</th>
                ${line ? html`<th scope="col">Stolen</th>` : nothing}
              </tr>
            </thead>
            <tbody>
              ${candidates.map((key) => this.#renderKey(key, line))}
            </tbody>
          </table>
        </div>
      </section>
      <div class="two two-even">
        ${this.#renderThreshold('release', 'Signatures for a release')}
        ${this.#renderThreshold('root', 'Signatures for the next root file')}
      </div>
      <section class="sheet" aria-label="Name and validity">
        <div class="two two-even">
          ${
            line
              ? nothing
              : html`<div class="field">
                  <label for="root-name">What this publisher is called here</label>
                  <input class="input" id="root-name" required maxlength="64" autocomplete="off" placeholder="Greenhouse team" />
                </div>`
          }
          <div class="field">
            <label for="root-expires">Valid until</label>
            <input class="input num" id="root-expires" type="date" required min=${inDays(1)} .value=${inDays(ROOT_DAYS)} />
            <p class="quiet">After that nothing new comes in until the next root file is there.</p>
          </div>
        </div>
        <p class="keys">
          <button class="key key-go" type="submit" ?disabled=${!isReady} aria-busy=${this.isDoing('make')}>
            ${line ? `Write root file ${line.version + 1}` : 'Write the root file'}
          </button>
          ${isReady ? nothing : html`<span class="quiet">Choose at least one key for each of the two.</span>`}
        </p>
      </section>
    </form>`;
  }

  #renderKey({ name, fingerprint, publicKey, isOwn, wasIn }: Candidate, line: RootLine | undefined): TemplateResult {
    const choice = choiceOf(this.choices, fingerprint);
    const box = (what: keyof Choice, label: string, isDisabled = false) =>
      html`<td>
        <label class="tick"
          ><input
            type="checkbox"
            aria-label=${`${name}: ${label}`}
            .checked=${choice[what]}
            ?disabled=${isDisabled}
            @change=${(event: Event) => this.#choose(fingerprint, { [what]: (event.target as HTMLInputElement).checked })}
        /></label>
      </td>`;
    return html`<tr>
      <th scope="row">
        <b>${name}</b><br />
        <span class="quiet">${keyName(publicKey)}, <code>${fingerprint.slice(0, 8)}…</code>${isOwn ? ', signs here' : ''}</span>
      </th>
      ${box('root', 'signs root files', choice.stolen)} ${box('release', 'signs releases', choice.stolen)}
      ${line ? (wasIn ? box('stolen', 'was stolen') : html`<td></td>`) : nothing}
    </tr>`;
  }

  #renderThreshold(role: Role, label: string): TemplateResult {
    const { length } = this.#chosen(role);
    const value = this.#threshold(role);
    return html`<div class="sheet">
      <div class="field">
        <label for=${`threshold-${role}`}>${label}</label>
        <select
          class="input"
          id=${`threshold-${role}`}
          ?disabled=${length === 0}
          @change=${(event: Event) => (this.thresholds = { ...this.thresholds, [role]: Number((event.target as HTMLSelectElement).value) })}
        >
          ${Array.from({ length: Math.max(1, length) }, (_, i) => html`<option value=${i + 1} ?selected=${i + 1 === value}>${i + 1} of ${Math.max(1, length)}</option>`)}
        </select>
        <p class="quiet">${length === 0 ? 'Choose keys above.' : `${formatMany(length, 'key')}. ${thresholdWords(value, length)}`}</p>
      </div>
    </div>`;
  }
}

const NO_CHOICE: Choice = { root: false, release: false, stolen: false };
const choiceOf = (choices: ReadonlyMap<string, Choice>, fingerprint: string): Choice => choices.get(fingerprint) ?? NO_CHOICE;

/** As the root file takes it: one line of at most 64 characters. */
const keyLabel = (name: string): string => name.replaceAll(/\s+/g, ' ').normalize().trim().slice(0, 64).trim() || 'Unnamed';

const noKeys = (): TemplateResult =>
  html`<section class="sheet empty">
    <h2>There is no key to sign with yet</h2>
    <p class="quiet">Make one, or import the public keys of those who will sign. Ed25519 is small and quick; a backup is worth having.</p>
    <p class="keys"><a class="key key-go" href="#/keys">${icon('keys')}Go to the keys</a></p>
  </section>`;

declare global {
  interface HTMLElementTagNameMap {
    'ot-root-form': RootForm;
  }
}
