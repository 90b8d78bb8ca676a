/** Hands a file to the browser's downloads. */
export function saveFile(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The download holds its own reference once it has begun; a minute is more than any browser needs to begin.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
