import { expect } from 'chai';
import { assertNever } from '../src/core/errors.ts';
describe('runner', () => { it('runs TypeScript', async () => { expect(() => assertNever(1 as never)).to.throw(TypeError); expect((await fetch('/shared-data/vectors/seeds/s0_messages.json')).status).to.equal(200); }); });
