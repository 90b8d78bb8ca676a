/**
 * Looks into firmware off the main thread. Gets a Blob (a reference, no copy), reads it here, and answers with data only.
 * One request, one answer, matched by `id`.
 */
import { inspectFirmware } from '../../core/image/inspect.ts';
import type { XrayAnswer, XrayRequest } from './xray-protocol.ts';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

async function answer({ id, file, fileName }: XrayRequest): Promise<XrayAnswer> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    return { id, unreadable: error instanceof Error ? error.message : String(error) };
  }
  try {
    return { id, report: await inspectFirmware(bytes, fileName) };
  } catch (error) {
    return { id, failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

scope.addEventListener('message', (event: MessageEvent<XrayRequest>) => {
  void answer(event.data).then((reply) => scope.postMessage(reply));
});
