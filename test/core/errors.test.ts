import { expect } from 'chai';
import { assertNever, OtterError } from '../../src/core/errors.ts';

class TestError extends OtterError<'BROKEN', { offset: number }> {
  override readonly name = 'TestError';
}

describe('OtterError', () => {
  it('carries its code, its details and its cause', () => {
    const cause = new Error('inner');
    const error = new TestError('BROKEN', 'broken at 3', { offset: 3 }, { cause });
    expect(error).to.be.instanceOf(Error);
    expect(error.code).to.equal('BROKEN');
    expect(error.details.offset).to.equal(3);
    expect(error.cause).to.equal(cause);
  });
});

describe('assertNever()', () => {
  it('throws where a switch missed a case, and names the value', () => {
    expect(() => assertNever('new kind' as never)).to.throw(TypeError, 'new kind');
  });
});
