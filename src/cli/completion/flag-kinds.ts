/** Which flags have which values, gathered so that those which are alike everywhere are told once. */
import type { CompletedFlag, CompletionModel, Values } from './model.js';

export interface FlagKind {
  /** `COMMAND --flag`, or `* --flag` where it is the same for every command that has it. */
  readonly patterns: readonly string[];
  readonly values: Values;
}

/** `--output` and `-o`. */
export function spellings({ name, char }: CompletedFlag): string[] {
  return [`--${name}`, ...(char === undefined ? [] : [`-${char}`])];
}

/** The flags with values, those of single commands first. */
export function flagKinds({ commands }: CompletionModel): FlagKind[] {
  const byName = new Map<string, { readonly flag: CompletedFlag; readonly words: string; readonly key: string }[]>();
  for (const { words, flags } of commands)
    for (const flag of flags) {
      if (!flag.values) continue;
      const list = byName.get(flag.name) ?? [];
      list.push({ flag, words, key: JSON.stringify(flag.values) });
      byName.set(flag.name, list);
    }
  const single: FlagKind[] = [];
  const common: FlagKind[] = [];
  for (const list of byName.values()) {
    const [first] = list;
    if (!first?.flag.values) continue;
    if (list.every(({ key }) => key === first.key))
      common.push({ patterns: spellings(first.flag).map((flag) => `* ${flag}`), values: first.flag.values });
    else
      for (const { flag, words } of list)
        if (flag.values)
          single.push({ patterns: spellings(flag).map((spelling) => `${words} ${spelling}`), values: flag.values });
  }
  return [...single, ...common];
}
