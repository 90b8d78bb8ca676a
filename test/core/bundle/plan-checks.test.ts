import { expect } from 'chai';
import { planFlash } from '../../../src/core/bundle/plan.ts';
import type { ResolvedPart } from '../../../src/core/bundle/model.ts';
import type { FlashTarget, PlanChoices, PlanProblem } from '../../../src/core/bundle/plan-model.ts';
import { planProblemWords } from '../../../src/ui/plan-words.ts';
import { MOVED_ROWS } from '../image/builders.ts';
import {
  MIB,
  TABLE,
  appBytes,
  bootloaderBytes,
  buildOf,
  dataPart,
  imagePart,
  otadataOf,
  otadataPart,
  tablePart,
  targetOf,
} from './plan-fixtures.ts';

async function problemsOf(
  parts: readonly ResolvedPart[],
  target: Partial<FlashTarget> = {},
  choices: PlanChoices = {},
): Promise<readonly PlanProblem[]> {
  return (await planFlash(buildOf(...parts), targetOf(target), choices)).problems;
}

const app = async (change?: Parameters<typeof appBytes>[0], offset = 0x10000) => imagePart('app', offset, await appBytes(change));
const security = (change: Partial<FlashTarget['security']>): Partial<FlashTarget> => ({
  security: { flashEncryption: false, secureBoot: false, secureDownload: false, ...change },
});
const brief = (problems: readonly PlanProblem[]): readonly string[] => problems.map(({ code, severity }) => `${severity} ${code}`);

