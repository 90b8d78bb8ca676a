/**
 * `<ot-device-guard>`: whether a device gets any firmware that fits, or only what is trusted; and who refuses the rest: Otter, the device itself,
 * or both.
 *
 * Properties: `services`, `session`.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DeviceState } from '../../../app/model.ts';
import type { AppServices, DeviceSession } from '../../../app/services.ts';
import type { KnownKey } from '../../../core/trust/firmware-signature.ts';
import { Observe } from '../../controllers/observe.ts';
import { deviceAction, refusalOf, runDeviceAction } from '../../device-actions.ts';
import { latestInfo } from '../../device-facts.ts';
import { icon } from '../../elements/icons.ts';
import { LightElement } from '../../elements/light-element.ts';
import { announce } from '../../live-region.ts';
import { keyWords, productWords } from '../../signature-words.ts';
import { guardKeys } from './guard-keys.ts';

/** While it is guarded, the product that it was guarded for. */
const guardedProductOf = (device: DeviceState): string =>
  (device.record.onlyTrusted && device.record.guardedProduct) || latestInfo(device)?.project || '';

@customElement('ot-device-guard')
class DeviceGuard extends LightElement {
  @property({ attribute: false }) services!: AppServices;
  @property({ attribute: false }) session: DeviceSession | undefined;
  /** As the product sees them that runs there. */
  @state() private keys: readonly KnownKey[] | undefined;
  @state() private isBusy = false;

  readonly #device = new Observe(this, () => this.session?.state);
  readonly #jobs = new Observe(this, () => this.services.updates.jobs);
  readonly #elsewhere = new Observe(this, () => this.services.updates.elsewhere);
  #asked = '';
  #end: (() => void) | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end?.();
    this.#end = undefined;
    this.#asked = '';
  }

  /** Only where keys have something to say: nobody else loads them. */
  protected override willUpdate(): void {
    const device = this.#device.value;
    if (!device || !(device.record.onlyTrusted || latestInfo(device)?.signature_required)) return;
    const product = guardedProductOf(device);
    if (product === this.#asked && this.#end) return;
    this.#asked = product;
    void this.#readKeys(product);
  }

  async #readKeys(product: string): Promise<void> {
    // Without the names, fingerprints have to do.
    const trust = await this.services.trust?.().catch(() => undefined);
    if (!trust) return;
    this.#end ??= trust.signatures.version.subscribe(() => void this.#readKeys(this.#asked));
    const keys = await trust.keys.knownKeys(product).catch(() => undefined);
    if (product === this.#asked) this.keys = keys;
  }

  /** The box shows what is, not what was clicked. */
  readonly #toggle = async (event: Event): Promise<void> => {
    const box = event.target as HTMLInputElement;
    box.checked = !box.checked;
    await this.#do((session) => runDeviceAction(deviceAction('guard'), this.services, session));
  };

  readonly #renew = async (): Promise<void> => {
    await this.#do(async (session) => {
      const { id, name } = session.state.value.record;
      try {
        await (await this.services.trust?.())?.guard.setOnlyTrusted(id, true);
        announce(`${name} has the keys of today.`);
      } catch (error) {
        const { showProblem } = await import('../../dialogs/problem-dialog.ts');
        await showProblem(error);
      }
    });
    await this.updateComplete;
    // The button went with what it was for.
    if (document.activeElement === document.body) this.querySelector<HTMLElement>('#takes')?.focus();
  };

  async #do(work: (session: DeviceSession) => Promise<void>): Promise<void> {
    if (this.isBusy || !this.session) return;
    this.isBusy = true;
    try {
      await work(this.session);
    } finally {
      this.isBusy = false;
    }
  }

  override render() {
    const device = this.#device.value;
    if (!device || !this.services.trust) return nothing;
    const { id, onlyTrusted = false } = device.record;
    const refusal = refusalOf(deviceAction('guard'), device, this.#jobs.value?.get(id), this.#elsewhere.value);
    return html`<section class="sheet" aria-labelledby="takes">
      <div class="row-head">
        <h2 id="takes" tabindex="-1">What it takes</h2>
        ${this.#renderSign(device)}
      </div>
      <p>
        <label class="tick">
          <input
            type="checkbox"
            .checked=${onlyTrusted}
            ?disabled=${this.isBusy || typeof refusal === 'string'}
            aria-describedby="takes-words"
            @change=${this.#toggle}
          />
          <span><b>Only trusted firmware</b></span>
        </label>
      </p>
      <p class="quiet" id="takes-words">${this.#words(device)}${typeof refusal === 'string' ? ` ${refusal}` : ''}</p>
      ${this.#renderKeys(device)}
    </section>`;
  }

  #renderSign(device: DeviceState): TemplateResult {
    const isGuarded = device.record.onlyTrusted === true || latestInfo(device)?.signature_required === true;
    return isGuarded
      ? html`<span class="sign">${icon('signed')}Only trusted firmware</span>`
      : html`<span class="sign" data-sign="out">${icon('info')}Any firmware that fits</span>`;
  }

  #words(device: DeviceState): string {
    const info = latestInfo(device);
    const { kind, onlyTrusted } = device.record;
    const product = productWords(guardedProductOf(device));
    const own = this.#ownWords(kind === 'virtual' ? 'board' : 'device', info?.trusted_keys);
    if (!onlyTrusted && info?.signature_required) return `${own} Otter asks nothing more than that.`;
    if (!onlyTrusted) return `Set it, and nothing else goes there than what a key has signed that ${product} trusts.`;
    const page = `Otter gives it only what a key has signed that ${product} trusts, over the air and by cable.`;
    if (info?.signature_required) return `${page} ${own}`;
    return `${page} The device does not say that it looks itself: whoever else reaches it can still send it anything.`;
  }

  #ownWords(who: string, fingerprints: readonly string[] | undefined): string {
    if (!fingerprints) return `The ${who} verifies for itself, with keys that it does not name.`;
    if (fingerprints.length === 0) return `The ${who} checks signatures itself, and has no key: it refuses everything.`;
    const names = fingerprints.map((fingerprint) =>
      keyWords(this.keys?.find((key) => key.fingerprint === fingerprint)?.name ?? fingerprint),
    );
    return `The ${who} verifies for itself, with ${names.join(', ')}.`;
  }

  /** Keys were trusted, or given up, since the board got its own. */
  #renderKeys(device: DeviceState): TemplateResult | typeof nothing {
    const { kind, onlyTrusted } = device.record;
    const there = latestInfo(device)?.trusted_keys;
    if (kind !== 'virtual' || !onlyTrusted || !this.keys || !there) return nothing;
    return guardKeys({ there, keys: this.keys, product: guardedProductOf(device), isBusy: this.isBusy, onRenew: this.#renew });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-device-guard': DeviceGuard;
  }
}
