/** Where pages and worker tell each other what changed. Both ends import this name. */
export const CHANGES_CHANNEL = 'otter-changes';
