/** Text in markdown that shows as it is: nothing from a file can form markup, mention people or refer to issues. */
import { visible } from '../visible.js';

/** A code block whose fence is longer than any run of backticks in it, so that nothing in it can end it. */
export function fenced(lines: readonly string[]): string {
  const text = lines.join('\n');
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}\n`;
}

/** Text of a table cell or list item, or within a line, that shows as it is. */
export function escapeMarkdown(text: string): string {
  return keepInert(
    visible(text)
      .trimStart()
      .replace(/[\\`*_{}[\]|~$]/g, '\\$&')
      .replace(/^[#+=-]/, '\\$&')
      .replace(/^(\d+)([.)])/, '$1\\$2')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;'),
  );
}

export function escapeHtml(text: string): string {
  return keepInert(
    visible(text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;'),
  );
}

/** Parts `@name` and `#1` by a space without width, or the host would notify people and link issues. */
function keepInert(escaped: string): string {
  return escaped.replace(/[@#!](?=\w)/g, '$&&#8203;');
}
