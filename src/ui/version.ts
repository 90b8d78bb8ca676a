/** The version of Otter itself, as its package says. */
import { version } from '../../package.json';

export const OTTER_VERSION = version;
