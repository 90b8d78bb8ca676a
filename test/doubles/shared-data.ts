/** Files that lie beside the project and are not part of it; a clone without them skips what needs them. */

/** The file, or `undefined` after saying that it is absent. */
export async function sharedData(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const answer = await fetch(`/shared-data/${path}`);
  if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  console.log(`skipped: /shared-data/${path} is absent (${answer.status})`);
  return undefined;
}
