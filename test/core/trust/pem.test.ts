import { expect } from 'chai';
import { findPem, isPem, toPem } from '../../../src/core/trust/pem.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import { trustErrorOf } from './trust-errors.ts';

const block = (label: string, ...lines: string[]) => [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n');

describe('PEM', () => {
  it('is read as it is written, whatever the length', () =>
    withSeed(SEED, (random: Random) => {
      for (let length = 0; length < 200; length++) {
        const bytes = random.bytes(length);
        const text = toPem('PUBLIC KEY', bytes);
        expect(isPem(text)).to.equal(true);
        expect(findPem(text, ['PUBLIC KEY'])).to.deep.equal({ label: 'PUBLIC KEY', bytes });
        for (const line of text.split('\n')) expect(line.length).to.be.at.most(64);
      }
    }));

  it('may have any line ends, any width, and text around and between', () => {
    const text = `Subject: x\r\n\r\n${block('A', 'AQ', 'I=')}\rtext\n  ${block('B', ' AwQ= ')}\n-----END C-----\nmore`;
    expect(findPem(text, ['A']).bytes).to.deep.equal(Uint8Array.of(1, 2));
    expect(findPem(text, ['B']).bytes).to.deep.equal(Uint8Array.of(3, 4));
  });

  it('gives the first block with one of the labels, and does not mind what is wrong behind it', () => {
    const text = [block('A', 'AQ=='), block('B', 'Ag=='), block('A', '***'), '-----BEGIN A-----'].join('\n');
    expect(findPem(text, ['C', 'B']).label).to.equal('B');
    expect(findPem(text, ['B', 'A']).bytes).to.deep.equal(Uint8Array.of(1));
  });

  for (const [what, text, rule] of [
    ['no block', 'text', /must have a line -----BEGIN/],
    ['a block without an end', '-----BEGIN A-----\nAQ==', /must have a line -----END A-----/],
    ['a block that ends as another', '-----BEGIN A-----\nAQ==\n-----END B-----', /A must not end as B/],
    ['a block in a block', `-----BEGIN A-----\n${block('B', 'AQ==')}`, /A must end before B begins/],
    ['characters that are none of base64', block('A', 'AQ*='), /must be base64/],
    ['base64 without padding', block('A', 'AQ'), /must be base64/],
    ['base64 with stray bits', block('A', 'AR=='), /must be base64/],
    ['a space in a line', block('A', 'A Q=='), /must be base64/],
    ['headers', block('A', 'Comment: hello', '', 'AQ=='), /must have none/],
  ] as const) {
    it(`with ${what} is refused`, async () => {
      const { code, details } = await trustErrorOf(() => findPem(text, ['A']));
      expect(code).to.equal('KEY_MALFORMED');
      expect(details.rule).to.match(rule);
    });
  }

  it('with other labels only is refused under the first of them', async () => {
    const { code, details } = await trustErrorOf(() => findPem(block('OPENSSH PRIVATE KEY', 'AQ=='), ['A']));
    expect([code, details.found]).to.deep.equal(['KEY_UNSUPPORTED', 'OPENSSH PRIVATE KEY']);
  });

  for (const [headers, found] of [
    [['Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-256-CBC,0011'], 'AES-256-CBC'],
    [['Proc-Type: 4, ENCRYPTED', 'DEK-Info: <script>'], 'Proc-Type: 4,ENCRYPTED'],
    [['Proc-Type: 4,ENCRYPTED'], 'Proc-Type: 4,ENCRYPTED'],
  ] as const) {
    it(`with the headers ${headers.join(' and ')} is refused as ${found}`, async () => {
      const { code, details } = await trustErrorOf(() => findPem(block('A', ...headers, '', 'AQ=='), ['A']));
      expect([code, details.found]).to.deep.equal(['KEY_ENCRYPTION_UNSUPPORTED', found]);
    });
  }

  it('takes a time that grows with the file, not faster', async () => {
    const started = performance.now();
    const hostile = [
      '-----BEGIN A-----\n'.repeat(12_000),
      '-'.repeat(250_000),
      `-----BEGIN ${'A '.repeat(120_000)}`,
      `${'a: '.repeat(80_000)}\n`,
    ];
    for (const text of hostile) await trustErrorOf(() => findPem(text, ['A']));
    for (const text of hostile) await trustErrorOf(() => findPem(block('A', text), ['A']));
    expect(performance.now() - started).to.be.below(1000);
  });
});
