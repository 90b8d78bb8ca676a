/** `?manifest=https://…` in the address, before the hash or in it: the way that ESP Web Tools' pages link to a firmware. */

export function manifestOfAddress({ search, hash }: { readonly search: string; readonly hash: string }): string | undefined {
  const inHash = hash.includes('?') ? hash.slice(hash.indexOf('?')) : '';
  const text = new URLSearchParams(inHash).get('manifest') ?? new URLSearchParams(search).get('manifest');
  const url = text && URL.canParse(text) ? new URL(text) : undefined;
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : undefined;
}
