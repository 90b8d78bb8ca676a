import { RELEASE_MESSAGES } from './release-messages.ts';

export const TRUST_MESSAGES = RELEASE_MESSAGES;
