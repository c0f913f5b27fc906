/** The text of strongSwan's settings format: sections within sections, and values in quotes where they have to be. */

/** A setting, or a section of them; one without content is left out where it says so. */
export type SettingsNode =
  | { readonly kind: 'setting'; readonly key: string; readonly value: string }
  | { readonly kind: 'section'; readonly name: string; readonly nodes: readonly SettingsNode[] };

export function setting(key: string, value: string): SettingsNode {
  return { kind: 'setting', key, value };
}

export function section(name: string, nodes: readonly SettingsNode[]): SettingsNode {
  return { kind: 'section', name, nodes };
}

/** Lines of text, each with its end. */
export function settingsText(nodes: readonly SettingsNode[], depth = 0): string {
  const indent = '  '.repeat(depth);
  return nodes
    .map((node) =>
      node.kind === 'setting'
        ? `${indent}${node.key} = ${quoted(node.value)}\n`
        : `${indent}${node.name} {\n${settingsText(node.nodes, depth + 1)}${indent}}\n`,
    )
    .join('');
}

/** A value as the lexer gives it back: blanks side by side, comments and braces only count in quotes. */
function quoted(value: string): string {
  if (value !== '' && !/[#}"\r\n\t\\]|^ | $| {2}/.test(value)) return value;
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return `"${value.replace(/["\\\n\r\t]/g, (character) => escapes[character] ?? `\\${character}`)}"`;
}

/** A name that a section can have and that none of the others has; it is in the set afterwards. */
export function sectionName(wanted: string, taken: Set<string>, otherwise: string): string {
  const cleaned = wanted.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '');
  const base = cleaned === '' ? otherwise : cleaned;
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}-${number}`;
  taken.add(name);
  return name;
}
