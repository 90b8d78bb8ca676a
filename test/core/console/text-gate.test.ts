import { expect } from 'chai';
import { TextGate } from '../../../src/core/console/text-gate.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const FRAME = Uint8Array.of(0xc0, 0x01, 0x03, 0x02, 0x00, 0x47, 0x49, 0x4e, 0x55, 0x00, 0x00, 0xc0, 0x0a);

function gate() {
  let text = '';
  const utf8Decoder = new TextDecoder();
  const made = new TextGate((bytes) => (text += utf8Decoder.decode(bytes, { stream: true })));
  return { gate: made, text: () => text };
}

describe('TextGate', () => {
  it('lets everything through until it is shut', () => {
    const { gate: open, text } = gate();
    open.push(utf8('x'));
    open.push(utf8('\ty\n'));
    expect(text()).to.equal('x\ty\n');
  });

  it('keeps back frames, and what happens to be printable in them', () => {
    const { gate: shut, text } = gate();
    shut.shut();
    for (let i = 0; i < 50; i++) shut.push(FRAME);
    expect(text()).to.equal('');
  });

  it('opens at the first line of text, from its first character on, however it is cut', () => {
    for (const cut of [1, 3, 7, 64]) {
      const { gate: shut, text } = gate();
      shut.shut();
      const bytes = Uint8Array.from([...FRAME, 0xc0, 0xfe, ...utf8('ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1\r\n'), 0xe2, 0x82, 0xac]);
      for (let at = 0; at < bytes.length; at += cut) shut.push(bytes.subarray(at, at + cut));
      expect(text()).to.equal('ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1\r\n€');
    }
  });

  it('opens at once after a reset, and forgets what it held', () => {
    const { gate: shut, text } = gate();
    shut.shut();
    shut.push(utf8('GINU'));
    shut.open();
    shut.push(utf8('ok'));
    expect(text()).to.equal('ok');
  });
});
