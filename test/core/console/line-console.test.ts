import { expect } from 'chai';
import type { ConsoleTrouble } from '../../../src/core/console/console-buffer.ts';
import { LineConsole, MOST_LINE_BYTES } from '../../../src/core/console/line-console.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import { concat, utf8 } from '../image/builders.ts';

const AT = Date.UTC(2026, 0, 1);
const texts = (buffer: LineConsole): readonly string[] =>
  Array.from({ length: buffer.length }, (_, index) => buffer.line(buffer.firstNumber + index)!.text);

function consoleOf(...chunks: readonly (string | Uint8Array)[]): LineConsole {
  const buffer = new LineConsole();
  for (const chunk of chunks) buffer.push(typeof chunk === 'string' ? utf8(chunk) : chunk, AT);
  return buffer;
}

const lines = (...chunks: readonly (string | Uint8Array)[]) => texts(consoleOf(...chunks));

describe('LineConsole: a start that is wanted', () => {
  it('ends the troubles of what ran before, and keeps its lines', () => {
    const buffer = consoleOf("Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.\n");
    buffer.note('unplugged', AT);
    expect(buffer.troubles).to.have.length(1);
    buffer.note('start', AT, true);
    expect(buffer.troubles).to.deep.equal([]);
    expect(texts(buffer)).to.have.length(3);
  });
});

describe('LineConsole: lines', () => {
  it('ends lines at LF and CRLF, also when they come in pieces', () => {
    expect(lines('one\ntwo\r\n\nfour')).to.deep.equal(['one', 'two', '', 'four']);
    expect(lines('one\r', '\ntw', 'o\r\n', '\r', '\n')).to.deep.equal(['one', 'two', '']);
  });

  it('shows a line that is begun, and counts it', () => {
    const buffer = consoleOf('done\nbeg');
    expect(buffer.length).to.equal(2);
    expect(buffer.line(1)!.text).to.equal('beg');
    buffer.push(utf8('un\n'), AT);
    expect(buffer.length).to.equal(2);
    expect(buffer.line(1)!.text).to.equal('begun');
  });

  it('overwrites after a lone CR, as progress lines want it', () => {
    expect(lines(' 5 %\r 50 %\r100 %\n')).to.deep.equal(['100 %']);
    expect(lines('abcdef\rXY\n')).to.deep.equal(['XYcdef']);
    expect(lines('abcdef\r\u001b[KXY\n')).to.deep.equal(['XY']);
    expect(lines('abcdef\u001b[2Kx')).to.deep.equal(['x']);
    expect(lines('abd\bc\r\r\n')).to.deep.equal(['abc']);
  });

  it('does not grow with a progress line that never ends', () => {
    const buffer = new LineConsole();
    for (let step = 0; step <= 10_000; step++) buffer.push(utf8(`\rwriting ${String(step).padStart(5)} of 10000`), AT);
    expect(texts(buffer)).to.deep.equal(['writing 10000 of 10000']);
  });

  it('puts UTF-8 together that was cut between chunks, and says where it is broken', () => {
    const bytes = utf8('grün 温度 🦦 ok\n');
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(lines(bytes.subarray(0, cut), bytes.subarray(cut))).to.deep.equal(['grün 温度 🦦 ok']);
    expect(lines(Uint8Array.of(0x61, 0xff, 0x62, 0x0a))).to.deep.equal(['a\ufffdb']);
  });

  it('leaves NUL, bell and other controls out, and keeps tabs', () => {
    expect(lines('a\0\0b\u0007\tc\u007f\n')).to.deep.equal(['ab\tc']);
  });

  it('cuts a very long line at 4 KB, but no character', () => {
    const text = '温'.repeat(4000);
    const all = lines(text, '\nnext\n');
    expect(all.join('')).to.equal(`${text}next`);
    expect(all.length).to.equal(4);
    for (const line of all) expect(utf8(line).length).to.be.at.most(MOST_LINE_BYTES);
  });

  it('gives a line the time of its first byte, and numbers that stay', () => {
    const buffer = new LineConsole({ lines: 3, bytes: 16_384 });
    ['a', 'b\n', 'c\n', 'd\n', 'e\n', 'f\n'].forEach((text, index) => buffer.push(utf8(text), AT + index));
    expect(buffer.firstNumber).to.equal(2);
    expect(texts(buffer)).to.deep.equal(['d', 'e', 'f']);
    expect(buffer.line(2)).to.include({ number: 2, at: AT + 3, from: 'chip' });
    expect(buffer.line(1)).to.equal(undefined);
    expect(consoleOf('ab', '\n').line(0)!.at).to.equal(AT);
  });

  it('keeps what was typed and noted apart from what the chip says', () => {
    const buffer = consoleOf('half');
    buffer.sent('help\r\n', AT + 1);
    buffer.note('reset', AT + 2);
    buffer.push(utf8('hello\n'), AT + 3);
    expect(Array.from({ length: 4 }, (_, i) => [buffer.line(i)!.from, buffer.line(i)!.text])).to.deep.equal([
      ['chip', 'half'],
      ['sent', 'help'],
      ['note', 'reset'],
      ['chip', 'hello'],
    ]);
    expect([...buffer.textPieces({ timestamps: false })].join('')).to.equal('half\n> help\n-- reset\nhello\n');
    expect([...buffer.textPieces({ timestamps: true })].join('').split('\n')[0]).to.equal('2026-01-01T00:00:00.000Z half');
  });

  it('becomes text in pieces, of what is still there', () => {
    const buffer = new LineConsole({ lines: 100_000, bytes: 1024 * 1024 });
    for (let line = 0; line < 10_000; line++) buffer.push(utf8(`${line}: ${'x'.repeat(60)}\n`), AT);
    const pieces = [...buffer.textPieces({ timestamps: false })];
    expect(pieces.length).to.be.greaterThan(2);
    expect(pieces.join('').split('\n').length).to.equal(10_001);
    const reading = buffer.textPieces({ timestamps: false });
    reading.next();
    for (let line = 0; line < 30_000; line++) buffer.push(utf8(`later ${'y'.repeat(60)}\n`), AT);
    expect([...reading].join('')).to.not.include('undefined');
  });

  it('forgets on request, and goes on counting', () => {
    const buffer = consoleOf('one\ntwo\nthr');
    buffer.clear();
    expect(buffer.length).to.equal(0);
    buffer.push(utf8('ee\n'), AT);
    expect([buffer.firstNumber, ...texts(buffer)]).to.deep.equal([2, 'ee']);
  });
});

