/** Chips as tools write them: `esp32s3`, `ESP32-S3`, `esp32-s3`, `ESP32_S3`. */
import { CHIPS } from '../image/chips.ts';
import type { ChipName } from '../image/model.ts';

const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '');

const BY_TEXT: ReadonlyMap<string, ChipName> = new Map(Object.values(CHIPS).map(({ name }) => [plain(name), name]));

export const chipFromText = (text: string): ChipName | undefined => BY_TEXT.get(plain(text));
