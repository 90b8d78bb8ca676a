/**
 * The part of mocha's BDD interface that our suites use, for places where mocha itself does not run (a worker).
 * Suites register through the globals; `runSuites` runs them in order.
 */
type Body = (this: TestContext) => unknown;

interface TestContext {
  skip(): never;
  timeout(ms: number): void;
}

interface Suite {
  readonly title: string;
  readonly tests: { title: string; body: Body | undefined }[];
  readonly suites: Suite[];
  readonly hooks: Record<'before' | 'after' | 'beforeEach' | 'afterEach', Body[]>;
}

export interface SuiteResults {
  readonly passed: number;
  readonly skipped: number;
  /** `suite › test: message` */
  readonly failures: readonly string[];
}

const SKIPPED = Symbol('skipped');
const newSuite = (title: string): Suite => ({
  title,
  tests: [],
  suites: [],
  hooks: { before: [], after: [], beforeEach: [], afterEach: [] },
});
const root = newSuite('');
let current = root;

const context: TestContext = {
  skip() {
    throw SKIPPED;
  },
  timeout() {},
};

function describeSuite(title: string, body: () => void): void {
  const suite = newSuite(title);
  current.suites.push(suite);
  const outer = current;
  current = suite;
  body.call({ timeout() {} });
  current = outer;
}

const test = (title: string, body?: Body): void => void current.tests.push({ title, body });
const hook =
  (name: keyof Suite['hooks']) =>
  (body: Body): void =>
    void current.hooks[name].push(body);

export function installGlobals(): void {
  Object.assign(globalThis, {
    describe: describeSuite,
    it: Object.assign(test, { skip: (title: string) => test(title) }),
    before: hook('before'),
    after: hook('after'),
    beforeEach: hook('beforeEach'),
    afterEach: hook('afterEach'),
  });
}

async function runSuite(
  suite: Suite,
  path: string,
  around: readonly Suite[],
  results: { passed: number; skipped: number; failures: string[] },
): Promise<void> {
  const lineage = [...around, suite];
  const name = path ? `${path} › ${suite.title}` : suite.title;
  try {
    for (const body of suite.hooks.before) await body.call(context);
  } catch (error) {
    if (error === SKIPPED) results.skipped += suite.tests.length;
    else results.failures.push(`${name}: before: ${String(error)}`);
    return;
  }
  for (const { title, body } of suite.tests) {
    if (!body) {
      results.skipped++;
      continue;
    }
    try {
      for (const each of lineage) for (const prepare of each.hooks.beforeEach) await prepare.call(context);
      await body.call(context);
      for (const each of lineage) for (const tidy of each.hooks.afterEach) await tidy.call(context);
      results.passed++;
    } catch (error) {
      if (error === SKIPPED) results.skipped++;
      else results.failures.push(`${name} › ${title}: ${String(error)}`);
    }
  }
  for (const inner of suite.suites) await runSuite(inner, name, lineage, results);
  for (const body of suite.hooks.after) await body.call(context);
}

export async function runSuites(): Promise<SuiteResults> {
  const results = { passed: 0, skipped: 0, failures: [] as string[] };
  await runSuite(root, '', [], results);
  return results;
}
