/** Of all applications that an image of the flash holds, the one that the boot loader starts. */
import { nextBootSlot } from '../bundle/boot-slot.ts';
import type { EspImage, FirmwareContent, Otadata, Partition } from './model.ts';

interface Placed {
  readonly offset: number;
  readonly content: FirmwareContent;
}

/** `undefined`: there is none, or there are several and no table tells which is meant. */
export function startingApp<Part extends Placed>(parts: readonly Part[]): Part | undefined {
  const apps = parts.filter(({ content }) => content.kind === 'app');
  const slot = nextBootSlot(partitionsIn(parts), otadataIn(parts));
  return apps.find(({ offset }) => offset === slot?.offset) ?? (apps.length === 1 ? apps[0] : undefined);
}

/** The application itself, or the one in a container: what a person means by "the version of this file". */
export function appImageOf(content: FirmwareContent): EspImage | undefined {
  if (content.kind === 'app') return content.image;
  if (!('parts' in content)) return undefined;
  const parts = content.parts.map((part) => ({ offset: part.flashOffset, content: part.content }));
  const app = startingApp(parts) ?? parts.find((part) => part.content.kind === 'app');
  return app?.content.kind === 'app' ? app.content.image : undefined;
}

function partitionsIn(parts: readonly Placed[]): readonly Partition[] {
  return parts.flatMap(({ content }) => (content.kind === 'partition-table' ? content.table.partitions : []));
}

const otadataIn = (parts: readonly Placed[]): Otadata | undefined =>
  parts.flatMap(({ content }) => (content.kind === 'otadata' ? [content.otadata] : []))[0];
