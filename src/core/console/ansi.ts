/**
 * One line as a terminal would show it (ECMA-48): carriage return and backspace move back and what follows overwrites, SGR colours the text,
 * every other sequence is swallowed. Colours begin anew with each line, as ESP-IDF's log ends them on each.
 */
import { plainText } from '../plain-text.ts';
import type { AnsiColor, ConsoleSpan } from './console-buffer.ts';

const COLORS: readonly AnsiColor[] = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
const PLAIN: Style = {};

interface Style {
  readonly color?: AnsiColor;
  readonly bold?: boolean;
}

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const SPECIAL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
/** CSI with its parameters and final byte; OSC up to BEL or ST; every other escape sequence; the begin of one that was cut off. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const SEQUENCE = /\u001b(?:\[([0-?]*)[ -/]*([@-~])|\[[0-?]*[ -/]*|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-Z\\^-~]|[ -/]*$)/y;

/** Not empty spans; neighbours differ. */
export function parseAnsi(text: string): readonly ConsoleSpan[] {
  if (SPECIAL.test(text)) return spansOf(paint(text));
  const plain = plainText(text);
  return plain === '' ? [] : [{ text: plain }];
}

interface Cell {
  readonly text: string;
  readonly style: Style;
}

/** Cells of one character each, overwritten as a terminal does. */
function paint(text: string): readonly Cell[] {
  const cells: Cell[] = [];
  let column = 0;
  let style = PLAIN;
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at)!;
    if (code === 0x1b) {
      SEQUENCE.lastIndex = at;
      const [sequence = '\u001b', parameters = '', final] = SEQUENCE.exec(text) ?? [];
      if (final === 'm') style = select(style, parameters);
      else if (final === 'K' && (parameters === '' || parameters === '0')) cells.length = Math.min(cells.length, column);
      else if (final === 'K') cells.length = column = 0;
      at += sequence.length;
      continue;
    }
    const character = String.fromCodePoint(code);
    at += character.length;
    if (character === '\r') column = 0;
    else if (character === '\b') column = Math.max(0, column - 1);
    else if (character === '\t' || !SPECIAL.test(character)) cells[column++] = { text: character, style };
  }
  return cells;
}

/** Select Graphic Rendition: the 16 colours as 8, bold; anything else is known only so far that it is skipped. */
function select(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = style;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 38 || code === 48) {
      const indexed = codes[i + 1] === 5;
      const color = indexed && code === 38 ? COLORS[codes[i + 2]! < 16 ? codes[i + 2]! % 8 : -1] : undefined;
      if (color) next = { ...next, color };
      i += indexed ? 2 : 4;
    } else next = selectOne(next, code);
  }
  return next;
}

function selectOne(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  const { color, bold } = style;
  if (code === 22) return color ? { color } : PLAIN;
  if (code === 39) return bold ? { bold } : PLAIN;
  const chosen = code >= 90 ? COLORS[code - 90] : COLORS[code - 30];
  return chosen ? { ...style, color: chosen } : style;
}

function spansOf(cells: readonly Cell[]): readonly ConsoleSpan[] {
  const spans: ConsoleSpan[] = [];
  let text = '';
  let style = PLAIN;
  const end = (): void => {
    const plain = plainText(text);
    if (plain !== '') spans.push({ text: plain, ...style });
    text = '';
  };
  for (const cell of cells) {
    if (cell.style !== style) end();
    style = cell.style;
    text += cell.text;
  }
  end();
  return joined(spans);
}

/** Styles are compared by identity above; two that merely look alike are joined here. */
function joined(spans: readonly ConsoleSpan[]): readonly ConsoleSpan[] {
  const result: ConsoleSpan[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last && last.color === span.color && last.bold === span.bold) result[result.length - 1] = { ...last, text: last.text + span.text };
    else result.push(span);
  }
  return result;
}
