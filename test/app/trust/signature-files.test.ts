import { expect } from 'chai';
import { belongsTo, isSignatureFile } from '../../../src/app/trust/signature-files.ts';

describe('signature files', () => {
  it('are known by their ending', () => {
    for (const name of ['a.sig', 'a.bin.sig', 'A.SIG.B64', 'release.sig.b64']) expect(isSignatureFile(name), name).to.equal(true);
    for (const name of ['a.bin', 'a.sig.bin', 'sig', 'a.b64', 'a.signature', '']) expect(isSignatureFile(name), name).to.equal(false);
  });

  it('lie beside the firmware whose name they carry, with its ending or without', () => {
    for (const name of ['node.bin.sig', 'node.sig', 'node.bin.sig.b64', 'Node.SIG.b64'])
      expect(belongsTo(name, 'node.bin'), name).to.equal(true);
    for (const name of ['node.bin.by-Release-2026.sig', 'node.by-1a2b3c4d.sig.b64'])
      expect(belongsTo(name, 'node.bin'), name).to.equal(true);
    for (const name of ['node.bin.2.sig', 'node.bin.16.sig']) expect(belongsTo(name, 'node.bin'), name).to.equal(true);
    expect(belongsTo('node.2.sig', 'node.2'), 'its own number').to.equal(true);
    expect(belongsTo('node.by-x.bin.sig', 'node.by-x.bin')).to.equal(true);
    for (const name of ['node.by-x.y.sig', 'node.bin.Release.sig', 'nod.sig', 'node.uf2.sig', 'node.bin.bin.sig', 'node1.bin.sig'])
      expect(belongsTo(name, 'node.bin'), name).to.equal(false);
  });
});
