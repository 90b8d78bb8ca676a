/** The X-ray as the app runs it (Blob to worker and back) against one SHA-256 of the same bytes. */
import { XrayInspector } from '../../src/io/workers/xray-inspector.ts';
import { longestTaskMs, mediansInTurn } from './measure.ts';
import type { Row } from './measure.ts';

const RUNS = 25;
const WARM_UP_RUNS = 5;
const MAX_RATIO = 8;

export async function measureXray(image: Uint8Array<ArrayBuffer>): Promise<Row[]> {
  const inspector = new XrayInspector();
  const file = new Blob([image]);
  const inspect = () => inspector.inspect(file, 'bench.bin');
  // The first few run before the engine has compiled what is hot.
  for (let run = 0; run < WARM_UP_RUNS; run++) await inspect();
  const [baselineMs = 0, xrayMs = 0] = await mediansInTurn(RUNS, () => crypto.subtle.digest('SHA-256', image), inspect);
  const longestMs = await longestTaskMs(inspect);
  const ratio = xrayMs / baselineMs;
  return [
    {
      what: 'X-ray of 4 MB (parse, checksum, SHA-256 twice, MD5, CRC-32, map; page → worker → page) ÷ SHA-256 alone',
      measured: `${ratio.toFixed(1)} × (${xrayMs.toFixed(1)} ms ÷ ${baselineMs.toFixed(1)} ms)`,
      target: `≤ ${MAX_RATIO} ×`,
      met: ratio <= MAX_RATIO,
      raw: { xrayMs, baselineMs },
    },
    longTaskRow('Longest main-thread task during the X-ray', longestMs),
  ];
}

export const longTaskRow = (what: string, ms: number): Row => ({
  what,
  measured: ms === 0 ? 'none over 50 ms' : `${ms.toFixed(0)} ms`,
  target: '≤ 50 ms',
  met: ms <= 50,
  raw: { ms },
});
