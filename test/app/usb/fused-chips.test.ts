/** What is burnt into a chip, seen by the whole stack: the session, the real client, and a virtual board on virtual time. */
import { expect } from 'chai';
import { OtterError } from '../../../src/core/errors.ts';
import { USB_MESSAGES } from '../../../src/ui/usb-messages.ts';
import { BoardBench, application } from './board-bench.ts';
import { filesOf } from './usb-doubles.ts';

const APP_AT = 0x10000;
const NVS = { offset: 0x9000, length: 0x5000 };

async function failure(doing: Promise<unknown>): Promise<OtterError> {
  const error = await doing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OtterError)) throw error ?? new Error('nothing was refused');
  return error;
}

async function codeOf(doing: Promise<unknown>): Promise<string> {
  return (await failure(doing)).code;
}

/** Nobody may be left in doubt why: each code has its words. */
const hasWords = (code: string): boolean => Object.hasOwn(USB_MESSAGES, code);

const blocksOf = ({ session }: BoardBench): readonly string[] =>
  session.state.value.plan!.problems.filter(({ severity }) => severity === 'block').map(({ code }) => code);

const changedBytes = (before: Uint8Array, after: Uint8Array): number =>
  before.reduce((sum, byte, at) => sum + Number(byte !== after[at]), 0);

