/**
 * JSON as text that is safe to print: one line, all of it ASCII where a character could do harm. Nothing is lost, since
 * such a character is written as its `\uXXXX` escape and a reader gets it back.
 */
import { replaceHidden } from './visible.js';

/** `value` as one line of JSON. It must be plain data (no cycles, no bigint). */
export function jsonText(value: unknown): string {
  return replaceHidden(JSON.stringify(value), escapeUnits);
}

/** `"name":value,` pieces of an object that is written in parts: without braces and without a comma at the end. */
export function jsonMembers(members: Readonly<Record<string, unknown>>): string {
  return jsonText(members).slice(1, -1);
}

/** The items of an array, one a line, without brackets. */
export function* jsonItems(items: Iterable<unknown>): Generator<string> {
  let separator = '\n';
  for (const item of items) {
    yield `${separator}${jsonText(item)}`;
    separator = ',\n';
  }
}

/** Levels of an indented document whose members are written one by one; what lies deeper is one text each. */
const partedLevels = 2;
/** A chunk is given out once it is as long as this, in UTF-16 code units. */
const chunkLength = 65_536;

/**
 * `value` as `JSON.stringify` indents it by two, with the escapes of `jsonText`, in chunks to be written one after the other:
 * what a repository of 100,000 findings gives does not fit into one string. 64-bit numbers (bigint) become decimal text.
 */
export function* indentedJson(value: unknown): Generator<string> {
  let held = '';
  for (const piece of indentedPieces(value, 0)) {
    held += piece;
    if (held.length < chunkLength) continue;
    yield held;
    held = '';
  }
  yield `${held}\n`;
}

function* indentedPieces(value: unknown, level: number): Generator<string> {
  if (level === partedLevels || typeof value !== 'object' || value === null || 'toJSON' in value) {
    // Line breaks are part of no string here: in JSON they are escaped.
    const lines = (JSON.stringify(value, decimal, 2) ?? 'null').split('\n');
    yield lines.map((line) => replaceHidden(line, escapeUnits)).join(`\n${'  '.repeat(level)}`);
    return;
  }
  const isList = Array.isArray(value);
  const members: [string, unknown][] = isList
    ? value.map((item): [string, unknown] => ['', item])
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => [`${jsonText(name)}: `, member]);
  const [open, close] = isList ? '[]' : '{}';
  let separator = `${open}\n`;
  for (const [name, member] of members) {
    yield `${separator}${'  '.repeat(level + 1)}${name}`;
    yield* indentedPieces(member, level + 1);
    separator = ',\n';
  }
  yield members.length === 0 ? `${open}${close}` : `\n${'  '.repeat(level)}${close}`;
}

function decimal(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function escapeUnits(character: string): string {
  let escaped = '';
  for (let index = 0; index < character.length; index += 1) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
