import { expect } from 'chai';
import { LinkError } from '../../src/app/errors.ts';
import { explainFailure } from '../../src/io/http/reach-failure.ts';
import { reachOptions } from '../../src/io/http/reach.ts';

const HTTPS = new URL('https://otter.example/app/');
const HTTP = new URL('http://localhost:5173/');

describe('reachOptions()', () => {
  it('names the network only where the browser cannot know it', () => {
    expect(reachOptions(new URL('http://greenhouse.lan/'), HTTPS)).to.deep.equal({ targetAddressSpace: 'local' });
    for (const known of [
      'http://192.168.4.1/',
      'http://10.0.0.2/',
      'http://172.20.0.1/',
      'http://169.254.7.7/',
      'http://a.local/',
      'http://[fd12::7]/',
      'http://[fe80::1]/',
      'https://greenhouse.lan/',
    ]) {
      expect(reachOptions(new URL(known), HTTPS), known).to.deep.equal({});
    }
  });

  it('never calls the machine itself or a public address local: a wrong word makes the call fail', () => {
    for (const address of ['http://127.0.0.1:8080/', 'http://localhost/', 'http://otter.localhost/', 'http://[::1]/'])
      expect(reachOptions(new URL(address), HTTPS), address).to.deep.equal({});
    for (const address of ['http://203.0.113.9/', 'http://172.32.0.1/', 'http://[2001:db8::1]/'])
      expect(reachOptions(new URL(address), HTTPS), address).to.deep.equal({});
  });

  it('says nothing from a page that came over http', () => {
    expect(reachOptions(new URL('http://greenhouse.lan/'), HTTP)).to.deep.equal({});
  });
});

type Permission = PermissionState | 'unknown';

interface World {
  /** By name; `unknown`: the browser throws. */
  readonly permissions?: Readonly<Record<string, Permission>>;
  readonly answers?: 'nothing' | 'opaquely' | 'readably' | 'never';
  readonly isPreflighted?: boolean;
}

describe('explainFailure() tells apart', () => {
  const realFetch = globalThis.fetch;
  const asked: string[] = [];

  beforeEach(() => (asked.length = 0));
  afterEach(() => {
    globalThis.fetch = realFetch;
    Reflect.deleteProperty(navigator, 'permissions');
  });

  function enter({ permissions = {}, answers = 'nothing' }: World): void {
    const query = async ({ name }: { readonly name: string }) => {
      asked.push(name);
      const state = permissions[name] ?? 'unknown';
      if (state === 'unknown') throw new TypeError(`${name} is no permission`);
      return { state };
    };
    Object.defineProperty(navigator, 'permissions', { configurable: true, value: { query } });
    globalThis.fetch = async (_input, init) => {
      if (answers === 'never') throw new DOMException('', 'TimeoutError');
      if (answers === 'nothing' || (answers === 'opaquely' && init?.mode !== 'no-cors')) throw new TypeError('Failed to fetch');
      return new Response('{}');
    };
  }

  async function reason(address: string, page: URL, world: World): Promise<string> {
    enter(world);
    const target = new URL(address);
    const call = { target, probe: new URL('info', target), isPreflighted: world.isPreflighted ?? false };
    const error = await explainFailure(new TypeError('Failed to fetch'), call, page);
    expect(error).to.be.instanceOf(LinkError);
    return (error as LinkError).code;
  }

  const LAN = 'http://192.168.4.1/update';
  const granted = { 'local-network': 'granted' } as const;

  it('a browser without the permission, which blocks http from https', async () => {
    expect(await reason(LAN, HTTPS, { answers: 'nothing' })).to.equal('MIXED_CONTENT');
    expect(asked).to.deep.equal(['local-network', 'local-network-access']);
  });

  it('a person who said no', async () => {
    expect(await reason(LAN, HTTPS, { permissions: { 'local-network': 'denied' } })).to.equal('LOCAL_NETWORK_DENIED');
    // Chromium 142 has but one name for it.
    expect(await reason(LAN, HTTPS, { permissions: { 'local-network-access': 'denied' } })).to.equal('LOCAL_NETWORK_DENIED');
    expect(await reason('https://192.168.4.1/', HTTPS, { permissions: { 'local-network': 'denied' } })).to.equal('LOCAL_NETWORK_DENIED');
  });

  it('the machine itself, which has a permission of its own and is no mixed content', async () => {
    const permissions = { 'loopback-network': 'denied', 'local-network': 'granted' } as const;
    expect(await reason('http://127.0.0.1/', HTTPS, { permissions })).to.equal('LOCAL_NETWORK_DENIED');
    expect(await reason('http://127.0.0.1/', HTTPS, { answers: 'nothing' })).to.equal('UNREACHABLE');
  });

  it('a public address over http, which no permission opens', async () => {
    expect(await reason('http://203.0.113.9/', HTTPS, { permissions: granted })).to.equal('MIXED_CONTENT');
  });

  it('a device that is there and forbids to be read', async () => {
    expect(await reason(LAN, HTTPS, { permissions: granted, answers: 'opaquely' })).to.equal('CORS_BLOCKED');
    expect(await reason(LAN, HTTP, { answers: 'opaquely' })).to.equal('CORS_BLOCKED');
  });

  it('a device that is there, can be read, and did not let this call through', async () => {
    expect(await reason(LAN, HTTP, { answers: 'readably', isPreflighted: true })).to.equal('CORS_BLOCKED');
    expect(await reason(LAN, HTTP, { answers: 'readably' })).to.equal('CONNECTION_LOST');
  });

  it('nothing there, and nothing that can be told', async () => {
    expect(await reason(LAN, HTTPS, { permissions: granted })).to.equal('UNREACHABLE');
    expect(await reason(LAN, HTTP, { answers: 'never' })).to.equal('NETWORK_UNREACHABLE_OR_CORS');
  });
});
