/**
 * What a bundle is called once its bytes are read. A manifest names what it installs; files have only their own names, and the application
 * in them knows better.
 */
import type { AppDescriptor } from '../image/model.ts';
import { startingApp } from '../image/starting-app.ts';
import { proposeVersions } from '../image/version-proposal.ts';
import type { BundleOrigin, FlashBundle, ResolvedBuild, ResolvedPart } from './model.ts';

interface BundleTitle {
  readonly name: string;
  readonly version: string;
}

/** Of these the name is that of a file, or of a folder. */
const NAMED_BY_FILE: ReadonlySet<BundleOrigin> = new Set(['files', 'merged', 'uf2', 'intel-hex', 'arduino', 'platformio', 'esp-idf']);

/** What the bundle states stays; what it leaves open, its one application says, or of several the one that starts. */
export function titleOf({ origin, name, version }: FlashBundle, { parts }: ResolvedBuild): BundleTitle {
  if (version !== '') return { name, version };
  const application = startingApp(parts);
  if (!application) return { name, version };
  const descriptor = ownDescriptor(application);
  if (descriptor) return { name: NAMED_BY_FILE.has(origin) ? descriptor.projectName : name, version: descriptor.version };
  // Strings of the image are guesses that nobody confirms here.
  const [proposal] = proposeVersions(name, application.content, application.bytes).filter(({ from }) => from === 'file-name');
  return proposal ? { name: withoutVersion(name, proposal.version), version: proposal.version } : { name, version };
}

/** The one of the Arduino core speaks of that library. */
function ownDescriptor({ content }: ResolvedPart): AppDescriptor | undefined {
  const descriptor = content.kind === 'app' ? content.image.appDescriptor : undefined;
  return descriptor && !descriptor.isArduinoLibrary && descriptor.projectName !== '' && descriptor.version !== '' ? descriptor : undefined;
}

/** `PanicButton_v1.2.1` → `PanicButton` */
function withoutVersion(name: string, version: string): string {
  return name.endsWith(version) ? name.slice(0, -version.length).replace(/[-_. ]*v?$/i, '') || name : name;
}
