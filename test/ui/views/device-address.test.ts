import { expect } from 'chai';
import { nameFromAddress, parseDeviceAddress, reachOf } from '../../../src/ui/views/device-address.ts';

const urlOf = (typed: string): string => {
  const parsed = parseDeviceAddress(typed);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.url;
};
const faultOf = (typed: string): string => {
  const parsed = parseDeviceAddress(typed);
  if (parsed.ok) throw new Error(`took ${typed} for ${parsed.url}`);
  return parsed.fault;
};

describe('parseDeviceAddress()', () => {
  it('takes what people type and ends it with a slash', () => {
    expect(urlOf('192.168.1.42')).to.equal('http://192.168.1.42/');
    expect(urlOf('  greenhouse.local ')).to.equal('http://greenhouse.local/');
    expect(urlOf('greenhouse.local:8080/api')).to.equal('http://greenhouse.local:8080/api/');
    expect(urlOf('https://devices.example.org/a/b/')).to.equal('https://devices.example.org/a/b/');
    expect(urlOf('[fe80::1]:81')).to.equal('http://[fe80::1]:81/');
  });

  it('names the number that is too large', () => {
    expect(faultOf('192.168.1.420')).to.equal('Not an address: 420 is more than 255.');
    expect(faultOf('http://10.0.0.256/')).to.equal('Not an address: 256 is more than 255.');
    expect(faultOf('10.0.0.1:70000')).to.equal('Not an address: port 70000 is more than 65535.');
  });

  it('does not let 192.168.1 become 192.168.0.1', () => {
    expect(faultOf('192.168.1')).to.match(/four numbers/);
    expect(faultOf('192.168..1')).to.match(/four numbers/);
    expect(faultOf('3232235818')).to.match(/more than 255/);
  });

  it('refuses what is no address of a device, and says why', () => {
    expect(faultOf('')).to.match(/Type the address/);
    expect(faultOf('my device')).to.match(/space/);
    expect(faultOf('ftp://10.0.0.1')).to.match(/not over ftp/);
    expect(faultOf('javascript://alert(1)')).to.match(/not over javascript/);
    expect(faultOf('http://')).to.match(/names no device/);
    expect(faultOf('http://admin:secret@10.0.0.1')).to.match(/password/);
    expect(faultOf('10.0.0.1/?x=1')).to.match(/question mark/);
    expect(faultOf('10.0.0.1/#x')).to.match(/#/);
    expect(faultOf(`10.0.0.1/${'a'.repeat(3000)}`)).to.match(/too long/);
  });
});

describe('reachOf()', () => {
  const secure = { protocol: 'https:', origin: 'https://otter.example' };
  const plain = { protocol: 'http:', origin: 'http://localhost:5173' };

  it('knows that a page over HTTPS reaches local devices only after the browser asked', () => {
    for (const url of ['http://192.168.1.42/', 'http://10.1.2.3/', 'http://172.31.0.1/', 'http://greenhouse.local/', 'http://[fd00::1]/'])
      expect(reachOf(url, secure), url).to.equal('asks');
  });

  it('knows mixed content', () => {
    expect(reachOf('http://greenhouse.example/', secure)).to.equal('names');
    expect(reachOf('http://172.32.0.1/', secure)).to.equal('mixed');
    expect(reachOf('https://greenhouse.example/', secure)).to.equal('open');
  });

  it('sees nothing in the way of a plain page, or of the own origin', () => {
    expect(reachOf('http://192.168.1.42/', plain)).to.equal('open');
    expect(reachOf('https://otter.example/virtual/device/x/', secure)).to.equal('open');
  });
});

describe('nameFromAddress()', () => {
  it('takes the host, without .local', () => {
    expect(nameFromAddress('http://greenhouse.local/api/')).to.equal('greenhouse');
    expect(nameFromAddress('http://192.168.1.42:81/')).to.equal('192.168.1.42');
  });
});