describe('LineConsole: memory', () => {
  it('keeps the newest lines within its bytes, whatever their lengths', async () => {
    await withSeed(SEED, (random) => {
      const buffer = new LineConsole({ lines: 50, bytes: 20_000 });
      const written: string[] = [];
      for (let round = 0; round < 2000; round++) {
        const text = String.fromCharCode(97 + random.below(26)).repeat(random.below(random.below(4) === 0 ? 4000 : 80));
        written.push(text);
        const bytes = utf8(`${text}\n`);
        const cut = random.below(bytes.length + 1);
        buffer.push(bytes.subarray(0, cut), round);
        buffer.push(bytes.subarray(cut), round);
        const kept = texts(buffer);
        expect(kept).to.deep.equal(written.slice(written.length - kept.length));
        expect(kept.length).to.be.within(Math.min(4, written.length), 50);
        expect(kept.reduce((sum, line) => sum + line.length, 0)).to.be.at.most(20_000);
      }
    });
  });

  it('survives bytes of every kind', async () => {
    await withSeed(SEED, (random) => {
      const buffer = new LineConsole({ lines: 100, bytes: 8192 });
      for (let round = 0; round < 500; round++) {
        buffer.push(random.bytes(random.below(600)), round);
        if (random.below(20) === 0) buffer.sent('x\u001b[', round);
        for (const text of texts(buffer)) expect(text).not.to.match(/[\u0000-\u0008\u000b-\u001f]/); // oxlint-disable-line no-control-regex
      }
      expect([...buffer.textPieces({ timestamps: true })].join('')).to.be.a('string');
    });
  });

  it('takes 10 MB of coloured log, far faster than any line brings it', () => {
    const line = '\u001b[0;32mI (123456) wifi: state: auth -> assoc (0x0), heap 203412 bytes free\u001b[0m\r\n';
    const megabyte = utf8(line.repeat(Math.ceil(1_000_000 / line.length)));
    const buffer = new LineConsole();
    const started = Date.now();
    for (let round = 0; round < 10; round++)
      for (let at = 0; at < megabyte.length; at += 4096) buffer.push(megabyte.subarray(at, at + 4096), round);
    const ms = Math.max(1, Date.now() - started);
    console.log(`console: ${((10 * megabyte.length) / 1000 / ms).toFixed(0)} MB/s`);
    expect((10 * megabyte.length) / ms / 1000, 'MB/s').to.be.greaterThan(5);
    expect(buffer.line(buffer.firstNumber + buffer.length - 1)!.text).to.equal(
      'I (123456) wifi: state: auth -> assoc (0x0), heap 203412 bytes free',
    );
  });

  it('keeps at most 200,000 lines', () => {
    const buffer = new LineConsole();
    const chunk = utf8('x\n'.repeat(10_000));
    for (let round = 0; round < 25; round++) buffer.push(chunk, round);
    expect([buffer.length, buffer.firstNumber]).to.deep.equal([200_000, 50_000]);
  });
});

