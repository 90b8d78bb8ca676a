/** A visit to a release set in words: the heading, and what stands on each plate of the chain. */
import { SET_STEPS } from '../../../app/trust/release-services.ts';
import type { SetStepName, SetVisitState } from '../../../app/trust/release-services.ts';
import type { IndexEntry } from '../../../core/trust/release-index.ts';
import { formatDay, formatMany } from '../../format.ts';
import { wordsFor } from '../../messages.ts';
import type { Plate, PlateState } from './parts.ts';

export function headline({ problem, steps, index, line, accepted }: SetVisitState): string {
  if (problem?.code === 'RELEASE_EXPIRED') return 'This release has expired';
  if (problem) return 'This set is refused';
  if (steps.some(({ status }) => status === 'asking')) return 'A publisher you do not know yet';
  const [last] = accepted.slice(-1);
  if (last) return `${last.product} ${last.version} is in your library`;
  return index && line ? `${line.name}: verified` : 'Reading the set';
}

const TITLES = {
  root: 'Root file',
  line: 'New root files',
  index: 'Index',
  release: 'Release',
  image: 'Image',
} as const satisfies Record<SetStepName, string>;

const WAITING = {
  root: 'Whose keys count',
  line: 'Signed by the ones before',
  index: 'What belongs together',
  release: 'What may be installed',
  image: 'The bytes themselves',
} as const satisfies Record<SetStepName, string>;

export function platesOf(visit: SetVisitState, wanted: IndexEntry | undefined): readonly Plate[] {
  return SET_STEPS.map((step) => {
    const state: PlateState = visit.steps.find((each) => each.step === step)?.status ?? 'waiting';
    return { title: TITLES[step], state, words: plateWords(step, state, visit, wanted) };
  });
}

// oxlint-disable-next-line max-params -- one row of a table
function plateWords(step: SetStepName, state: PlateState, visit: SetVisitState, wanted: IndexEntry | undefined): string {
  if (state === 'refused') return wordsFor(visit.problem!).title;
  if (state === 'asking') return 'Compare its fingerprint';
  if (state !== 'passed') return WAITING[step];
  switch (step) {
    case 'root':
      return `${visit.line?.name ?? 'Known'}, version ${visit.root?.root.version ?? ''}`;
    case 'line':
      return visit.rotations === 0 ? 'None since the last time' : `${formatMany(visit.rotations, 'file')} followed`;
    case 'index':
      return visit.index ? `Version ${visit.index.version}, of ${formatDay(visit.index.issuedMs, Date.now())}` : 'Signed';
    case 'release':
      return wanted ? `${wanted.product} ${wanted.version}, signed` : 'Signed';
    case 'image':
      return 'To the byte what was signed';
  }
}