describe('the problems of a plan', () => {
  it('blocks an image for another chip, and a build that states another', async () => {
    const problems = await problemsOf([await app({ chip: 'ESP32-C3' })]);
    expect(problems).to.deep.include({
      code: 'WRONG_CHIP',
      severity: 'block',
      facts: { part: 'app.bin', expected: 'ESP32-C3', found: 'ESP32' },
    });
    const stated = await planFlash({ chip: 'ESP32-S3', parts: [dataPart('data', 0x300000, 10)] }, targetOf(), { keep: [] });
    expect(brief(stated.problems)).to.deep.equal(['block WRONG_CHIP']);
  });

  it('blocks an image that needs a later revision, warns of one for earlier ones', async () => {
    expect(brief(await problemsOf([await app({ minChipRevision: 302 })]))).to.deep.equal(['block CHIP_REVISION']);
    expect(brief(await problemsOf([await app({ maxChipRevision: 299 })]))).to.deep.equal(['warn CHIP_REVISION']);
  });

  it('only notes what an image asks of a chip that does not tell its revision', async () => {
    const unknown = { revision: undefined };
    const [problem] = await problemsOf([await app({ minChipRevision: 3, maxChipRevision: 199 })], unknown);
    expect(problem).to.deep.equal({ code: 'CHIP_REVISION', severity: 'note', facts: { part: 'app.bin', least: 3, most: 199 } });
    expect(planProblemWords(problem!).why).to.include('v0.3').and.include('v1.99').and.not.include('this is');
    expect(brief(await problemsOf([await app({ minChipRevision: 302 })], unknown))).to.deep.equal(['note CHIP_REVISION']);
    expect(brief(await problemsOf([await app()], unknown))).to.deep.equal([]);
  });

  it('blocks parts that overlap, and names how much', async () => {
    const problems = await problemsOf([dataPart('data', 0x300000, 0x1001), dataPart('data', 0x301000, 8)], {}, { keep: [] });
    expect(problems[0]).to.deep.include({ code: 'PARTS_OVERLAP', severity: 'block' });
    expect(problems[0]!.facts).to.include({ offset: 0x301000, bytes: 1 });
  });

  it('blocks what is too large for its partition, for the place of the boot loader, or for the flash', async () => {
    const large = await problemsOf([await app({ bytes: 0x140000 })]);
    expect(large[0]!.facts).to.include({ partition: 'app0', room: 0x140000 });
    expect(brief(large)).to.include('block PART_TOO_LARGE');
    const bootloader = await imagePart('bootloader', 0x1000, await bootloaderBytes({ bytes: 0x7000 }));
    expect(brief(await problemsOf([bootloader]))).to.deep.equal(['block PART_TOO_LARGE']);
    expect(brief(await problemsOf([dataPart('data', 0x3ff000, 0x1001)]))).to.deep.equal(['block BEYOND_FLASH']);
  });

  it('blocks an application over boot loader and table, kept partitions or not, and asks for a word for anything else there', async () => {
    const lost = async (...wish: Parameters<typeof problemsOf>) =>
      (await problemsOf(...wish))
        .filter(({ code }) => code === 'BOOT_CHAIN_OVERWRITTEN')
        .map(({ severity, facts }) => `${severity} ${facts['lost']}`);
    const low = await app({ bytes: 121_000 }, 0x1000);
    expect(await lost([low])).to.deep.equal(['block bootloader,partition-table']);
    expect(await lost([low], {}, { keep: [] })).to.deep.equal(['block bootloader,partition-table']);
    expect(await lost([await app({}, 0x10000)])).to.deep.equal([]);
    expect(await lost([dataPart('data', 0x8000, 16)])).to.deep.equal(['warn partition-table']);
    expect(await lost([tablePart(TABLE, { offset: 0x1000 })]), 'one at the place of the other').to.deep.equal(['warn bootloader']);
    expect(await lost([await imagePart('bootloader', 0x8000, await bootloaderBytes())], {}, { keep: [] })).to.include(
      'warn partition-table',
    );
    const { partitions: _, ...blank } = targetOf({ hasBootloader: false });
    expect(await lost([low], { ...blank, partitions: [] })).to.deep.equal([]);
    const [problem] = await problemsOf([low], {}, { keep: [] });
    expect(planProblemWords(problem!).why).to.include('the boot loader and the partition table');
  });

  it('gives the boot loader the room in front of a table that was moved, of the bundle or of the chip', async () => {
    const partitions = MOVED_ROWS.map((row) => ({ flags: 0, ...row }));
    const moved = tablePart(partitions, { offset: 0x10000 });
    const bootloader = async (bytes: number) => imagePart('bootloader', 0x1000, await bootloaderBytes({ bytes }));
    const blank = { partitions: [] };
    expect(brief(await problemsOf([await bootloader(0x9000), moved], blank))).to.deep.equal(['note TABLE_CHANGES']);
    expect(brief(await problemsOf([await bootloader(0x9000)], { partitions, tableOffset: 0x10000 }))).to.deep.equal([]);
    const tooLarge = (await problemsOf([await bootloader(0xf000), moved], blank)).find(({ code }) => code === 'PART_TOO_LARGE');
    expect(tooLarge!.facts).to.include({ partition: 'bootloader', room: 0xf000 });
  });

  it('warns when the boot loader or the table asks for more flash than there is', async () => {
    const parts = [await imagePart('bootloader', 0x1000, await bootloaderBytes({ flashSize: '8MB' }))];
    const [problem] = await problemsOf(parts);
    expect(problem).to.deep.equal({
      code: 'FLASH_SIZE',
      severity: 'warn',
      facts: { part: 'bootloader.bin', stated: 8 * MIB, flashBytes: 4 * MIB },
    });
    const { problems } = await planFlash(
      { ...buildOf(...parts), settings: { mode: 'keep', frequency: 'keep', size: 'detect' } },
      targetOf(),
    );
    expect(problems, 'patched to what was detected').to.deep.equal([]);
    expect(brief(await problemsOf([await app()], { flashBytes: 2 * MIB }))).to.deep.equal(['warn FLASH_SIZE']);
    expect(brief(await problemsOf([await app()], { flashBytes: undefined }))).to.deep.equal(['note FLASH_SIZE_UNKNOWN']);
  });

  it('blocks plain bytes for an encrypted flash', async () => {
    const encrypted = security({ flashEncryption: true });
    expect(brief(await problemsOf([await app()], encrypted))).to.deep.equal(['block ENCRYPTED_FLASH']);
    const cipher = dataPart('data', 0x10000, 0x1000, { content: { kind: 'encrypted', entropyBits: 7.99 } });
    expect(brief(await problemsOf([cipher], encrypted))).to.deep.equal([]);
    const cipherApp = { ...cipher, role: 'app' } as const;
    expect(brief(await problemsOf([cipherApp], encrypted))).to.deep.equal([]);
    expect(brief(await problemsOf([cipherApp])), 'and the other way round').to.deep.equal(['warn IMAGE_ENCRYPTED']);
    expect(brief(await problemsOf([cipher]))).to.deep.equal([]);
  });

  it('notes what its build wants encrypted, and is written as it is', async () => {
    const marked = [{ ...(await app()), encrypted: true }];
    expect(await problemsOf(marked)).to.deep.equal([{ code: 'WRITTEN_PLAIN', severity: 'note', facts: { parts: 'app.bin' } }]);
    expect(brief(await problemsOf(marked, security({ flashEncryption: true })))).to.deep.equal(['block ENCRYPTED_FLASH']);
    const cipher = { content: { kind: 'encrypted', entropyBits: 7.99 }, encrypted: true } as const;
    expect(brief(await problemsOf([dataPart('data', 0x300000, 0x1000, cipher)], {}, { keep: [] }))).to.deep.equal([]);
  });

  it('blocks erasing an encrypted flash, whatever is written, but not letting go of the boot choice', async () => {
    const encrypted = security({ flashEncryption: true });
    const cipher = dataPart('data', 0x300000, 0x1000, { content: { kind: 'encrypted', entropyBits: 7.99 } });
    const problems = await problemsOf([cipher], encrypted, { eraseAll: true });
    expect(problems[0]).to.deep.equal({ code: 'ENCRYPTED_FLASH', severity: 'block', facts: { operation: 'erase' } });
    expect(brief(await problemsOf([cipher], encrypted, { resetOtadata: true, keep: [] }))).to.deep.equal([]);
  });

  const signed = (part: ResolvedPart, version: 1 | 2 = 2): ResolvedPart => {
    if (!('image' in part.content)) throw new Error('no image');
    const scheme = version === 2 ? 'RSA-3072-PSS' : 'ECDSA-P256';
    return { ...part, content: { ...part.content, image: { ...part.content.image, secureBoot: [{ version, scheme, offset: 0 }] } } };
  };
  const bootloader = async (offset = 0x1000) => imagePart('bootloader', offset, await bootloaderBytes());
  const secureBootOf = async (part: ResolvedPart, change: Partial<FlashTarget['security']> = {}) =>
    (await problemsOf([part], security({ secureBoot: true, ...change })))
      .filter(({ code }) => code === 'SECURE_BOOT')
      .map(({ severity, facts }) => `${severity} ${facts['reason']}`);

  it('blocks what is not signed under secure boot, and leaves it to a person whether the key is that of the chip', async () => {
    expect(await secureBootOf(await app())).to.deep.equal(['block unsigned']);
    expect(await secureBootOf(signed(await app()))).to.deep.equal(['warn key-unknown']);
    expect(await secureBootOf(await bootloader())).to.deep.equal(['block unsigned']);
    expect(await secureBootOf(signed(await bootloader()))).to.deep.equal(['warn bootloader-key-unknown']);
    expect(await secureBootOf(signed(await bootloader(0)), {}), 'where the chip does not look').to.deep.equal(['block bootloader']);
  });

  it('asks for a word where it cannot see whether an application is signed', async () => {
    const cipher = { role: 'app', content: { kind: 'encrypted', entropyBits: 7.99 } } as const;
    expect(await secureBootOf(dataPart('data', 0x10000, 0x1000, cipher))).to.deep.equal(['warn not-seen']);
    expect(await secureBootOf(dataPart('data', 0x10000, 0x1000, cipher), { flashEncryption: true })).to.deep.equal(['warn not-seen']);
    expect(await secureBootOf(dataPart('filesystem', 0x290000, 0x1000))).to.deep.equal([]);
  });

  it('blocks every boot loader under the first version of secure boot', async () => {
    const first = { secureBootV1: true } as const;
    for (const version of [1, 2] as const) {
      expect(await secureBootOf(signed(await bootloader(), version), first)).to.deep.equal(['block bootloader']);
    }
    expect(await secureBootOf(signed(await app(), 1), first)).to.deep.equal(['warn key-unknown']);
    expect(await secureBootOf(signed(await app(), 2), first)).to.deep.equal(['block unsigned']);
    expect(await secureBootOf(signed(await app(), 1)), 'and the other way round').to.deep.equal(['block unsigned']);
  });

  it('blocks whatever reaches what a chip with secure boot starts with', async () => {
    const fused = security({ secureBoot: true });
    const reasons = async (...wish: Parameters<typeof problemsOf>) =>
      (await problemsOf(...wish)).flatMap(({ severity, facts }) => (severity === 'block' ? [facts.reason ?? facts.operation] : []));
    expect(await reasons([dataPart('data', 0x300000, 10)], fused, { keep: [] })).to.deep.equal([]);
    expect(await reasons([dataPart('data', 0x300000, 10)], fused, { eraseAll: true })).to.deep.equal(['erase']);
    expect(await reasons([dataPart('data', 0, 0x2000)], fused)).to.deep.equal(['bootloader']);
    const behindUsualTable = [dataPart('data', 0x9000, 0x2000)];
    expect(await reasons(behindUsualTable, fused, { keep: [] })).to.deep.equal([]);
    expect(await reasons(behindUsualTable, { ...fused, tableOffset: 0x10000 }, { keep: [] })).to.deep.equal(['bootloader']);
  });

  it('says what a chip in secure download mode cannot do', async () => {
    const secure = security({ secureDownload: true });
    expect(brief(await problemsOf([await app()], secure))).to.deep.equal(['warn SECURE_DOWNLOAD']);
    for (const choices of [{ eraseAll: true }, { resetOtadata: true }])
      expect(brief(await problemsOf([await app()], secure, choices))).to.include('block SECURE_DOWNLOAD');
  });

  it('blocks a damaged image', async () => {
    const bytes = await appBytes();
    bytes[5000]! ^= 1;
    expect(brief(await problemsOf([await imagePart('app', 0x10000, bytes)]))).to.deep.equal(['block DAMAGED_IMAGE']);
    const cut = await imagePart('app', 0x10000, bytes.slice(0, 9000));
    expect((await problemsOf([cut]))[0]).to.deep.include({ code: 'DAMAGED_IMAGE', severity: 'block' });
  });

  it('warns when nothing would start: no boot loader, or one where the chip does not look', async () => {
    expect(brief(await problemsOf([await app()], { hasBootloader: false }))).to.deep.equal(['warn NO_BOOTLOADER']);
    expect(brief(await problemsOf([await app()], {}, { eraseAll: true }))).to.deep.equal(['warn NO_BOOTLOADER', 'warn NO_PARTITION_TABLE']);
    const misplaced = await imagePart('bootloader', 0, await bootloaderBytes());
    expect((await problemsOf([misplaced]))[0]!.facts).to.deep.equal({ expected: 0x1000, found: 0 });
  });

  it('warns when an application comes without a table, on the chip or in the bundle', async () => {
    const { partitions: _, ...blank } = targetOf({ hasBootloader: false });
    const ofBlank = async (...parts: readonly ResolvedPart[]) => brief((await planFlash(buildOf(...parts), blank)).problems);
    expect(await ofBlank(await bootloader(), await app())).to.deep.equal(['warn NO_PARTITION_TABLE']);
    expect(await ofBlank(await bootloader(), tablePart(), await app())).to.deep.equal([]);
    expect(await ofBlank(await bootloader()), 'nothing that needs one').to.deep.equal([]);
    const { hasBootloader: __, ...unread } = blank;
    expect(brief((await planFlash(buildOf(await app()), unread)).problems), 'nobody could look').to.deep.equal([]);
  });

  it('warns when what cannot start goes over the slot that starts next', async () => {
    const over = async (part: ResolvedPart, target: Partial<FlashTarget> = {}, choices: PlanChoices = { keep: [] }) =>
      (await problemsOf([part], target, choices)).filter(({ code }) => code === 'NEXT_SLOT_OVERWRITTEN');
    const [nothingKnown] = await over(dataPart('data', 0x10000, 0x1000));
    expect(nothingKnown).to.deep.include({ severity: 'warn', facts: { part: 'data.bin', offset: 0x10000, starts: 'app0', isApp: 0 } });
    expect(planProblemWords(nothingKnown!).why).to.include('goes over app0, the slot that starts next, and is no application');
    const [inside] = await over(await app({}, 0x20000));
    expect(inside!.facts).to.include({ starts: 'app0', isApp: 1 });
    expect(planProblemWords(inside!).why).to.include('from the beginning of a slot only').and.include('starts neither');
    expect(await over(await app())).to.deep.equal([]);
    expect(await over(dataPart('data', 0x150000, 0x1000)), 'the other slot').to.deep.equal([]);
    expect(await over(dataPart('data', 0x150000, 0x1000), { otadata: otadataOf(1, 2) })).to.have.length(1);
    const rest = [await app(), dataPart('data', 0x100000, 0x1000)];
    expect(brief(await problemsOf(rest)), 'behind an application in its slot').to.deep.equal([]);
  });

  it('warns of an application outside of every slot', async () => {
    const [problem] = await problemsOf([await app({}, 0x20000)]);
    expect(problem).to.deep.include({ code: 'APP_OUTSIDE_PARTITION', severity: 'warn' });
    expect(problem!.facts).to.include({ slots: 'app0, app1' });
  });

  it('notes that otadata starts another slot, and what would cure it', async () => {
    const selectsSecond = { otadata: otadataOf(1, 2) };
    const expected = { written: 'app0', starts: 'app1', startsSize: 0x140000, resetStarts: 'app0', otadataAt: 0xe000 };
    expect(await problemsOf([await app()], selectsSecond)).to.deep.equal([
      { code: 'OTADATA_SELECTS_OTHER', severity: 'note', facts: expected },
    ]);
    for (const choices of [{ resetOtadata: true }, { appSlot: 'app1' }]) {
      expect(await problemsOf([await app()], selectsSecond, choices)).to.deep.equal([]);
    }
    expect(await problemsOf([await app(), otadataPart(1)], selectsSecond), 'the bundle brings its own').to.deep.equal([]);
    expect(await problemsOf([await app()], { otadata: otadataOf(3, 2) })).to.deep.equal([]);
  });

  it('notes that the boot choice that comes along starts a slot in which nothing lies', async () => {
    const empty = { emptySlots: [0x150000] };
    expect(await problemsOf([otadataPart(2)], empty)).to.deep.equal([
      { code: 'NEXT_SLOT_EMPTY', severity: 'note', facts: { starts: 'app1' } },
    ]);
    expect(await problemsOf([otadataPart(1)], empty)).to.deep.equal([]);
    expect(await problemsOf([otadataPart(2)])).to.deep.equal([]);
    expect(await problemsOf([otadataPart(2), await app({}, 0x150000)], empty)).to.deep.equal([]);
    expect(await problemsOf([await app()], { ...empty, otadata: otadataOf(2) }), 'it was so before').to.not.deep.include({
      code: 'NEXT_SLOT_EMPTY',
    });
  });

  it('notes a table that changes without moving what is kept', async () => {
    const renamed = TABLE.map((row) => (row.label === 'app1' ? { ...row, label: 'spare' } : row));
    expect(await problemsOf([tablePart(renamed)])).to.deep.equal([
      {
        code: 'TABLE_CHANGES',
        severity: 'note',
        facts: { moved: '', gone: '', fresh: '', elsewhere: '', renamed: 'app1 → spare', smaller: '' },
      },
    ]);
    expect(await problemsOf([tablePart()])).to.deep.equal([]);
  });
});