describe('LineConsole: troubles', () => {
  const kinds = (buffer: LineConsole) => buffer.troubles.map(({ kind }) => kind);
  const after = (...text: readonly string[]) => consoleOf(`${text.join('\r\n')}\r\n`).troubles;

  it('sees none in an ordinary boot', () => {
    const log = ['ets Jul 29 2019 12:21:46', '', 'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)', 'configsip: 0, SPIWP:0xee', 'entry 0x400805e4', '\u001b[0;32mI (29) boot: ESP-IDF v5.2.2 2nd stage bootloader\u001b[0m', '\u001b[0;31mE (300) wifi: no abort() was called here\u001b[0m', 'I (1) app: Task watchdog got nothing']; // prettier-ignore
    expect(after(...log)).to.deep.equal([]);
  });

  it('reads the reason of a panic', () => {
    const reasons: Readonly<Record<string, string>> = {
      "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.": 'LoadProhibited',
      "Guru Meditation Error: Core  1 panic'ed (Interrupt wdt timeout on CPU1). ": 'Interrupt wdt timeout on CPU1',
      'Debug exception reason: Stack canary watchpoint triggered (main) ': 'Stack canary watchpoint triggered (main)',
      'abort() was called at PC 0x400d1234 on core 0': 'abort() was called at PC 0x400d1234 on core 0',
      'assert failed: xQueueSemaphoreTake queue.c:1545 (( pxQueue ))': 'assert failed: xQueueSemaphoreTake queue.c:1545 (( pxQueue ))',
      '***ERROR*** A stack overflow in task sensor has been detected.': 'A stack overflow in task sensor has been detected.',
    };
    for (const [line, reason] of Object.entries(reasons)) {
      expect(after('x', line), line).to.deep.equal([{ kind: 'panic', line: 1, reason }]);
    }
  });

  it('recognises brown-outs, watchdogs, and that a table or an application is missing, with and without colour', () => {
    const expected: readonly (readonly [string, ConsoleTrouble['kind']])[] = [
      ['Brownout detector was triggered', 'brown-out'],
      ['\u001b[0;31mE (812) BOD: Brownout detector was triggered\u001b[0m', 'brown-out'],
      ['rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)', 'brown-out'],
      ['rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)', 'watchdog'],
      ['rst:0x7 (TG0WDT_SYS_RST),boot:0xc (SPI_FAST_FLASH_BOOT)', 'watchdog'],
      [
        '\u001b[0;31mE (10303) task_wdt: Task watchdog got triggered. The following tasks did not reset the watchdog in time:\u001b[0m',
        'watchdog',
      ],
      ['invalid header: 0xffffffff', 'no-bootloader'],
      ['E (78) boot: No bootable app partitions in the partition table', 'no-app'],
      ['E (61) boot: Failed to verify partition table', 'no-table'],
      ['\u001b[0;31mE (61) flash_parts: partition 0 invalid magic number 0xffff\u001b[0m', 'no-table'],
      ['E (88) boot: load partition table error!', 'no-table'],
      ['flash read err, 1000', 'no-bootloader'],
      ['csum err:0x9a!=0x5f', 'no-bootloader'],
      ['Checksum failure. Calculated 0x8e stored 0xde', 'no-bootloader'],
    ];
    for (const [line, kind] of expected) expect(kinds(consoleOf(`${line}\r\n`)), line).to.deep.equal([kind]);
  });

  it('blames no task where the ROM found nothing to start and its watchdog started it again', () => {
    const reset = 'rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n';
    const blank = `${reset}${'invalid header: 0xffffffff\n'.repeat(3)}ets Jul 29 2019 12:21:46\n`;
    const blankBoard = consoleOf(blank.repeat(2));
    expect(blankBoard.troubles).to.deep.equal([{ kind: 'no-bootloader', line: 8, isBlank: true }]);
    const mended = consoleOf(`${reset}invalid header: 0x12345678\n${reset}I (1) main: hello\n${reset}`);
    expect(kinds(mended), 'the last one ended a run').to.have.members(['no-bootloader', 'boot-loop', 'watchdog']);
  });

  it('calls three resets in a short time a boot loop, and counts on', () => {
    const buffer = new LineConsole();
    const reset = utf8('rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n');
    [0, 4000].forEach((ms) => buffer.push(reset, AT + ms));
    expect(kinds(buffer)).to.deep.equal([]);
    [8000, 12_000].forEach((ms) => buffer.push(reset, AT + ms));
    expect(buffer.troubles).to.deep.equal([{ kind: 'boot-loop', line: 3, resets: 4 }]);
  });

  it('takes no slow resets, none into download mode and none that the app made for a loop', () => {
    const buffer = new LineConsole();
    const reset = 'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n';
    for (let round = 0; round < 5; round++) buffer.push(utf8(reset), AT + round * 30_000);
    for (let round = 0; round < 5; round++)
      buffer.push(utf8('rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\n'), AT + 300_000);
    for (let round = 0; round < 5; round++) {
      buffer.note('reset', AT + 400_000);
      buffer.push(utf8(reset), AT + 400_000);
    }
    expect(kinds(buffer)).to.deep.equal([]);
  });

  it('recognises them when they come byte by byte', () => {
    const buffer = new LineConsole();
    for (const byte of utf8('\r\nBrownout detector was triggered\r\n')) buffer.push(Uint8Array.of(byte), AT);
    expect(buffer.troubles).to.deep.equal([{ kind: 'brown-out', line: 1 }]);
  });

  it('keeps the newest of each kind, and forgets them when cleared', () => {
    const buffer = consoleOf('abort() was called at PC 0x1 on core 0\nflash read err, 1000\nabort() was called at PC 0x2 on core 0\n');
    expect(buffer.troubles.map(({ kind, line }) => [kind, line])).to.deep.equal([['no-bootloader', 1], ['panic', 2]]); // prettier-ignore
    buffer.clear();
    expect(buffer.troubles).to.deep.equal([]);
  });

  it('notices the wrong baud rate, and takes no foreign script for it', async () => {
    await withSeed(SEED, (random: Random) => {
      const buffer = new LineConsole();
      for (let round = 0; round < 40; round++) buffer.push(random.bytes(10), AT);
      expect(kinds(buffer)).to.include('garbage');
    });
    expect(kinds(consoleOf('温度 21 °C, влажность 40 %\r\n'.repeat(50)))).to.deep.equal([]);
    expect(kinds(consoleOf('\u001b[0;32mI (1) a: b\u001b[0m\r\n\t'.repeat(50)))).to.deep.equal([]);
    expect(kinds(consoleOf(concat(new Uint8Array(8), utf8('ordinary text '.repeat(40)))))).to.deep.equal([]);
  });
});
