import { expect } from 'chai';
import * as commands from '../../../src/core/serial/commands.ts';
import { loaderErrorMeaning, ROM_ERRORS, STUB_ERRORS } from '../../../src/core/serial/loader-status.ts';
import {
  commandByOpcode,
  COMMANDS,
  encodeReply,
  encodeRequest,
  isChecksumRight,
  isStubGreeting,
  loaderChecksum,
  parseReply,
  parseRequest,
  ROM_STATUS_LENGTH,
  STUB_STATUS_LENGTH,
} from '../../../src/core/serial/packet.ts';
import { encodeSecurityInfo, isFlashEncrypted, parseSecurityInfo, SECURITY_FLAGS } from '../../../src/core/serial/security-info.ts';
import { SerialProtocolError, type SerialProtocolErrorCode } from '../../../src/core/serial/serial-error.ts';

const bytes = (...values: readonly number[]) => Uint8Array.from(values);

function fails(code: SerialProtocolErrorCode, action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expect(error).to.be.instanceOf(SerialProtocolError);
    expect((error as SerialProtocolError).code).to.equal(code);
    return;
  }
  expect.fail(`no ${code}`);
}

describe('requests', () => {
  it('have direction, opcode, length, checksum and payload', () => {
    expect(encodeRequest('READ_REG', commands.readReg.encode({ address: 0x4000_1000 }))).to.deep.equal(
      bytes(0, 0x0a, 4, 0, 0, 0, 0, 0, 0x00, 0x10, 0x00, 0x40),
    );
  });

  it('carry the checksum of their data, and of nothing else', () => {
    const request = parseRequest(encodeRequest('FLASH_DATA', commands.encodeDataBlock({ sequence: 7, data: bytes(1, 2, 4) })));
    expect(request.checksum).to.equal(0xef ^ 7);
    expect(loaderChecksum(bytes(1, 2, 4))).to.equal(0xef ^ 7);
    expect(isChecksumRight(request)).to.equal(true);
    expect(isChecksumRight({ ...request, checksum: 0 })).to.equal(false);
    expect(parseRequest(encodeRequest('FLASH_END', commands.flashEnd.encode({ stay: 1 }))).checksum).to.equal(0);
  });

  it('with an unknown opcode are a value, not an error', () => {
    expect(parseRequest(bytes(0, 0x77, 0, 0, 0, 0, 0, 0))).to.deep.include({ opcode: 0x77, command: undefined });
  });

  it('are refused when cut, too long or of the other direction', () => {
    const packet = encodeRequest('SYNC', Uint8Array.from(commands.SYNC_PAYLOAD));
    for (let cut = 0; cut < packet.length; cut++) fails('PACKET_LENGTH', () => parseRequest(packet.subarray(0, cut)));
    fails('PACKET_LENGTH', () => parseRequest(bytes(...packet, 0)));
    fails('PACKET_DIRECTION', () => parseReply(packet, 4));
  });

  it('every opcode has one name', () => {
    for (const [name, { opcode }] of Object.entries(COMMANDS)) expect(commandByOpcode(opcode)).to.equal(name);
  });

  it('a payload that does not fit the length field is a bug of the caller', () => {
    expect(() => encodeRequest('FLASH_DATA', new Uint8Array(0x1_0000))).to.throw(RangeError);
  });
});

describe('replies', () => {
  it('end in four bytes of status from a ROM, two from a stub', () => {
    const reply = { opcode: COMMANDS.READ_REG.opcode, value: 0xdead_beef };
    expect(encodeReply(reply, ROM_STATUS_LENGTH)).to.deep.equal(bytes(1, 0x0a, 4, 0, 0xef, 0xbe, 0xad, 0xde, 0, 0, 0, 0));
    expect(encodeReply(reply, STUB_STATUS_LENGTH)).to.have.length(10);
    expect(parseReply(encodeReply(reply, 2), 2)).to.deep.include({ command: 'READ_REG', value: 0xdead_beef });
  });

  it('errors of ROMs and stubs stand in different bytes and read the same way', () => {
    const rom = { failed: true, code: ROM_ERRORS.INVALID_MESSAGE.code };
    const stub = { failed: true, code: STUB_ERRORS.BAD_DATA_CHECKSUM.code };
    const encoded = [encodeReply({ opcode: 3, status: rom }, 4), encodeReply({ opcode: 3, status: stub }, 2)] as const;
    expect(encoded[0].slice(8)).to.deep.equal(bytes(1, 5, 0, 0));
    expect(encoded[1].slice(8)).to.deep.equal(bytes(0xc1, 0));
    expect(parseReply(encoded[0], 4).status).to.deep.equal(rom);
    expect(parseReply(encoded[1], 2).status).to.deep.equal(stub);
  });

  it('a stale code after a success is no error', () => {
    expect(parseReply(bytes(1, 3, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0), 4).status.failed).to.equal(false);
  });

  it('without room for a status are refused', () => {
    fails('PACKET_LENGTH', () => parseReply(bytes(1, 8, 2, 0, 0, 0, 0, 0, 0, 0), ROM_STATUS_LENGTH));
  });

  it('codes have meanings, unknown ones a number', () => {
    expect(loaderErrorMeaning(0x05)).to.equal('received message is invalid');
    expect(loaderErrorMeaning(0xc9)).to.equal('too much data');
    expect(loaderErrorMeaning(0x42)).to.equal('unknown error 0x42');
  });

  it('the greeting of the stub is recognised as a whole', () => {
    expect(isStubGreeting(new TextEncoder().encode('OHAI'))).to.equal(true);
    expect(isStubGreeting(new TextEncoder().encode('OHAI!'))).to.equal(false);
  });
});