describe('a chip with burnt fuses', function () {
  this.timeout(60_000);

  for (const chip of ['ESP32', 'ESP32-S2', 'ESP32-C3'] as const) {
    for (const withoutStub of [false, true]) {
      it(`${chip}, flash encryption, ${withoutStub ? 'ROM only' : 'stub'}: nothing plain is written, and it says why`, async () => {
        const bench = await BoardBench.start({ chip, fuseFlashEncryption: true });
        const { session } = bench;
        const before = bench.flash();
        await session.connect({ baudRate: 921_600, withoutStub });
        expect(session.state.value.chip!.security).to.deep.equal({ flashEncryption: true, secureBoot: false, secureDownload: false });
        await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0', length: 100_000, chip })]));
        expect(blocksOf(bench)).to.include('ENCRYPTED_FLASH');
        const refused = await failure(session.flash({ full: true, snapshot: 'nothing' }));
        expect([refused.code, refused.details]).to.deep.equal(['PLAN_BLOCKED', { problems: blocksOf(bench) }]);
        expect(await codeOf(session.erase(NVS))).to.equal('CHIP_PROTECTED');
        expect(await codeOf(session.erase('everything'))).to.equal('CHIP_PROTECTED');
        expect(await codeOf(session.selectSlot('ota_0'))).to.equal('CHIP_PROTECTED');
        expect(changedBytes(before, bench.flash())).to.equal(0);
        await session.run();
      });
    }

    it(`${chip}, secure boot: no unsigned image, and the boot loader stays`, async () => {
      const bench = await BoardBench.start({ chip, fuseSecureBoot: true });
      const { session } = bench;
      const before = bench.flash();
      await session.connect({ baudRate: 921_600 });
      expect(session.state.value.chip!.security.secureBoot).to.equal(true);
      await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0', length: 100_000, chip })]));
      expect(blocksOf(bench)).to.deep.equal(['SECURE_BOOT']);
      expect(await codeOf(session.flash({ full: true, snapshot: 'nothing' }))).to.equal('PLAN_BLOCKED');
      for (const range of ['everything', { offset: 0x0000, length: 0x2000 }] as const) {
        const refused = await failure(session.erase(range));
        expect([refused.code, refused.details]).to.deep.equal(['CHIP_PROTECTED', { reason: 'secure-boot' }]);
      }
      expect(changedBytes(before, bench.flash())).to.equal(0);
    });

    it(`${chip}, download mode off: it says so at once, nothing is written, and the console goes on`, async () => {
      const bench = await BoardBench.start({ chip, fuseDownloadDisabled: true });
      const { session } = bench;
      const before = bench.flash();
      const code = await codeOf(session.connect({ baudRate: 921_600 }));
      expect([code, hasWords(code)]).to.deep.equal(['DOWNLOAD_DISABLED', true]);
      expect(session.state.value.connectSteps.filter(({ step }) => step === 'reset').length).to.be.below(3);
      await bench.clock.sleep(3_000);
      expect([...session.console.buffer.textPieces({ timestamps: false })].join('')).to.include('web server started');
      expect(session.console.open.value).to.equal(true);
      expect(changedBytes(before, bench.flash())).to.equal(0);
      await session.close();
    });
  }

  for (const chip of ['ESP32-S2', 'ESP32-S3', 'ESP32-C3'] as const) {
    it(`${chip}, secure download mode: no stub, no read, no erase; what is permitted is written where it belongs`, async () => {
      const bench = await BoardBench.start({ chip, fuseSecureDownload: true });
      const { session } = bench;
      const before = bench.flash();
      await session.connect({ baudRate: 460_800 });
      const { loader, chip: identity, connectSteps } = session.state.value;
      expect([loader, identity!.chip, identity!.security.secureDownload]).to.deep.equal(['secure-download', chip, true]);
      expect(connectSteps.map(({ step }) => step)).not.to.include('stub');
      expect([identity!.revision, identity!.mac, identity!.flash.bytes], 'what nobody may read').to.deep.equal([undefined, '', undefined]);
      expect(identity!.crystalMhz, 'as every one of them has it').to.equal(40);
      const notOffered = [
        () => session.read(NVS),
        () => session.erase(NVS),
        () => session.erase('everything'),
        () => session.selectSlot('ota_0'),
      ];
      for (const ask of notOffered) {
        const code = await codeOf(ask());
        expect(['SECURE_DOWNLOAD', 'CHIP_PROTECTED'], code).to.include(code);
        expect(hasWords(code)).to.equal(true);
      }
      expect(changedBytes(before, bench.flash())).to.equal(0);

      const app = await application({ version: '1.1.0', length: 100_000, chip, minChipRevision: 2 });
      await session.bring(filesOf([`0x${APP_AT.toString(16)}.bin`, app]));
      expect(session.state.value.plan!.problems.map(({ code, severity }) => `${severity} ${code}`)).to.deep.equal([
        'warn SECURE_DOWNLOAD',
        'note CHIP_REVISION',
        'note FLASH_SIZE_UNKNOWN',
      ]);
      const job = await bench.job({ full: false });
      expect([job.outcome, job.problem?.code]).to.deep.equal(['unverified', 'CANNOT_VERIFY']);
      const after = bench.flash();
      expect(changedBytes(app, after.subarray(APP_AT, APP_AT + app.length)), 'the application is there').to.equal(0);
      expect(changedBytes(before.subarray(0, APP_AT), after.subarray(0, APP_AT)), 'nothing before it').to.equal(0);
      const end = APP_AT + Math.ceil(app.length / 0x1000) * 0x1000;
      expect(changedBytes(before.subarray(end), after.subarray(end)), 'nothing behind it').to.equal(0);
    });
  }

  it('keeps plain bytes from a chip with secure download mode and flash encryption', async () => {
    const bench = await BoardBench.start({ chip: 'ESP32-C3', fuseSecureDownload: true, fuseFlashEncryption: true });
    const { session } = bench;
    const before = bench.flash();
    await session.connect({ baudRate: 460_800 });
    await session.bring(filesOf(['0x10000.bin', await application({ version: '1.1.0', length: 100_000, chip: 'ESP32-C3' })]));
    expect(blocksOf(bench)).to.deep.equal(['ENCRYPTED_FLASH']);
    expect(await codeOf(session.flash({ full: true, snapshot: 'nothing' }))).to.equal('PLAN_BLOCKED');
    expect(changedBytes(before, bench.flash())).to.equal(0);
  });

  it('knows that the ESP32 has no secure download mode', async () => {
    const bench = await BoardBench.start({ chip: 'ESP32', fuseSecureDownload: true });
    await bench.session.connect({ baudRate: 921_600 });
    expect([bench.session.state.value.loader, bench.session.state.value.chip!.security.secureDownload]).to.deep.equal(['stub', false]);
  });
});
