import { expect } from 'chai';
import { connectPort } from '../../bridge/port-socket.ts';
import { plugInChip } from '../../bridge/virtual-chip.ts';

/** As much of a WebSocket as the bridge uses, with its other end in the hands of the test. */
class Socket extends EventTarget {
  readyState: number = WebSocket.OPEN;
  readonly texts: Record<string, unknown>[] = [];
  heard = '';
  send(data: string | Uint8Array): void {
    if (typeof data === 'string') this.texts.push(JSON.parse(data));
    else this.heard += String.fromCharCode(...data);
  }
  hear(data: object | Uint8Array<ArrayBuffer>): void {
    const isBytes = data instanceof Uint8Array;
    this.dispatchEvent(new MessageEvent('message', { data: isBytes ? data.buffer : JSON.stringify(data) }));
  }
  close(): void {
    this.readyState = WebSocket.CLOSED;
    this.dispatchEvent(new Event('close'));
  }
}

async function until(happened: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !happened(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(happened()).to.equal(true);
}

describe('connectPort()', () => {
  it('opens, resets, hears and closes a port over a WebSocket', async () => {
    const { port } = await plugInChip({ serialInstant: true });
    const socket = new Socket();
    const over = connectPort(port, socket as unknown as WebSocket);
    socket.hear({ open: { baudRate: 115_200 } });
    socket.hear({ signals: { dataTerminalReady: false, requestToSend: true } });
    socket.hear({ signals: { dataTerminalReady: true, requestToSend: false } });
    await until(() => socket.heard.includes('waiting for download'));
    const sync = [0xc0, 0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20, ...Array.from({ length: 32 }, () => 0x55), 0xc0];
    socket.heard = '';
    socket.hear(Uint8Array.from(sync));
    await until(() => socket.heard.split('\xc0\x01\x08').length === 9);
    socket.hear({ baudRate: 921_600 });
    socket.hear({ open: { baudRate: 9_600 } });
    socket.hear({ close: true });
    await until(() => socket.texts.length === 6);
    expect(socket.texts.map((text) => Object.keys(text)[0])).to.deep.equal(['opened', 'signals', 'signals', 'baudRate', 'error', 'closed']);
    expect(port.isOpen).to.equal(false);
    socket.close();
    await over;
  });

  it('closes the port when the socket is gone, and says when the port is', async () => {
    const { port } = await plugInChip({ serialInstant: true });
    const socket = new Socket();
    const over = connectPort(port, socket as unknown as WebSocket);
    socket.hear({ open: { baudRate: 115_200 } });
    await until(() => port.isOpen);
    port.unplug();
    await until(() => socket.texts.some((text) => text['lost'] === true));
    socket.close();
    await over;
    expect(port.isOpen).to.equal(false);
  });
});
