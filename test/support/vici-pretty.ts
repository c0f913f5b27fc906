/** What `swanctl --pretty` prints: sections in braces, lists in brackets, a value a line. */

export type PrettyValue = string | readonly string[] | PrettySection;
export interface PrettySection {
  readonly [name: string]: PrettyValue;
}

/** The messages of an answer, each as a section; lines of other kinds are passed over. */
export function parsePretty(text: string): readonly PrettySection[] {
  const messages: PrettySection[] = [];
  const lines = text.split('\n').map((line) => line.trim());
  let next = 0;
  const section = (): PrettySection => {
    const found: Record<string, PrettyValue> = {};
    for (; next < lines.length; next += 1) {
      const line = lines[next]!;
      if (line === '}') break;
      const open = /^(.*\S) \{$/.exec(line);
      const list = /^(\S+) = \[$/.exec(line);
      const value = /^(\S+) = (.*)$/.exec(line);
      next += open || list ? 1 : 0;
      if (open) found[open[1]!] = section();
      else if (list) {
        const items: string[] = [];
        for (; next < lines.length && lines[next] !== ']'; next += 1) items.push(lines[next]!);
        found[list[1]!] = items;
      } else if (value) found[value[1]!] = value[2]!;
    }
    return found;
  };
  for (; next < lines.length; next += 1) {
    if (!/^\S+ (?:event|reply) \{$/.test(lines[next]!)) continue;
    next += 1;
    messages.push(section());
  }
  return messages;
}

export function sectionOf(value: PrettyValue | undefined): PrettySection {
  return typeof value === 'object' && !Array.isArray(value) ? (value as PrettySection) : {};
}

export function listOf(value: PrettyValue | undefined): readonly string[] {
  return Array.isArray(value) ? value : [];
}
