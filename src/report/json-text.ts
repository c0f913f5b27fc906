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

function escapeUnits(character: string): string {
  let escaped = '';
  for (let index = 0; index < character.length; index += 1) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