describe('payloads', () => {
  it('optional words are there or not, never more', () => {
    const begin = { size: 0x2000, blocks: 8, blockSize: 0x400, offset: 0x1_0000 };
    expect(commands.flashBegin.encode(begin)).to.have.length(16);
    expect(commands.flashBegin.encode({ ...begin, encrypted: 0 })).to.have.length(20);
    expect(commands.flashBegin.parse(commands.flashBegin.encode(begin))).to.deep.equal(begin);
    expect(commands.flashBegin.parse(commands.flashBegin.encode({ ...begin, encrypted: 1 }))).to.deep.equal({ ...begin, encrypted: 1 });
    for (const length of [0, 12, 15, 24]) fails('PACKET_PAYLOAD', () => commands.flashBegin.parse(new Uint8Array(length)));
  });

  it('words are unsigned', () => {
    const range = { offset: 0xffff_ffff, length: 0x8000_0000 };
    expect(commands.eraseRegion.parse(commands.eraseRegion.encode(range))).to.deep.equal(range);
  });

  it('a data block tells its own length, or is refused', () => {
    const payload = commands.encodeDataBlock({ sequence: 3, data: bytes(9, 8) });
    expect(commands.parseDataBlock(payload)).to.deep.equal({ sequence: 3, data: bytes(9, 8) });
    fails('PACKET_PAYLOAD', () => commands.parseDataBlock(payload.subarray(0, -1)));
    fails('PACKET_PAYLOAD', () => commands.parseDataBlock(payload.subarray(0, 10)));
  });

  it('several register writes go in one command', () => {
    const write = { address: 0x3ff4_2000, value: 1 << 18, mask: 0xffff_ffff, delayMicroseconds: 0 };
    const payload = commands.encodeRegisterWrites([write, { ...write, value: 0 }]);
    expect(commands.parseRegisterWrites(payload).map(({ value }) => value)).to.deep.equal([1 << 18, 0]);
    fails('PACKET_PAYLOAD', () => commands.parseRegisterWrites(payload.subarray(0, 20)));
    fails('PACKET_PAYLOAD', () => commands.parseRegisterWrites(new Uint8Array(0)));
  });

  it('an MD5 comes as digits or bytes', () => {
    const hex = '00112233445566778899aabbccddeeff';
    for (const form of ['digits', 'bytes'] as const) expect(commands.parseMd5Reply(commands.encodeMd5Reply(hex, form))).to.equal(hex);
    for (const length of [0, 15, 31, 33, 70_000]) fails('PACKET_PAYLOAD', () => commands.parseMd5Reply(new Uint8Array(length)));
    fails('PACKET_PAYLOAD', () => commands.parseMd5Reply(new Uint8Array(32)));
  });
});

describe('security info', () => {
  const short = { flags: SECURITY_FLAGS.SECURE_BOOT_EN, flashCryptCount: 1, keyPurposes: [4, 9, 0, 0, 0, 0, 0] };

  it('has a short and a long form', () => {
    expect(encodeSecurityInfo(short)).to.have.length(12);
    expect(parseSecurityInfo(encodeSecurityInfo(short))).to.deep.equal(short);
    const long = { ...short, chip: { id: 9, apiVersion: 1 } };
    expect(encodeSecurityInfo(long)).to.have.length(20);
    expect(parseSecurityInfo(encodeSecurityInfo(long))).to.deep.equal(long);
    for (const length of [0, 11, 16, 24]) fails('PACKET_PAYLOAD', () => parseSecurityInfo(new Uint8Array(length)));
  });

  it('an odd number of bits means encrypted', () => {
    expect([0, 1, 3, 7, 0x7f, 0x0f].map(isFlashEncrypted)).to.deep.equal([false, true, false, true, true, false]);
  });
});
