/**
 * Turns the pretended source tree into object code. Everything hangs on names alone: a function that no release touched compiles
 * to the same bytes in each, and only its references resolve to other addresses.
 */
import { makeBlob, makeString, makeTable } from './constants.ts';
import type { FunctionPlan, InstructionSet, ObjectCode } from './object-code.ts';
import { Random } from './random.ts';
import type { Module, ModuleChange, Source } from './source.ts';

/** So many functions of each module are called from the others. */
const PUBLIC_FUNCTIONS = 8;
const TABLE_WORDS = 48;
const LONGEST_FUNCTION = 1500;
const SHORTEST_FUNCTION = 20;

/** Names of one module as of its first release; later additions come behind and are known only to what comes with them. */
interface Outline {
  readonly module: Module;
  readonly functions: readonly FunctionSize[];
  readonly fastFunctions: readonly FunctionSize[];
  readonly strings: readonly string[];
  readonly tables: readonly string[];
  readonly variables: readonly string[];
}
interface FunctionSize {
  readonly symbol: string;
  readonly size: number;
}

/** In link order. */
export function compile(source: Source, instructions: InstructionSet): ObjectCode[] {
  const outlines = source.modules.map(outlineModule);
  return outlines.flatMap((outline) => {
    const api = outlines.filter((other) => other !== outline).flatMap(publicSymbols);
    const changes = source.releases.map((release) => release.find(({ module }) => module === outline.module.name));
    return compileModule(outline, api, changes, instructions);
  });
}

function outlineModule(module: Module): Outline {
  const { name } = module;
  return {
    module,
    functions: sizesUpTo(module.code * 1024, `${name}.text`),
    fastFunctions: sizesUpTo((module.fastCode ?? 0) * 1024, `${name}.iram`),
    strings: numbered(`${name}.str`, module.strings),
    tables: numbered(`${name}.rodata`, Math.ceil(module.tables / TABLE_WORDS)),
    variables: numbered(`${name}.data`, Math.ceil(module.variables / TABLE_WORDS)),
  };
}

const numbered = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${prefix}.${index}`);

function sizesUpTo(budget: number, prefix: string): FunctionSize[] {
  const random = new Random(prefix);
  const functions: FunctionSize[] = [];
  for (let left = budget; left > 0;) {
    const size = Math.min(left, SHORTEST_FUNCTION + random.skewed(LONGEST_FUNCTION));
    functions.push({ symbol: `${prefix}.${functions.length}`, size });
    left -= size;
  }
  return functions;
}

const publicSymbols = ({ functions, fastFunctions }: Outline): string[] =>
  [...functions.slice(0, PUBLIC_FUNCTIONS), ...fastFunctions.slice(0, PUBLIC_FUNCTIONS)].map(({ symbol }) => symbol);

function compileModule(
  outline: Outline,
  api: readonly string[],
  changes: readonly (ModuleChange | undefined)[],
  instructions: InstructionSet,
): ObjectCode[] {
  const { module, functions, fastFunctions, strings, tables, variables } = outline;
  const revisions = countEdits(outline, changes);
  const data = [...strings, ...tables, ...variables];
  const assembleAll = (list: readonly FunctionSize[], section: 'irom' | 'iram', ownData: readonly string[]): ObjectCode[] => {
    const near = (section === 'irom' ? functions : fastFunctions).map(({ symbol }) => symbol);
    return list.map(({ symbol, size }) => {
      const plan: FunctionPlan = { symbol, section, size, revision: revisions.get(symbol) ?? 0, near, far: api, data: ownData };
      return instructions.assemble(plan);
    });
  };
  const pointees = [...strings, ...functions.map(({ symbol }) => symbol)];
  const added = changes.flatMap((change, index) => (change ? [outlineAdditions(change, index + 1)] : []));
  return [
    ...[...strings, ...added.flatMap((addition) => addition.strings)].map((symbol) => makeString(symbol, module.name)),
    ...tables.map((symbol) => makeTable(symbol, 'drom', TABLE_WORDS, pointees)),
    ...added.map(({ symbols, table }) => makeTable(table, 'drom', symbols.length * 2, symbols)),
    ...(module.blob ? [makeBlob(`${module.name}.blob`, module.blob * 1024)] : []),
    ...variables.map((symbol) => makeTable(symbol, 'dram', TABLE_WORDS, pointees)),
    ...assembleAll(fastFunctions, 'iram', data),
    ...assembleAll(functions, 'irom', data),
    ...added.flatMap((addition) => assembleAll(addition.functions, 'irom', [...data, ...addition.strings])),
  ];
}

/** Which functions of a module the releases edited, and how often. */
function countEdits(outline: Outline, changes: readonly (ModuleChange | undefined)[]): Map<string, number> {
  const revisions = new Map<string, number>();
  changes.forEach((change, index) => {
    const random = new Random(`${outline.module.name}, edits of release ${index + 1}`);
    for (let edits = change?.editedFunctions ?? 0; edits > 0; edits--) {
      const { symbol } = random.pick(outline.functions);
      revisions.set(symbol, (revisions.get(symbol) ?? 0) + 1);
    }
  });
  return revisions;
}

/** New functions and texts of one release, with a table that makes them reachable. */
function outlineAdditions(change: ModuleChange, release: number) {
  const prefix = `${change.module}.r${release}`;
  const random = new Random(prefix);
  const functions = numbered(`${prefix}.text`, change.newFunctions ?? 0).map((symbol) => ({
    symbol,
    size: 60 + random.skewed(LONGEST_FUNCTION),
  }));
  const strings = numbered(`${prefix}.str`, change.newStrings ?? 0);
  return { functions, strings, symbols: [...functions.map(({ symbol }) => symbol), ...strings], table: `${prefix}.rodata` };
}
